"""Rows of the three logs as columns and as technical fields (R39, R42).

The columns and the first fields are those that the products document; what a row does not have is left
out of its fields and is an empty cell in a column.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import tzinfo
from typing import Any, NamedTuple

from backend.model import Level, LogName, LogRow, level
from tui.presenters.times import format_full, format_iso, format_short, format_span

INTERNAL_REQUEST = "internal request"
LEVEL_MARKS: Mapping[Level, str] = {Level.INFO: "   ", Level.WARNING: "WRN", Level.ERROR: "ERR"}
LOG_MARKS: Mapping[LogName, str] = {LogName.SCENARIO: "scn", LogName.EVENT: "evt", LogName.TRACKING: "trk"}


class ColumnSpec(NamedTuple):
    """A column of a log. `wide` ones need a terminal of at least that many cells."""

    title: str
    width: int
    """Cells on an 80 column terminal; 0: takes what is left."""
    share: int = 0
    """Share of the cells that a wider terminal has to give."""
    wide: int = 0


COLUMNS: Mapping[LogName, tuple[ColumnSpec, ...]] = {
    LogName.SCENARIO: (
        ColumnSpec("date and time", 14),
        ColumnSpec("lvl", 3),
        ColumnSpec("contact", 20, 3),
        ColumnSpec("scenario", 12, 2),
        ColumnSpec("step", 11, 2),
        ColumnSpec("message", 0, 5),
    ),
    LogName.EVENT: (
        ColumnSpec("date and time", 14),
        ColumnSpec("lvl", 3),
        ColumnSpec("type", 15, 2),
        ColumnSpec("name", 13, 3),
        ColumnSpec("contact", 0, 4),
        ColumnSpec("IP address", 16),
        ColumnSpec("reason", 24, 4, wide=120),
    ),
    LogName.TRACKING: (
        ColumnSpec("date and time", 14),
        ColumnSpec("lvl", 3),
        ColumnSpec("type", 14, 1),
        ColumnSpec("contact", 20, 3),
        ColumnSpec("delivery", 10, 3),
        ColumnSpec("URL", 0, 5),
    ),
}

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


def log_cells(row: LogRow, columns: tuple[ColumnSpec, ...], zone: tzinfo) -> tuple[str, ...]:
    """The row's text for each column, unclean and uncut."""
    return tuple(_cell(row, column.title, zone) for column in columns)


def _cell(row: LogRow, title: str, zone: tzinfo) -> str:
    match title:
        case "date and time":
            return format_short(row.at_ms, zone)
        case "lvl":
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
        case "IP address":
            return row.ip or INTERNAL_REQUEST
        case "URL":
            return row.url or ""
        case "reason":
            return row.reason or ""
    raise ValueError(f"no such column: {title}")


def row_level(row: LogRow) -> Level:
    """How much the row concerns; clock skew is a warning."""
    found = level(row.kind, row.bounce_class)
    return Level.WARNING if row.skew and found is Level.INFO else found


def level_mark(row: LogRow) -> str:
    return LEVEL_MARKS[row_level(row)]


def detail_fields(row: LogRow, zone: tzinfo) -> tuple[tuple[str, str], ...]:
    """Documented technical fields in order, then the product's other ones, then its data, then ours."""
    documented = [(name, value) for name, value in _documented(row) if value not in (None, "")]
    names = {name for name, _ in documented}
    others = [(name, value) for name, value in row.fields.items() if name not in names]
    data = [(f"data.{name}", value) for name, value in row.data.items()]
    ours = [(name, value) for name, value in _ours(row, zone) if value not in (None, "")]
    return tuple((name, field_text(value)) for name, value in documented + others + data + ours)


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
    yield "scenario", row.scenario if is_event else None
    yield "step", row.step if is_event or row.step_key else None
    yield "run", row.run
    yield "campaign", row.campaign
    yield "delivery", row.delivery
    yield "name", row.name
    yield "reason", row.reason
    yield "url", row.url
    yield "domain", row.domain
    yield "platform", row.platform
    yield "ip", (row.ip or INTERNAL_REQUEST) if is_event else None
    yield "user_agent", row.user_agent
    yield "until", None if row.until_ms is None else format_full(row.until_ms, zone)
    yield "counts as", _flags(row)
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


def raw_text(raw: bytes | None) -> str:
    """The record as it came; JSON is laid out in lines."""
    if raw is None:
        return "(the raw record was not kept)"
    try:
        return json.dumps(json.loads(raw), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return raw.decode("utf-8", "replace")
