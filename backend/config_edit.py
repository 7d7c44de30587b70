"""Names added to the settings file and taken out of it, with every other line left as a person wrote it.

What comes out is read again before it is written: an edit that would do anything else is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from backend.config import Settings, parse_settings, read_settings_text, wrong_name
from backend.errors import CannotWrite, ConfigError, NothingFound, Refused, UsageError
from backend.safe_file import write_new

NO_COMMANDS: frozenset[str] = frozenset()
_LISTS = {name: re.compile(rf"\s*\[\s*{name}\s*\]\s*(#.*)?") for name in ("sources", "colours")}
_TABLE = re.compile(r"\s*\[")


def add_file(path: Path, name: str, target: str, colour: str, reserved: frozenset[str] = NO_COMMANDS) -> None:
    """Give a file a name and a colour.

    Raises: UsageError for what can be no name, Refused for one that is taken, ConfigError, CannotWrite.
    """
    lines = _free(path, name, reserved).splitlines()
    for table, value in (("sources", target), ("colours", colour)):
        line = f"{name} = {_quoted(value)}"
        header = next((at for at, each in enumerate(lines) if _LISTS[table].fullmatch(each)), None)
        if header is None:
            lines += ["", f"[{table}]", line]
        else:
            lines.insert(header + 1, line)
    _write(path, lines, reserved, lambda settings: settings.sources.get(name) == target)


def add_server(
    path: Path,
    name: str,
    address: str,
    told: Mapping[str, str | bool | None],
    reserved: frozenset[str] = NO_COMMANDS,
) -> None:
    """Give a server a name, with what it takes to use it. Raises: as `add_file`."""
    text = _free(path, name, reserved)
    given = [f"{key} = {_quoted(value)}" for key, value in told.items() if value is not None]
    lines = [*text.splitlines(), "", f"[servers.{name}]", f"address = {_quoted(address)}", *given]
    _write(path, lines, reserved, lambda settings: settings.sources.get(name) == address)


def remove_name(path: Path, name: str, reserved: frozenset[str] = NO_COMMANDS) -> None:
    """Forget a name. Raises: NothingFound, ConfigError, CannotWrite."""
    text = read_settings_text(path) or ""
    settings = parse_settings(path, text, reserved)
    if name not in settings.sources:
        raise NothingFound(f'no source is named "{name}"')
    own = re.compile(rf"\s*\[\s*servers\s*\.\s*[\"']?{re.escape(name)}[\"']?\s*\]\s*(#.*)?")
    entry = re.compile(rf"\s*[\"']?{re.escape(name)}[\"']?\s*=.*")
    kept: list[str] = []
    table = ""
    for line in text.splitlines():
        if _TABLE.match(line):
            is_list = any(each.fullmatch(line) for each in _LISTS.values())
            table = "own" if own.fullmatch(line) else "list" if is_list else ""
        if table != "own" and not (table == "list" and entry.fullmatch(line)):
            kept.append(line)
    _write(path, kept, reserved, lambda settings: name not in settings.sources)


def _free(path: Path, name: str, reserved: frozenset[str]) -> str:
    """The file's text, where the name is one and not taken."""
    why = wrong_name(name, reserved)
    if why:
        raise UsageError(why)
    text = read_settings_text(path) or ""
    if name in parse_settings(path, text, reserved).sources:
        raise Refused(f'"{name}" is taken; forget it first: parcours source remove {name}')
    return text


def _quoted(value: str | bool) -> str:
    """As TOML: JSON's escapes and truths are TOML's too."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _write(
    path: Path, lines: list[str], reserved: frozenset[str], is_right: Callable[[Settings], bool]
) -> None:
    text = "\n".join(lines).strip("\n") + "\n"
    if not is_right(parse_settings(path, text, reserved)):
        raise ConfigError(f"{path} is written in a way that cannot be changed here; edit it by hand")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CannotWrite(f"cannot make {path.parent}: {error.strerror}") from error
    write_new(path, [text.encode()], force=True)
