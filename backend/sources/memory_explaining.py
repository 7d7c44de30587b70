"""What an explanation rests on, found in a book by looking at everything."""

from __future__ import annotations

from collections.abc import Iterable

from backend.errors import NothingFound
from backend.explaining.barred import Suppression
from backend.explaining.facts import MOST_ROWS, Crowd, Facts, PathStep
from backend.identity import fold_value
from backend.model import (
    HOUR_MS,
    LogName,
    LogRow,
    RosterRow,
    RosterState,
    StepKind,
    Subject,
)
from backend.sources.book import Book
from backend.sources.memory_rows import MemoryRows

WORKED = (StepKind.STEP, StepKind.ACTION, StepKind.EVENT)
BROKE = (StepKind.ACTION_ERROR, StepKind.FAILED)


def facts_from_rows(
    book: Book, rows: MemoryRows, contact_id: int, delivery: Subject | None, now_ms: int
) -> Facts:
    """All that is known for one question. Raises NothingFound for an unknown contact."""
    contact = rows.contact(contact_id)
    if contact is None:
        raise NothingFound(f"there is no contact {contact_id}")
    scenario, step = _sender(book, rows, delivery)
    inside = tuple(row for row in rows.roster if row.contact_id == contact_id)
    here = [place for place in inside if scenario is None or place.scenario_id == scenario]
    place = max(here, key=lambda one: one.step_ms, default=None)
    mine = (contact.product, contact.account)
    collected = {
        log
        for log, held in ((LogName.SCENARIO, rows.steps), (LogName.EVENT, rows.events))
        if any(
            (row.product, row.account) == mine and (log is LogName.SCENARIO or row.message_key)
            for row in held
        )
    }
    return Facts(
        now_ms=now_ms,
        contact=contact,
        delivery=delivery,
        scenario_id=scenario,
        scenario=rows.name_of("scenario", scenario),
        step_id=step,
        step=rows.name_of("step", step),
        leading=_leading(book, scenario, step),
        steps=_rows_of(rows.steps, contact_id),
        events=_rows_of(rows.events, contact_id),
        inside=inside,
        suppressions=_suppressions(book, rows, contact_id),
        sent_to_anybody=delivery is not None and any(row.delivery_id == delivery.id for row in rows.events),
        collected=frozenset(collected),
        crowd=_crowd(rows, place, now_ms) if place else None,
        path=_path(book, rows, contact_id),
    )


def _path(book: Book, rows: MemoryRows, contact_id: int) -> tuple[PathStep, ...]:
    met = {row.scenario_id for row in rows.steps if row.contact_id == contact_id}
    met |= {row.scenario_id for row in rows.roster if row.contact_id == contact_id}
    steps = [one for one in book.entities["step"].values() if one.owner in met]
    steps.sort(key=lambda one: (one.owner, one.position is None, one.position or 0, one.id))
    return tuple(
        PathStep(
            scenario_id=one.owner,
            scenario=rows.name_of("scenario", one.owner) or "",
            step_id=one.id,
            step=one.name or one.key,
        )
        for one in steps
    )


def _rows_of(rows: Iterable[LogRow], contact_id: int) -> list[LogRow]:
    return [row for row in rows if row.contact_id == contact_id and not row.repeat][-MOST_ROWS:]


def _sender(book: Book, rows: MemoryRows, delivery: Subject | None) -> tuple[int | None, int | None]:
    if delivery is None:
        return None, None
    known = book.entities["delivery"].get(delivery.id)
    if known is None:
        raise NothingFound(f'there is no delivery "{delivery.name}"')
    if known.scenario is not None:
        return known.scenario, known.step
    told = [row for row in rows.events if row.delivery_id == delivery.id and row.scenario_id is not None]
    return (told[0].scenario_id, told[0].step_id) if told else (None, None)


def _leading(book: Book, scenario: int | None, step: int | None) -> frozenset[int] | None:
    steps = [one for one in book.entities["step"].values() if one.owner == scenario]
    if step is None or all(one.next is None for one in steps):
        return None
    ids = {one.key: one.id for one in steps}
    found, size = {step}, 0
    while len(found) > size:
        size = len(found)
        found |= {one.id for one in steps if found & {ids.get(key) for key in one.next or ()}}
    return frozenset(found)


def _suppressions(book: Book, rows: MemoryRows, contact_id: int) -> tuple[Suppression, ...]:
    found: dict[tuple[str, str, str, int | None, int | None], Suppression] = {}
    for record in book.suppressions:
        identity = record.identity
        person = (book.account(record.product, record.account), identity.namespace, fold_value(identity))
        if rows.settled.contact_of.get(person) != contact_id:
            continue
        reason = record.reason or "not told"
        entry = Suppression(
            id=len(found) + 1,
            namespace=identity.namespace,
            value=identity.value.strip(),
            reason=reason,
            since_ms=record.since_ms,
            until_ms=record.until_ms,
        )
        found.setdefault((*person[1:], reason, record.since_ms, record.until_ms), entry)
    return tuple(found.values())


def _crowd(rows: MemoryRows, place: RosterRow, now_ms: int) -> Crowd | None:
    if place.step_id is None:
        return None
    where = (place.scenario_id, place.step_id)
    others = [
        row
        for row in rows.roster
        if (row.scenario_id, row.step_id) == where and row.contact_id != place.contact_id
    ]
    times = sorted(now_ms - row.step_ms for row in others)
    recent = [
        row
        for row in rows.steps
        if (row.scenario_id, row.step_id) == where
        and now_ms - HOUR_MS < row.at_ms <= now_ms
        and not (row.repeat or row.skew)
    ]
    worked, broke = (sum(row.kind in kinds for row in recent) for kinds in (WORKED, BROKE))
    return Crowd(
        step=place.step or "",
        others=len(others),
        waiting=sum(row.state is RosterState.WAITING for row in others),
        typical_ms=times[len(times) // 2] if times else None,
        hour_rows=worked + broke,
        hour_failed=broke,
    )
