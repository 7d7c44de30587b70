"""Contacts inside scenarios as rows, and how many stand at each step."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo

from backend.model import RosterRow, RosterState, StepCount
from backend.numbers import format_span
from tui.presenters.times import format_full, format_short
from widgets.columns import Column, Row

COLUMNS: tuple[Column, ...] = (
    Column("contact", "contact", least=18, most=44, grow=4),
    Column("scenario", "scenario", least=12, most=36, grow=3, drop=1),
    Column("step", "step", least=12, most=36, grow=3),
    Column("entered", "entered", least=14),
    Column("waited", "at step", least=8, align="right"),
    Column("state", "state", least=7),
)
STEP_COLUMNS: tuple[Column, ...] = (
    Column("scenario", "scenario", least=8, most=24, grow=2),
    Column("step", "step", least=10, grow=3),
    Column("active", "active", least=6, align="right"),
    Column("waiting", "waiting", least=7, align="right"),
)
UNKNOWN_STEP = "(not told)"
"""The path branches after the last completed step, so the step cannot be told."""


def roster_row(row: RosterRow, now_ms: int, zone: tzinfo) -> Row:
    """One contact's line, in the order of COLUMNS."""
    cells = (
        row.contact,
        row.scenario,
        row.step or UNKNOWN_STEP,
        format_short(row.entered_ms, zone),
        format_span(max(0, now_ms - row.step_ms)),
        row.state.value,
    )
    return Row(roster_key(row), cells, detail=roster_fields(row, now_ms, zone))


def roster_key(row: RosterRow) -> str:
    return f"{row.contact_id}:{row.scenario_id}:{row.run}"


def roster_fields(row: RosterRow, now_ms: int, zone: tzinfo) -> tuple[tuple[str, str], ...]:
    """Everything that is known of the contact's stay, as fields."""
    fields = [
        ("contact", row.contact),
        ("scenario", row.scenario),
        ("step", row.step or UNKNOWN_STEP),
        ("state", row.state.value),
        ("entered", format_full(row.entered_ms, zone)),
        (
            "at the step since",
            f"{format_full(row.step_ms, zone)} ({format_span(max(0, now_ms - row.step_ms))})",
        ),
    ]
    if row.state is RosterState.WAITING:
        until = "not told" if row.until_ms is None else format_full(row.until_ms, zone)
        fields.append(("waits until", until))
    if row.run:
        fields.append(("run", row.run))
    return tuple(fields)


def step_rows(counts: Iterable[StepCount]) -> tuple[Row, ...]:
    """Scenario, step, active and waiting, the scenario's name only on its first line."""
    rows: list[Row] = []
    before: int | None = None
    for count in counts:
        name = "" if count.scenario_id == before else count.scenario
        cells = (name, count.step or UNKNOWN_STEP, str(count.active), str(count.waiting))
        rows.append(Row(f"{count.scenario_id}:{count.step_id}", cells))
        before = count.scenario_id
    return tuple(rows)
