"""What stands beside a contact's story: the verdict, what bars the contact, its messages, its path."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo

from backend.explaining.barred import Bar, bars_at
from backend.explaining.facts import Facts, fates
from backend.explaining.verdict import Verdict, crowd_line
from backend.model import Channel, EventKind, LogRow, StepKind
from backend.numbers import format_span
from tui.presenters.roster import UNKNOWN_STEP
from tui.presenters.times import format_short
from widgets.step_path import StepValue

MOST_MESSAGES = 8
LAST = (EventKind.DELIVERED, EventKind.OPENED, EventKind.CLICKED)


def verdict_lines(verdict: Verdict, zone: tzinfo) -> tuple[str, str, str]:
    """The sentence; what it rests on and what to try next; whether it is the contact or the step."""
    about = f"why not {verdict.delivery}" if verdict.delivery else "what keeps it"
    found = verdict.evidence
    rests = ""
    if found is not None:
        row = f" row {found.id}" if found.id is not None else ""
        at = f", {format_short(found.at_ms, zone)}" if found.at_ms is not None else ""
        rests = f"rests on {found.source}{row}{at}"
    missing = f"missing: {'; '.join(verdict.missing)}" if verdict.missing else ""
    tried = f"next: {verdict.next}" if verdict.next else ""
    return (
        f"{about}: {verdict.sentence}",
        "   ".join(part for part in (rests, tried, missing) if part),
        crowd_line(verdict.crowd) if verdict.crowd else "",
    )


def fact_lines(facts: Facts, zone: tzinfo) -> list[str]:
    """Whether it can be reached on each channel, when it last reacted, and what became of its messages."""
    lines = [_reach(facts, channel, zone) for channel in Channel]
    for kind in LAST:
        last = next((row for row in reversed(facts.events) if row.kind == kind and not row.machine), None)
        lines.append(f"last {kind:<10} {_when(last, zone)}")
    made = fates(facts.events)[-MOST_MESSAGES:]
    lines += ["", "messages, the latest first"] if made else []
    for fate in reversed(made):
        outcome = fate.state.outcome.value if fate.state.outcome else "not told"
        opened = ", opened" if fate.state.open_ms is not None or fate.state.click_ms is not None else ""
        lines.append(f"{format_short(fate.row.at_ms, zone)}  {outcome}{opened}  {fate.delivery or ''}")
    return lines


def _reach(facts: Facts, channel: Channel, zone: tzinfo) -> str:
    bars = bars_at(facts.events, facts.suppressions, facts.now_ms, channel)
    if bars:
        return f"{channel:<6} no: {bars[0].text}{_held(bars[0], zone)}"
    seen = any(row.channel == channel and row.kind == EventKind.DELIVERED for row in facts.events)
    return f"{channel:<6} {'yes, as far as told' if seen else 'nothing bars it; never delivered yet'}"


def _held(bar: Bar, zone: tzinfo) -> str:
    """Since when and until when a bar holds, as far as it is told."""
    since_ms = bar.row.at_ms if bar.row is not None else bar.listed.since_ms if bar.listed else None
    since = f" since {format_short(since_ms, zone)}" if since_ms is not None else ""
    until = format_short(bar.until_ms, zone) if bar.until_ms is not None else "somebody lifts it"
    return f"{since} until {until}"


def now_line(facts: Facts, zone: tzinfo) -> str:
    """The row below the story: how long nothing has happened, and where the contact is now."""
    newest = [row.at_ms for row in (*facts.steps, *facts.events) if row.at_ms <= facts.now_ms]
    gap = f"+{format_span(facts.now_ms - max(newest))}" if newest else ""
    places = []
    for place in facts.inside:
        until = f" until {format_short(place.until_ms, zone)}" if place.until_ms is not None else ""
        state = f"{place.state} at {place.step or UNKNOWN_STEP}"
        places.append(
            f"{state} for {format_span(max(0, facts.now_ms - place.step_ms))}{until}, {place.scenario}"
        )
    told = "; ".join(places) or "in no scenario, as far as told"
    return f" {format_short(facts.now_ms, zone)} {gap:>10}  now  {told}"


def _when(row: LogRow | None, zone: tzinfo) -> str:
    return "never, as far as told" if row is None else format_short(row.at_ms, zone)


def scenarios_of(facts: Facts) -> list[int]:
    """The scenarios that the contact is or was in, the latest first."""
    latest: dict[int, int] = {}
    for row in facts.steps:
        if row.scenario_id is not None:
            latest[row.scenario_id] = row.at_ms
    for place in facts.inside:
        latest[place.scenario_id] = max(latest.get(place.scenario_id, 0), place.step_ms)
    return sorted(latest, key=lambda scenario: -latest[scenario])


def scenario_line(facts: Facts, scenario_id: int) -> str:
    """Its name, and whether the contact is in it."""
    rows = [row for row in facts.steps if row.scenario_id == scenario_id]
    place = next((one for one in facts.inside if one.scenario_id == scenario_id), None)
    name = place.scenario if place else next((row.scenario for row in rows if row.scenario), "")
    if place is not None:
        return f"{name}: {place.state}"
    return f"{name}: {rows[-1].kind if rows else 'not told'}"


def path_steps(facts: Facts, scenario_id: int) -> tuple[StepValue, ...]:
    """The scenario's steps, each done, here or ahead in the contact's latest pass."""
    rows = [row for row in facts.steps if row.scenario_id == scenario_id]
    entries = [n for n, row in enumerate(rows) if row.kind in (StepKind.ENTERED, StepKind.RESTARTED)]
    rows = rows[entries[-1] :] if entries else rows
    place = next((one for one in facts.inside if one.scenario_id == scenario_id), None)
    here = place.step_id if place else None
    last = {row.step_id: row for row in rows if row.step_id is not None}
    steps = [one for one in facts.path if one.scenario_id == scenario_id]
    furthest = max(
        (n for n, one in enumerate(steps) if one.step_id in last or one.step_id == here), default=-1
    )

    def standing() -> Iterator[StepValue]:
        for place_, one in enumerate(steps):
            row = last.get(one.step_id)
            failed = row is not None and row.kind in (StepKind.ACTION_ERROR, StepKind.FAILED)
            is_here = one.step_id == here
            ahead = place is not None and place_ > furthest
            word = "here" if is_here else "ahead" if ahead else "passed by" if row is None else ""
            yield StepValue(
                key=str(one.step_id),
                name=one.step,
                done="done" if row is not None and not is_here and not failed else "",
                inside=word if is_here else "",
                left=word if not is_here else "",
                errors="failed" if failed else "",
                alarm=failed,
            )

    return tuple(standing())
