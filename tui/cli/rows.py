"""Rows of the logs and of the roster as lines of text, CSV cells and JSON values."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from backend.csv_cells import Value
from backend.model import LogName, LogRow, RosterRow, StepCount, level
from backend.numbers import format_span
from backend.query.text import write_time

ROSTER_COLUMNS = (
    *("contact", "product_id", "scenario", "step", "state", "entered_at", "since", "until", "usual_s"),
    "run",
)
STEP_COLUMNS = ("scenario", "step", "active", "waiting", "usual_s")
NO_STEP = "(step not known)"
_MARKS = {"info": "   ", "warning": "WRN", "error": "ERR"}


def log_line(row: LogRow) -> str:
    """The row for eyes: when, how much it concerns, what, who, and whatever else it says."""
    kind = f"{row.kind}/{row.bounce_class}" if row.bounce_class else row.kind
    mark = _MARKS[level(row.kind, row.bounce_class)]
    head = f"{write_time(row.at_ms)}  {mark}  {kind:<14} {row.contact or '-':<32}"
    return "  ".join([head, *(f"{name}={_quoted(value)}" for name, value in _said(row).items())]).rstrip()


def roster_cells(row: RosterRow) -> tuple[Value, ...]:
    """The row's values in the order of ROSTER_COLUMNS."""
    return (
        *(row.contact, row.product_id, row.scenario, row.step, row.state, write_time(row.entered_ms)),
        *(
            write_time(row.step_ms),
            None if row.until_ms is None else write_time(row.until_ms),
            _seconds(row.usual_ms),
            row.run or None,
        ),
    )


def roster_line(row: RosterRow) -> str:
    until = f"  until {write_time(row.until_ms)}" if row.until_ms is not None else ""
    usual = f"  usual {format_span(row.usual_ms)}" if row.usual_ms is not None else ""
    step = row.step if row.step is not None else NO_STEP
    return (
        f"{row.contact:<32}  {row.scenario:<24}  {step:<20}  {row.state:<7}  "
        f"since {write_time(row.step_ms)}  entered {write_time(row.entered_ms)}{until}{usual}"
    )


def step_cells(count: StepCount) -> tuple[Value, ...]:
    """The values in the order of STEP_COLUMNS."""
    return (count.scenario, count.step, count.active, count.waiting, _seconds(count.usual_ms))


def step_line(count: StepCount) -> str:
    usual = f"  usual {format_span(count.usual_ms)}" if count.usual_ms is not None else ""
    step = count.step if count.step is not None else NO_STEP
    return f"{count.scenario:<24}  {step:<20}  {count.active:>9} active  {count.waiting:>9} waiting{usual}"


def _seconds(span_ms: int | None) -> int | None:
    return None if span_ms is None else span_ms // 1000


def encode_cells(columns: tuple[str, ...], values: tuple[Value, ...]) -> bytes:
    """A JSON object of the values that are there."""
    named = zip(columns, values, strict=True)
    return msgspec.json.encode({name: value for name, value in named if value is not None})


def _said(row: LogRow) -> Mapping[str, str]:
    flags = [name for name in ("machine", "test", "repeat", "skew") if getattr(row, name)]
    said = {
        "scenario": row.scenario,
        "step": row.step,
        "campaign": row.campaign,
        "delivery": row.delivery,
        "channel": row.channel if row.log != LogName.SCENARIO else None,
        "reason": row.reason,
        "url": row.url,
        "message": row.message,
        "type": row.type if row.type != row.kind else None,
        "flags": ",".join(flags) or None,
    }
    return {name: value for name, value in said.items() if value}


def _quoted(value: str) -> str:
    if value.isprintable() and not any(letter in value for letter in ' "='):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
