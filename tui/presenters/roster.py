"""Contacts inside scenarios as rows, and how many stand at each step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import tzinfo
from itertools import groupby

from backend.model import RosterOrder, RosterRow, RosterState, StepCount
from backend.numbers import format_count, format_minute, format_span
from backend.query.language import ROSTER, Filter, with_term
from tui.presenters.times import format_full, format_short
from widgets.columns import Column, Row

COLUMNS: tuple[Column, ...] = (
    Column("contact", "contact", least=18, most=44, grow=4),
    Column("scenario", "scenario", least=12, most=36, grow=3, drop=3),
    Column("step", "step", least=12, most=36, grow=3),
    Column("entered", "entered", least=14, drop=2),
    Column("waited", "at step", least=8, align="right"),
    Column("usual", "of usual", least=8, align="right"),
    Column("state", "state", least=12),
)
STEP_COLUMNS: tuple[Column, ...] = (
    Column("scenario", "scenario", least=8, most=24, grow=2),
    Column("step", "step", least=10, grow=3),
    Column("active", "active", least=6, align="right"),
    Column("waiting", "waiting", least=7, align="right"),
    Column("usual", "usual", least=6, align="right"),
)
WHOLE = "all steps"
SORTS: Mapping[RosterOrder, tuple[str, str]] = {
    RosterOrder.ENTERED: ("by entry, oldest first", "by entry, latest first"),
    RosterOrder.CONTACT: ("by contact", "by contact, backwards"),
    RosterOrder.STEP: ("by scenario and step", "by scenario and step, backwards"),
    RosterOrder.AT_STEP: (
        "by time at the step, longest first",
        "by time at the step, shortest first",
    ),
}
"""Each order, and the same backwards, in words."""
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
        of_usual(row, now_ms),
        _state(row, now_ms, zone),
    )
    return Row(roster_key(row), cells, detail=roster_fields(row, now_ms, zone))


def of_usual(row: RosterRow, now_ms: int) -> str:
    """The time at the step over what is usual there: 0.4 x, 12 x; "" where nothing is usual."""
    if not row.usual_ms:
        return ""
    ratio = max(0, now_ms - row.step_ms) / row.usual_ms
    return f"{ratio:.1f} x" if ratio < 10 else f"{format_count(round(ratio))} x"


def _state(row: RosterRow, now_ms: int, zone: tzinfo) -> str:
    """active, waiting, or until when it waits: the time of day, on another day the day."""
    if row.state is not RosterState.WAITING or row.until_ms is None:
        return row.state.value
    until = format_minute(row.until_ms, zone)
    return f"until {until[11:] if until[:10] == format_minute(now_ms, zone)[:10] else until[5:10]}"


def roster_key(row: RosterRow) -> str:
    return f"{row.contact_id}:{row.scenario_id}:{row.run}"


def roster_fields(row: RosterRow, now_ms: int, zone: tzinfo) -> tuple[tuple[str, str], ...]:
    """Everything that is known of the contact's stay, as fields."""
    fields = [
        ("contact", row.contact),
        *([("product's id", row.product_id)] if row.product_id else []),
        ("scenario", row.scenario),
        ("step", row.step or UNKNOWN_STEP),
        ("state", row.state.value),
        ("entered", format_full(row.entered_ms, zone)),
        (
            "at the step since",
            f"{format_full(row.step_ms, zone)} ({format_span(max(0, now_ms - row.step_ms))})",
        ),
    ]
    if row.usual_ms is not None:
        fields.append(("usual there", f"{format_span(row.usual_ms)} or longer for half of those there"))
    if row.state is RosterState.WAITING:
        until = "not told" if row.until_ms is None else format_full(row.until_ms, zone)
        fields.append(("waits until", until))
    if row.run:
        fields.append(("run", row.run))
    return tuple(fields)


def step_rows(counts: Iterable[StepCount]) -> tuple[Row, ...]:
    """Each scenario with all who are inside, then its steps; a scenario with one step has one line."""
    rows: list[Row] = []
    for (scenario_id, scenario), group in groupby(counts, key=lambda one: (one.scenario_id, one.scenario)):
        steps = list(group)
        if len(steps) > 1:
            totals = (str(sum(one.active for one in steps)), str(sum(one.waiting for one in steps)))
            rows.append(Row(f"{scenario_id}:", (scenario, WHOLE, *totals, "")))
        for one in steps:
            usual = "" if one.usual_ms is None else format_span(one.usual_ms)
            name = "" if len(steps) > 1 else scenario
            cells = (name, one.step or UNKNOWN_STEP, str(one.active), str(one.waiting), usual)
            rows.append(Row(step_key(one), cells))
    return tuple(rows)


def step_key(count: StepCount) -> str:
    return f"{count.scenario_id}:{count.step_id or 0}"


def step_query(counts: Iterable[StepCount], key: str) -> str:
    """The query for those who are where the line of this key says; "" where nobody is any more."""
    for one in counts:
        query = with_term(Filter(log=ROSTER), "scenario", one.scenario)
        if key == f"{one.scenario_id}:":
            return query.text
        if key == step_key(one):
            return with_term(query, "step", one.step).text
    return ""


def step_choices(counts: Iterable[StepCount]) -> list[tuple[str, str, str]]:
    """The same lines to choose from: what stands where, how many, and the line's key."""
    scenario = ""
    choices = []
    for row in step_rows(counts):
        scenario = row.cells[0] or scenario
        usual = f", usual {row.cells[4]}" if row.cells[4] else ""
        label = scenario if row.cells[1] == WHOLE else f"{scenario}: {row.cells[1]}"
        choices.append((label, f"{row.cells[2]} active, {row.cells[3]} waiting{usual}", row.key))
    return choices
