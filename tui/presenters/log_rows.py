"""Rows of the three logs as columns and as technical fields (R39, R42).

The columns and the first fields are those that the products document; what a row does not have is left
out of its fields and is an empty cell in a column.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import Any

from backend.model import Level, LogName, LogRow, level
from backend.numbers import format_span
from backend.query.match import text_of_value, values_at
from tui.presenters.times import format_full, format_iso, format_short
from widgets.columns import Column, Row

INTERNAL_REQUEST = "internal request"
ABSENT = "(none)"
"""What a field that does not apply shows where all are asked for."""
LEVEL_MARKS: Mapping[Level, str] = {Level.INFO: "   ", Level.WARNING: "WRN", Level.ERROR: "ERR"}
LOG_MARKS: Mapping[LogName, str] = {LogName.SCENARIO: "scn", LogName.EVENT: "evt", LogName.TRACKING: "trk"}


LATE_MARK = "+"

MOST_RAW_LINES = 200
"""Lines of a raw record that a list shows in place."""

COLUMNS: Mapping[LogName, tuple[Column, ...]] = {
    LogName.SCENARIO: (
        Column("time", "date and time", least=14),
        Column("level", "lvl", least=3, look="level"),
        Column("contact", "contact", least=15, most=40, grow=3),
        Column("scenario", "scenario", least=8, most=36, grow=2, drop=1),
        Column("step", "step", least=9, most=30, grow=2),
        Column("message", "message", least=18, grow=5),
    ),
    LogName.EVENT: (
        Column("time", "date and time", least=14),
        Column("level", "lvl", least=3, look="level"),
        Column("type", "type", least=9, most=26, grow=2),
        Column("name", "name", least=12, most=40, grow=3, drop=1),
        Column("contact", "contact", least=16, most=40, grow=4),
        Column("ip", "IP address", least=16, most=24, drop=2),
        Column("reason", "reason", least=24, grow=4, drop=3),
    ),
    LogName.TRACKING: (
        Column("time", "date and time", least=14),
        Column("level", "lvl", least=3, look="level"),
        Column("type", "type", least=8, most=26, grow=1),
        Column("contact", "contact", least=15, most=40, grow=3),
        Column("delivery", "delivery", least=8, most=36, grow=2, drop=1),
        Column("url", "URL", least=20, grow=6),
    ),
}
TRACE_COLUMNS: tuple[Column, ...] = (
    Column("time", "date and time", least=14),
    Column("gap", "after", least=8, align="right", look="dim"),
    Column("level", "lvl", least=3, look="level"),
    Column("log", "log", least=3, look="dim", drop=2),
    Column("type", "what", least=12, most=26, grow=1),
    Column("where", "scenario, delivery", least=12, most=40, grow=3, drop=1),
    Column("message", "step, reason, URL", least=14, grow=5),
)

FieldNames = tuple[str, ...]
SCENARIO_FIELDS: FieldNames = (
    "message", "type", "scenario_name", "start_id", "workflow_points", "date", "user_email", "step_id",
)  # fmt: skip
"""The technical fields of a scenario log row in the documented order."""
EVENT_FIELDS: FieldNames = (
    "contact_id",
    "created_at",
    "email_id",
    "message_id",
    "sib_type",
    "template_id",
)
"""The technical fields of an event log row in the documented order."""


def log_row(
    row: LogRow, log: LogName, zone: tzinfo, columns: Sequence[Column] = (), *, late: bool = False
) -> Row:
    """The row in the columns of a log, or in chosen ones; unclean and uncut, as widgets take it.

    late: it arrived after newer rows were shown; its level's mark ends with "+".
    """
    shown = columns or COLUMNS[log]
    cells = [cell_text(row, column.key, zone) for column in shown]
    if late and cells:
        place = next((place for place, column in enumerate(shown) if column.key == "level"), 0)
        cells[place] = cells[place][:-1] + LATE_MARK
    return Row(row_key(row), tuple(cells), row_level(row).value)


def trace_row(row: LogRow, before_ms: int | None, zone: tzinfo) -> Row:
    """The row in the story of one contact. before_ms: time of the row before it, for the gap."""
    gap = "" if before_ms is None else format_span(row.at_ms - before_ms)
    is_scenario = row.log is LogName.SCENARIO
    where = row.scenario if is_scenario else row.delivery or row.campaign or row.name or row.scenario
    what = (row.step, row.message or row.reason) if is_scenario else (row.step, row.reason, row.url)
    cells = (
        format_short(row.at_ms, zone),
        gap,
        level_mark(row),
        LOG_MARKS[row.log],
        row.type or row.kind,
        where or "",
        ", ".join(part for part in what if part),
    )
    return Row(row_key(row), cells, row_level(row).value)


def log_words(row: LogRow) -> str:
    """What a row of any log tells beside its time, on one line."""
    told = (row.contact, row.type or row.kind, row.scenario, row.step, row.message, row.reason, row.url)
    words = told if row.log is LogName.SCENARIO else (*told[:2], row.delivery or row.campaign, *told[5:])
    return "  ".join(word for word in words if word)


def row_key(row: LogRow) -> str:
    """Tells rows apart on screen, also those of two logs."""
    return f"{row.log}:{row.id}"


def cell_text(row: LogRow, key: str, zone: tzinfo) -> str:
    """What stands in a column of this key: documented ones, any value of ours, or a path into the data."""
    match key:
        case "time":
            return format_short(row.at_ms, zone)
        case "level":
            return level_mark(row)
        case "contact":
            return row.contact or ""
        case "scenario":
            return row.scenario or ""
        case "step":
            return row.step or ""
        case "message":
            return row.message or row.reason or row.type
        case "type":
            return row.type or row.kind
        case "name":
            return row.name or row.delivery or row.campaign or ""
        case "delivery":
            return row.delivery or row.name or row.campaign or ""
        case "ip":
            return row.ip or INTERNAL_REQUEST
        case "url":
            return row.url or ""
        case "reason":
            return row.reason or ""
        case "received":
            return format_short(row.received_ms, zone)
        case "class":
            return row.bounce_class or ""
    head, dot, path = key.partition(".")
    if dot:
        found = values_at(row.data if head == "data" else row.fields, path)
        return ", ".join(text_of_value(value) for value in found)
    return str(getattr(row, key, None) or "")


def row_level(row: LogRow) -> Level:
    """How much the row concerns; clock skew is a warning."""
    found = level(row.kind, row.bounce_class)
    return Level.WARNING if row.skew and found is Level.INFO else found


def level_mark(row: LogRow) -> str:
    return LEVEL_MARKS[row_level(row)]


def detail_fields(row: LogRow, zone: tzinfo, *, everything: bool = False) -> tuple[tuple[str, str], ...]:
    """Documented technical fields in order, then the product's other ones, then its data, then ours.

    Those that do not apply are left out (R39), unless everything is asked for.
    """
    documented = list(_told(_documented(row), everything))
    names = {name for name, _ in documented}
    others = [(name, value) for name, value in row.fields.items() if name not in names]
    data = [(f"data.{name}", value) for name, value in row.data.items()]
    ours = list(_told(_ours(row, zone), everything))
    return tuple((name, field_text(value)) for name, value in documented + others + data + ours)


def _told(fields: Iterator[tuple[str, Any]], everything: bool) -> Iterator[tuple[str, Any]]:
    for name, value in fields:
        if value not in (None, ""):
            yield name, value
        elif everything:
            yield name, ABSENT


def _documented(row: LogRow) -> Iterator[tuple[str, Any]]:
    values: dict[str, Any]
    if row.log is LogName.SCENARIO:
        names = SCENARIO_FIELDS
        values = {
            "message": row.message,
            "type": row.type,
            "scenario_name": row.scenario,
            "start_id": row.start_id,
            "workflow_points": row.workflow_points,
            "date": format_iso(row.at_ms),
            "user_email": row.contact,
            "step_id": _product_id(row.step_key) or row.step,
        }
    else:
        names = EVENT_FIELDS
        values = {
            "created_at": format_iso(row.at_ms),
            "email_id": row.contact,
            "message_id": row.message,
            "sib_type": row.type,
            "template_id": _product_id(row.delivery_key),
        }
    for name in names:
        yield name, row.fields.get(name, values.get(name))


def _product_id(key: str | None) -> str | None:
    """The product's own id in a key such as "id:4711"; None where it is known by something else."""
    named_by, _, rest = (key or "").partition(":")
    return rest if named_by == "id" else None


def _ours(row: LogRow, zone: tzinfo) -> Iterator[tuple[str, Any]]:
    is_event = row.log is not LogName.SCENARIO
    yield "kind", row.kind
    yield "class", row.bounce_class
    yield "channel", row.channel
    yield "origin", row.origin
    if is_event:  # the scenario log's own fields say it
        yield "scenario", row.scenario
    if is_event or row.step_key:
        yield "step", row.step
    yield "run", row.run
    yield "campaign", row.campaign
    yield "delivery", row.delivery
    yield "name", row.name
    yield "reason", row.reason
    yield "url", row.url
    yield "domain", row.domain
    yield "platform", row.platform
    if is_event:
        yield "ip", row.ip or INTERNAL_REQUEST
    yield "user_agent", row.user_agent
    yield "until", None if row.until_ms is None else format_full(row.until_ms, zone)
    if flags := _flags(row):
        yield "counts as", flags
    yield "feed", f"{row.product} {row.account}, {row.format}"
    yield "happened", format_full(row.at_ms, zone)
    yield "received", f"{format_full(row.received_ms, zone)}{_delay(row)}"
    yield "event_id", row.key


def _flags(row: LogRow) -> str:
    words = []
    if row.repeat:
        words.append("a repeat: kept, not counted")
    if row.skew:
        words.append("dated ahead of its receipt: not counted before its time")
    if row.test:
        words.append("a test")
    if row.machine:
        words.append("a machine's doing")
    if row.implied:
        words.append(f"{row.kind}, and implies {' and '.join(row.implied)}")
    return "; ".join(words)


def _delay(row: LogRow) -> str:
    delay_ms = row.received_ms - row.at_ms
    return f" ({format_span(delay_ms)} later)" if delay_ms > 0 else ""


def field_text(value: object) -> str:
    """A field's value as text: text as it is, everything else as JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)


def raw_fields(raw: bytes | None) -> tuple[tuple[str, str], ...]:
    """The record as it came, a field for each of its lines; JSON is laid out first."""
    lines = raw_text(raw).splitlines()
    more = len(lines) - MOST_RAW_LINES
    shown = [("" if place else "raw", line) for place, line in enumerate(lines[:MOST_RAW_LINES])]
    return (*shown, ("", f"... {more} more lines")) if more > 0 else tuple(shown)


def raw_text(raw: bytes | None) -> str:
    """The record as it came; JSON is laid out in lines."""
    if raw is None:
        return "(the raw record was not kept)"
    try:
        return json.dumps(json.loads(raw), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return raw.decode("utf-8", "replace")
