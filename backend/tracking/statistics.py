"""The tab *Tracking statistics*: reactions over time, and how long a share of them took (F105)."""

from __future__ import annotations

from collections.abc import Sequence

from backend.model import DAY_MS, HOUR_MS, Cell, EventKind, PaneData, Series, TableRow
from backend.numbers import format_span
from backend.tracking.facts import DeliveryFacts, first_reaction_ms, last_reaction_ms
from backend.tracking.figures import count_figure, machine_note

PERCENTS = (10, 25, 50, 75, 90, 100)
"""Shares of all reactions whose time is told."""
MOST_POINTS = 200

_STREAMS = (
    ("opens", "Opens", EventKind.OPENED),
    ("clicks", "Clicks", EventKind.CLICKED),
    ("mirror", "Mirror page", EventKind.LINK),
    ("opt_outs", "Opt-outs", EventKind.UNSUBSCRIBED),
    ("pages", "Web pages", EventKind.PAGE),
    ("transactions", "Transactions", EventKind.TRACK),
)


def statistics_panes(facts: DeliveryFacts) -> tuple[PaneData, ...]:
    reactions = facts.reactions
    shown = [stream for stream in _STREAMS if stream[2] in reactions.times]
    return (
        PaneData(
            pane="reactions",
            title="Opens, clicks and other events over time",
            figures=tuple(count_figure(name, label, reactions.count(kind)) for name, label, kind in shown),
            series=tuple(series_of(facts, *stream) for stream in shown),
            note=machine_note(reactions),
        ),
        PaneData(
            pane="time_to_reach",
            title="Time needed to reach a share of all reactions",
            columns=("Share", *(label for _, label, _ in shown)),
            rows=tuple(
                TableRow(
                    label=f"{percent} %", cells=tuple(_time_cell(facts, kind, percent) for *_, kind in shown)
                )
                for percent in PERCENTS
            )
            if shown
            else (),
            note="counted from the sending of the first message"
            if facts.sent_ms is not None
            else "counted from the first reaction: when it was sent is not known",
        ),
    )


def series_of(facts: DeliveryFacts, metric: str, label: str, kind: EventKind) -> Series:
    start, step = _axis(facts)
    times = facts.reactions.times[kind]
    counts = [0] * max((last_reaction_ms(facts) - start) // step + 1, 1)
    for at in times:
        place = (at - start) // step
        if 0 <= place < len(counts):
            counts[place] += 1
    return Series(metric=metric, label=label, start_ms=start, step_ms=step, values=tuple(counts))


def _axis(facts: DeliveryFacts) -> tuple[int, int]:
    """Where the charts begin, on the clock, and their step: the finest that gives no more than 200 points."""
    first = first_reaction_ms(facts.reactions) or 0
    span = last_reaction_ms(facts) - first
    steps = (HOUR_MS // 12, HOUR_MS, 3 * HOUR_MS, DAY_MS, 7 * DAY_MS)
    step = next((step for step in steps if span // step < MOST_POINTS), 30 * DAY_MS)
    return first - first % min(step, DAY_MS), step


def time_to_reach(times: Sequence[int], percent: int, since_ms: int) -> int | None:
    """How long after `since_ms` so many per cent of the rows had happened; None without rows."""
    if not times:
        return None
    ordered = sorted(times)
    place = max(-(-percent * len(ordered) // 100), 1)
    return max(ordered[place - 1] - since_ms, 0)


def _time_cell(facts: DeliveryFacts, kind: EventKind, percent: int) -> Cell:
    since = facts.sent_ms if facts.sent_ms is not None else first_reaction_ms(facts.reactions)
    found = time_to_reach(facts.reactions.times[kind], percent, since or 0)
    return Cell(None if found is None else format_span(found))
