"""Which key does what: keymap.toml read, checked and laid over by the user's own file.

Needs no terminal and no Textual, so that `parcours keys` stays headless; that the key names below are
those of Textual is a test's business. Textual takes unknown ids, unknown keys and two actions on one key
without a word, hence the checks here.
"""

from __future__ import annotations

import functools
import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from backend.errors import ConfigError

ACTIONS: Mapping[str, str] = {
    "app.help": "help",
    "app.prompt": "go to",
    "app.source": "another source",
    "app.back": "back",
    "app.quit": "quit",
    "app.screen_report": "report",
    "app.screen_logs": "logs",
    "app.screen_contacts": "contacts",
    "app.screen_trace": "trace",
    "app.screen_status": "status",
    "app.screen_delivery": "tracking",
    "app.pane_next": "next pane",
    "app.pane_previous": "previous pane",
    "app.refresh": "refresh",
    "app.copy_command": "copy the command line",
    "app.problems": "problems",
    "app.pause": "pause",
    "app.filter": "filter",
    "app.time_range": "time range",
    "app.time_zone": "UTC or local time",
    "app.redraw": "draw the screen again",
    "nav.down": "down",
    "nav.up": "up",
    "nav.left": "left",
    "nav.right": "right",
    "nav.top": "top",
    "nav.bottom": "bottom",
    "nav.page_down": "page down",
    "nav.page_up": "page up",
    "nav.half_down": "half a page down",
    "nav.half_up": "half a page up",
    "nav.open": "open",
    "report.subject_choose": "subjects",
    "report.subject_previous": "previous subject",
    "report.subject_next": "next subject",
    "report.tab_previous": "previous tab",
    "report.tab_next": "next tab",
    "report.test_toggle": "test events",
    "report.action_only": "one action only",
    "report.chart_cursor": "chart cursor",
    "report.chart_range": "range of a chart",
    "report.time_back": "time before zooming in",
    "report.compare": "two windows",
    "report.zoom": "zoom",
    "report.pane_mode": "pane mode",
    "report.pane_remove": "remove pane",
    "report.pane_add": "add pane",
    "report.pane_undo": "undo",
    "report.pane_narrower": "narrower",
    "report.pane_wider": "wider",
    "report.pane_shorter": "lower",
    "report.pane_taller": "higher",
    "report.pane_even": "even row of panes",
    "report.pane_move_back": "pane back",
    "report.pane_move_on": "pane on",
    "report.pane_drawing": "drawing",
    "report.layout_save": "save layout",
    "report.layout_reset": "default layout",
    "report.copy": "copy the command line",
    "report.copy_menu": "copy a part",
    "report.pager": "plain text in the pager",
    "report.export": "write a file",
    "report.contact_trace": "trace contact",
    "report.tracking": "tracking of the delivery",
    "panes.narrower": "narrower",
    "panes.wider": "wider",
    "panes.shorter": "lower",
    "panes.taller": "higher",
    "panes.move_back": "back",
    "panes.move_on": "on",
    "panes.leave": "leave pane mode",
    "logs.tab_previous": "previous log",
    "logs.tab_next": "next log",
    "logs.follow": "follow",
    "logs.error_next": "next error",
    "logs.error_previous": "previous error",
    "logs.keep_value": "keep",
    "logs.drop_value": "drop",
    "logs.widen": "take a condition out",
    "logs.top_values": "top values",
    "logs.level": "level",
    "logs.saved_filters": "saved filters",
    "logs.time_jump": "go to a time",
    "logs.find": "find in the rows",
    "logs.match_next": "next match",
    "logs.match_previous": "previous match",
    "logs.rows_around": "rows around",
    "logs.columns": "columns",
    "logs.side_pane": "fields beside the rows",
    "logs.wrap": "wrap long rows",
    "logs.all_fields": "all fields",
    "logs.mark": "mark",
    "logs.mark_next": "next mark",
    "logs.mark_previous": "previous mark",
    "logs.mark_list": "marked rows",
    "logs.mark_clear": "clear marks",
    "logs.histogram": "histogram",
    "logs.brush": "range of bars",
    "logs.brush_earlier": "one bar more to the left",
    "logs.brush_later": "one bar more to the right",
    "logs.time_narrow": "narrow the time",
    "logs.time_widen": "widen the time",
    "logs.copy": "copy row",
    "logs.copy_menu": "copy a part",
    "logs.pager": "row in the pager",
    "logs.export": "download",
    "logs.contact_trace": "trace contact",
    "contacts.sort": "sort",
    "contacts.sort_backwards": "sort backwards",
    "contacts.steps": "counts by step",
    "contacts.mark": "mark",
    "contacts.mark_range": "mark up to here",
    "contacts.mark_shown": "mark all shown",
    "contacts.mark_invert": "invert marks",
    "contacts.mark_clear": "clear marks",
    "contacts.marked_only": "only marked",
    "contacts.remove": "remove",
    "contacts.contact_trace": "trace contact",
    "contacts.find": "find in the rows",
    "contacts.match_next": "next match",
    "contacts.match_previous": "previous match",
    "delivery.subject_choose": "deliveries",
    "delivery.subject_previous": "previous delivery",
    "delivery.subject_next": "next delivery",
    "delivery.tab_previous": "previous tab",
    "delivery.tab_next": "next tab",
    "delivery.view": "label, URL or category",
    "delivery.test_toggle": "seeds and proofs",
    "delivery.logs": "tracking log",
    "delivery.audience": "audience",
    "delivery.sort": "sort",
    "delivery.sort_backwards": "sort backwards",
    "delivery.report": "report",
    "recipient.sort": "sort",
    "recipient.sort_backwards": "sort backwards",
    "recipient.error_next": "next error",
    "recipient.error_previous": "previous error",
    "recipient.all_fields": "all fields",
    "recipient.wrap": "wrap long rows",
    "recipient.mark": "mark",
    "recipient.mark_next": "next mark",
    "recipient.mark_previous": "previous mark",
    "recipient.mark_list": "marked rows",
    "recipient.mark_clear": "clear marks",
    "recipient.find": "find in the rows",
    "recipient.match_next": "next match",
    "recipient.match_previous": "previous match",
    "recipient.copy": "copy row",
    "recipient.copy_menu": "copy a part",
    "recipient.pager": "row in the pager",
    "trace.tracking": "story or tracking",
    "trace.follow": "follow",
    "trace.error_next": "next error",
    "trace.error_previous": "previous error",
    "trace.all_fields": "all fields",
    "trace.contact_other": "other contact",
    "trace.contact_previous": "previous marked contact",
    "trace.contact_next": "next marked contact",
    "trace.why": "why not received",
    "trace.audience": "audience of the delivery",
    "trace.facts": "facts or story",
    "trace.export": "download",
    "trace.scenario_previous": "previous scenario",
    "trace.scenario_next": "next scenario",
    "trace.logs_of_contact": "logs of contact",
    "trace.wrap": "wrap long rows",
    "trace.mark": "mark",
    "trace.mark_next": "next mark",
    "trace.mark_previous": "previous mark",
    "trace.mark_list": "marked rows",
    "trace.mark_clear": "clear marks",
    "trace.find": "find in the rows",
    "trace.match_next": "next match",
    "trace.match_previous": "previous match",
    "trace.copy": "copy row",
    "trace.copy_menu": "copy a part",
    "trace.pager": "row in the pager",
    "rows.contact_trace": "trace contact",
    "rows.error_next": "next error",
    "rows.error_previous": "previous error",
    "rows.all_fields": "all fields",
    "rows.wrap": "wrap long rows",
    "rows.mark": "mark",
    "rows.mark_next": "next mark",
    "rows.mark_previous": "previous mark",
    "rows.mark_list": "marked rows",
    "rows.mark_clear": "clear marks",
    "rows.find": "find in the rows",
    "rows.match_next": "next match",
    "rows.match_previous": "previous match",
    "rows.copy": "copy the command line",
    "rows.copy_menu": "copy a part",
    "rows.pager": "row in the pager",
    "problems.tab_previous": "the other list",
    "problems.tab_next": "the other list",
    "problems.find": "find in the rows",
    "problems.match_next": "next match",
    "problems.match_previous": "previous match",
    "problems.wrap": "wrap long rows",
    "problems.copy": "copy row",
    "problems.copy_menu": "copy a part",
    "problems.pager": "row in the pager",
    "columns.toggle": "show or hide",
    "columns.earlier": "further left",
    "columns.later": "further right",
    "columns.usual": "the usual ones",
    "columns.down": "down",
    "columns.up": "up",
    "columns.page_down": "ten down",
    "columns.page_up": "ten up",
    "columns.top": "first",
    "columns.bottom": "last",
    "columns.confirm": "take these",
    "columns.cancel": "as it was",
    "question.confirm": "confirm",
    "question.cancel": "cancel",
}
"""Every action id and what it does in a word or two: footer, help and `parcours keys` use the same."""

ALWAYS_BOUND = frozenset({"app.quit", "app.help"})
"""A console that cannot be left or asked is of no use: these fall back to their defaults."""

UNBOUND = "<no key>"
"""Stands for the keys of an action without any; no terminal sends it."""

_EVERYWHERE = ("app", "nav")
_ALONE = frozenset({"question", "panes", "columns"})
"""Sections whose screens or modes take their keys for themselves."""

_NAMED_KEYS = frozenset(
    {"escape", "enter", "tab", "space", "backspace", "insert", "delete"}
    | {"home", "end", "pageup", "pagedown", "up", "down", "left", "right"}
    | {f"f{n}" for n in range(1, 25)}
)
_CHARACTER_NAMES = {
    "solidus": "slash",
    "reverse_solidus": "backslash",
    "commercial_at": "at",
    "hyphen_minus": "minus",
    "plus_sign": "plus",
    "low_line": "underscore",
}
_SENT_AS = {
    "ctrl+i": "tab",
    "ctrl+m": "enter",
    "ctrl+h": "backspace",
    "ctrl+left_square_bracket": "escape",
}
"""Names that a terminal cannot send: the same byte means another key."""
_TAKEN = {"ctrl+c": "says how to quit"}
_SHOWN = {
    "escape": "esc",
    "pagedown": "pgdn",
    "pageup": "pgup",
    "delete": "del",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
}
_TABLE = re.compile(r"^\s*\[\s*\"?([\w-]+)\"?\s*\]")
_ENTRY = re.compile(r"^\s*[\"']?([\w.-]+)[\"']?\s*=")


class _Entry(NamedTuple):
    """One line of a keymap file."""

    action: str
    keys: tuple[str, ...]
    place: str
    """File and line, as an error names it."""


class Keymap(NamedTuple):
    """The keys of every action, in the order of the shipped file; no keys: the action is unbound."""

    keys: Mapping[str, tuple[str, ...]]
    changed: frozenset[str] = frozenset()
    """Actions whose keys come from the user's file."""

    def overrides(self) -> dict[str, str]:
        """What `App.set_keymap` must be told: only what differs from the shipped keys."""
        return {action: ",".join(self.keys[action]) or UNBOUND for action in self.changed}


def character_key(character: str) -> str:
    """The name by which Textual calls the key of a printable character."""
    if character.isalnum():
        return character
    name = unicodedata.name(character, "").lower().replace("-", "_").replace(" ", "_")
    return _CHARACTER_NAMES.get(name, name) or character


@functools.cache
def _named_characters() -> Mapping[str, str]:
    """Key name -> character, for the characters of a western keyboard that are no letters or digits."""
    printable = (chr(code) for code in range(0x21, 0x180))
    return {character_key(c): c for c in printable if c.isprintable() and not c.isalnum()}


def shown_key(key: str) -> str:
    """A key as footer and help write it: `question_mark` is `?`, `pagedown` is `pgdn`."""
    *modifiers, name = key.split("+")
    return "+".join([*modifiers, _SHOWN.get(name) or _named_characters().get(name, name)])


def parse_key(text: str) -> str:
    """The full name of a key. Raises ValueError with a reason that a person understands."""
    key = text.strip()
    if len(key) == 1:
        if key.isprintable() and not key.isspace():
            return character_key(key)
        raise ValueError(f"unknown key {text!r}; write space, tab or enter by name")
    *modifiers, name = key.split("+")
    if key in _SENT_AS:
        raise ValueError(f"a terminal cannot send {key}: it arrives as {_SENT_AS[key]}")
    if key in _TAKEN:
        raise ValueError(f"{key} cannot be bound: it {_TAKEN[key]}")
    if not _is_known(modifiers, name):
        raise ValueError(f"unknown key {key!r}; write a character, or a name such as enter, f5, ctrl+l")
    return key


def _is_known(modifiers: list[str], name: str) -> bool:
    is_character = (len(name) == 1 and name.isalnum()) or name in _named_characters()
    if not modifiers:
        return is_character or name in _NAMED_KEYS
    if len(set(modifiers)) != len(modifiers) or not set(modifiers) <= {"ctrl", "shift", "alt"}:
        return False
    if modifiers == ["shift"]:
        return name in _NAMED_KEYS
    return (is_character and not (name.isalpha() and name.isupper())) or name in _NAMED_KEYS


def load_keymap(user_file: Path | None = None) -> Keymap:
    """The shipped keys with those of the user's file laid over; a file that is not there changes nothing.

    Raises: ConfigError naming file and line.
    """
    shipped = shipped_keymap()
    if user_file is None or not user_file.exists():
        return shipped
    try:
        text = user_file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{user_file}: cannot be read: {error}") from error
    entries = list(_parse(text, str(user_file)))
    keys = {**shipped.keys, **{entry.action: entry.keys for entry in entries}}
    for action in ALWAYS_BOUND:
        keys[action] = keys[action] or shipped.keys[action]
    _refuse_clashes(keys, {entry.action: entry.place for entry in entries})
    changed = frozenset(action for action in keys if keys[action] != shipped.keys[action])
    return Keymap(keys, changed)


@functools.cache
def shipped_keymap() -> Keymap:
    """The keys as they come with the program."""
    here = Path(__file__).parent
    path = next(p for p in (here / "keymap.toml", here.parent / "keymap.toml") if p.exists())
    entries = list(_parse(path.read_text(encoding="utf-8"), "keymap.toml"))
    keys = {entry.action: entry.keys for entry in entries}
    if missing := sorted(ACTIONS.keys() - keys.keys()):
        raise ConfigError(f"keymap.toml: no line for {', '.join(missing)}")
    _refuse_clashes(keys, {entry.action: entry.place for entry in entries})
    return Keymap(keys)


def _parse(text: str, name: str) -> Iterator[_Entry]:
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name}: {error}") from error
    lines = _line_numbers(text)
    sections = {action.partition(".")[0] for action in ACTIONS}
    for section, table in tables.items():
        place = f"{name}, line {lines.get(section, 1)}"
        if section not in sections or not isinstance(table, dict):
            known = ", ".join(f"[{s}]" for s in dict.fromkeys(a.partition(".")[0] for a in ACTIONS))
            raise ConfigError(f"{place}: unknown section {section!r}; there are {known}")
        for action, value in table.items():
            line = lines.get(f"{section}.{action}", 1)
            yield _entry(f"{section}.{action}", value, f"{name}, line {line}")


def _entry(action: str, value: object, place: str) -> _Entry:
    if action not in ACTIONS:
        section, _, wrong = action.partition(".")
        known = ", ".join(a.partition(".")[2] for a in ACTIONS if a.startswith(section + "."))
        raise ConfigError(f"{place}: unknown action {wrong!r} in [{section}]; there are {known}")
    if not isinstance(value, str):
        raise ConfigError(f'{place}: keys are written as text, such as {action.partition(".")[2]} = "x,f2"')
    try:
        keys = tuple(dict.fromkeys(parse_key(part) for part in _split(value)))
    except ValueError as error:
        raise ConfigError(f"{place}: {error}") from error
    return _Entry(action, keys, place)


def _split(value: str) -> list[str]:
    """Comma separated keys; a comma by itself is the comma key."""
    if value.strip() == ",":
        return ["comma"]
    return [part for part in value.split(",") if part.strip()]


def _line_numbers(text: str) -> dict[str, int]:
    """Line of each section and of each section.action; tomllib does not tell."""
    found: dict[str, int] = {}
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        if table := _TABLE.match(line):
            section = table[1]
            found.setdefault(section, number)
        elif entry := _ENTRY.match(line):
            found.setdefault(f"{section}.{entry[1]}" if section else entry[1], number)
    return found


def _refuse_clashes(keys: Mapping[str, tuple[str, ...]], places: Mapping[str, str]) -> None:
    sections = dict.fromkeys(action.partition(".")[0] for action in keys)
    for section in sections:
        together = (section,) if section in _ALONE else dict.fromkeys((*_EVERYWHERE, section))
        taken: dict[str, str] = {}
        for action in (a for a in keys if a.partition(".")[0] in together):
            for key in keys[action]:
                other = taken.setdefault(key, action)
                if other != action:
                    raise ConfigError(_clash(key, other, action, places))


def _clash(key: str, first: str, second: str, places: Mapping[str, str]) -> str:
    told = places.get(second) or places.get(first) or "keymap.toml"
    names = [f"{a} ({places[a]})" if a in places and places[a] != told else a for a in (first, second)]
    return f"{told}: the key {shown_key(key)} is given to both {names[0]} and {names[1]}"


def format_keys(keymap: Keymap) -> str:
    """All actions with their keys as text, section by section; `*` marks what the user changed."""
    lines: list[str] = []
    section = ""
    for action, keys in keymap.keys.items():
        head, _, name = action.partition(".")
        if head != section:
            lines += [f"[{head}]"] if not lines else ["", f"[{head}]"]
            section = head
        mark = "*" if action in keymap.changed else " "
        shown = "  ".join(shown_key(key) for key in keys) or "-"
        lines.append(f"{mark} {name:<18} {shown:<16} {ACTIONS[action]}")
    return "\n".join(lines)
