"""Settings as one frozen value: a TOML file in the user's configuration folder, then the environment.

Flags of a command stand above both and are the command's to apply. A missing file is no settings; a key
that nothing reads, or a value of the wrong type, is an error that names the line: a setting that is
silently ignored would be believed.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from backend.errors import ConfigError
from backend.folders import config_folder

MAX_BYTES = 1_000_000
"""No settings file is longer; what is was named by mistake."""

SOURCE_NAME = re.compile(r"[A-Za-z0-9_-]+")
_UNKNOWN_FIELD = re.compile(r"unknown field `(?P<key>[^`]*)`")
_MISSING_FIELD = re.compile(r"missing required field `(?P<key>[^`]*)`")
_OTHER_VALUE = re.compile(r"Invalid enum value (?P<value>'.*')")
_INDEX = re.compile(r"\[[^\]]*\]")
_AT = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
_EXPECTED = {
    "str": "text",
    "array": "a list of texts",
    "bool": "true or false",
    "object": "a table",
    "int": "a whole number",
    "float": "a number",
}


Colour = Literal["red", "yellow", "green", "blue", "magenta", "cyan"]
COLOURS: tuple[Colour, ...] = get_args(Colour)
FREE_COLOURS: tuple[Colour, ...] = ("green", "blue", "cyan", "magenta", "yellow", "red")
"""In the order in which names get one by themselves: red is left for what a person calls dangerous."""


class ServerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A server that has a name."""

    address: str
    token_file: str | None = None
    """A file of mode 0600 that holds the token; None: $PARCOURS_TOKEN."""
    ca_file: str | None = None
    """Certificates of a private authority."""
    proxy: str | None = None
    """A proxy to go through; the environment's are never used."""
    allow_removals: bool = False
    """Whether contacts may be removed through it from here."""
    colour: Colour | None = None
    """Of its name in the status line, so that one is not taken for another."""


class AlertSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rates above which a report warns (R38); 1 is 100 %."""

    discard_rate: float = 0.2
    error_rate: float = 0.2
    action_error_rate: float = 0.2
    capping_rate: float = 0.0
    """These four over the last five minutes; the last is of actions that met a limit on calls."""
    failed_audiences: int = 0
    """Jobs in the last five minutes that could not read the audience of a scenario; one more raises an alert,
    however few attempts there were."""
    bounce_rate: float = 0.05
    complaint_rate: float = 0.001
    """These two over the report's window."""
    least_attempts: int = 20
    """Fewer attempts raise no alert."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person may set; the defaults are the program's."""

    source: str | None = None
    """SOURCE where a command is given none."""
    sources: Mapping[str, str] = {}
    """Short names for sources: name -> file or address."""
    servers: Mapping[str, ServerSettings] = {}
    """Short names for servers, with what it takes to use them; their addresses are in `sources` too."""
    colours: Mapping[str, Colour] = {}
    """Of the names of sources that are files, as `colour` is a server's."""
    theme: str | None = None
    """Name of a theme; None: the program chooses by the terminal."""
    mouse: Literal["auto", "on", "off"] = "auto"
    copy: Literal["auto", "native", "osc52", "file", "off"] = "auto"
    """Where copied texts go; auto: to the desktop's clipboard, over SSH to the terminal's (OSC 52)."""
    link: Literal["auto", "slow", "fast"] = "auto"
    """The way to the terminal; auto: it is slow when the terminal is slow to take what is written."""
    time_zone: str = "UTC"
    """Zone in which the console shows times: UTC, local, or a name such as Europe/Paris."""
    alerts: AlertSettings = AlertSettings()
    mask_contacts: bool = False
    """Addresses are shown as a***@example.org, in copies too."""
    on_removal: tuple[str, ...] = ()
    """Command, word by word, that gets removals as JSON lines on its standard input; () is none."""

    def name_of(self, source: str) -> str | None:
        """The name of a source that was given by name, file or address; None where it has none."""
        if source in self.sources:
            return source
        return next((name for name, target in self.sources.items() if target == source), None)

    def colour_of(self, name: str | None) -> Colour | None:
        """Behind the name in the status line, so that one source is never taken for another."""
        server = self.servers.get(name or "")
        return (server.colour if server else None) or self.colours.get(name or "")

    def free_colour(self) -> Colour:
        """One that no name has yet, as long as there are any."""
        used = [self.colour_of(name) for name in self.sources]
        return min(FREE_COLOURS, key=used.count)


_TABLES: dict[str, type[msgspec.Struct]] = {"servers": ServerSettings, "alerts": AlertSettings}


def wrong_name(name: str, reserved: frozenset[str] = frozenset()) -> str | None:
    """Why a source cannot have that name; None where it can."""
    if name in reserved:
        return f'the source name "{name}" is a command\'s name'
    if not SOURCE_NAME.fullmatch(name):
        return f'the source name "{name}" may hold letters, digits, "_" and "-" only'
    return None


def default_path() -> Path:
    """Where the settings file is looked for; it need not exist."""
    return config_folder() / "config.toml"


def load_settings(
    path: Path, environment: Mapping[str, str], reserved: frozenset[str] = frozenset()
) -> Settings:
    """The file's settings with $PARCOURS_SOURCE above them. reserved: names that no source may have.

    Raises: ConfigError naming the file and the line or key.
    """
    settings = _from_file(path, reserved)
    source = environment.get("PARCOURS_SOURCE")
    return msgspec.structs.replace(settings, source=source) if source else settings


def _from_file(path: Path, reserved: frozenset[str]) -> Settings:
    text = read_settings_text(path)
    return Settings() if text is None else parse_settings(path, text, reserved)


def parse_settings(path: Path, text: str, reserved: frozenset[str] = frozenset()) -> Settings:
    """The settings that a text holds. path: what messages call it. Raises: ConfigError."""
    values = _parse(path, text)
    try:
        settings = msgspec.convert(values, Settings)
    except msgspec.ValidationError as error:
        raise ConfigError(_explain(path, text, str(error))) from error
    for name in (*settings.sources, *settings.servers):
        if name in settings.sources and name in settings.servers:
            raise ConfigError(f'{_place(path, text, name)}: "{name}" is named twice')
        why = wrong_name(name, reserved)
        if why:
            raise ConfigError(f"{_place(path, text, name)}: {why}")
    for name in settings.colours:
        if name not in settings.sources:
            raise ConfigError(f'{_place(path, text, name)}: "{name}" in colours is the name of no file')
    _check_zone(path, text, settings.time_zone)
    addresses = {name: server.address for name, server in settings.servers.items()}
    return msgspec.structs.replace(settings, sources={**settings.sources, **addresses})


def read_settings_text(path: Path) -> str | None:
    """The file's text; None where there is no file. A pipe in its place is refused, not waited on."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            return None
        raise ConfigError(f"cannot read {path}: {error.strerror}") from error
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_BYTES:
            raise ConfigError(f"{path} is not a settings file")
        content = file.read(MAX_BYTES)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}, line {line}: not UTF-8 text") from error


def _parse(path: Path, text: str) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}") from error
    except RecursionError as error:
        raise ConfigError(f"{path}: nested too deep") from error


def _explain(path: Path, text: str, complaint: str) -> str:
    at = _AT.search(complaint)
    parts = _INDEX.sub("", at["path"]).split(".") if at else []
    table = parts[0] if parts and parts[0] in _TABLES else ""
    known = _TABLES.get(table, Settings)
    unknown, missing = _UNKNOWN_FIELD.search(complaint), _MISSING_FIELD.search(complaint)
    if unknown:
        key, names = unknown["key"], ", ".join(known.__struct_fields__)
        where = f" in {table}" if table else ""
        return f'{_place(path, text, key)}: there is no setting "{key}"{where}; there are: {names}'
    if missing:
        return f"{_place(path, text, table)}: {table}: {missing['key']} is missing"
    key = parts[-1] if parts else ""
    wrong = complaint[: at.start()] if at else complaint
    for name, words in _EXPECTED.items():
        wrong = wrong.replace(f"`{name}`", words).replace(f"`{name} | null`", words)
    value = _OTHER_VALUE.search(wrong)
    if value:
        wrong = f"{value['value']} is none of {', '.join(_values_of(known, key))}"
    return f"{_place(path, text, key)}: {key}: {wrong[:1].lower()}{wrong[1:]}"


def _values_of(table: type[msgspec.Struct], key: str) -> Iterator[str]:
    """The words that a setting may be."""
    for field in msgspec.structs.fields(table):
        if field.name == key:
            for each in (field.type, *get_args(field.type)):
                yield from (value for value in get_args(each) if isinstance(value, str))


def _check_zone(path: Path, text: str, name: str) -> None:
    if name == "local" or name == "UTC":
        return
    import zoneinfo  # settings that name a zone only

    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        place = _place(path, text, "time_zone")
        raise ConfigError(
            f'{place}: no time zone "{name}"; use UTC, local or such as Europe/Paris'
        ) from error


def _place(path: Path, text: str, key: str) -> str:
    """The file and, where the key is found in it once, the line."""
    start = re.compile(rf'\s*(\[\s*)?["\']?{re.escape(key)}["\']?\s*[=.\]]')
    found = [number for number, line in enumerate(text.splitlines(), 1) if key and start.match(line)]
    return f"{path}, line {found[0]}" if len(found) == 1 else str(path)
