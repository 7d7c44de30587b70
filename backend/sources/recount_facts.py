"""What a report needs of its subject besides sums, found in a book by looking at every row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from backend.facts import REPEAT, SKEW, TEST
from backend.model import StepKind, Subject, SubjectKind
from backend.record import NamedBy
from backend.reports.counts import LOOKED_AMONG, LOOKED_ROWS, LOOKED_RUNS, Passage
from backend.reports.step_flow import PASSING, passages
from backend.settling import StepRow
from backend.sources.book import Book, Entity

KINDS = tuple(StepKind)


def entity_of(book: Book, subject: Subject) -> Entity:
    return next(entity for entity in book.entities[subject.kind.value].values() if entity.id == subject.id)


def is_of_campaigns(book: Book, subject: Subject) -> bool:
    """Whether the subject's messages are a campaign's own, and no template's."""
    if subject.kind is SubjectKind.DELIVERY:
        return entity_of(book, subject).by is NamedBy.CAMPAIGN
    deliveries = book.entities["delivery"].values()
    return subject.kind is SubjectKind.CAMPAIGN and all(
        one.by is NamedBy.CAMPAIGN for one in deliveries if one.campaign == subject.id
    )


def passages_of(rows: Iterable[StepRow], scenario_id: int, *, include_test: bool) -> tuple[Passage, ...]:
    """In which order the runs of the newest rows passed the steps of a scenario."""
    newest_first = sorted(rows, key=lambda row: (row.ts, row.h), reverse=True)
    left_out = REPEAT | SKEW | (0 if include_test else TEST)
    mine = (row for row in newest_first if row.scenario_id == scenario_id)
    looked_at = _newest_of_each_kind(mine, left_out)
    runs = {(row.contact, row.run) for row in looked_at if row.contact is not None}
    of_contact: dict[int | None, list[StepRow]] = defaultdict(list)
    for row in newest_first:
        of_contact[row.contact].append(row)
    looked = (row for contact in {who for who, _ in runs} for row in of_contact[contact][:LOOKED_ROWS])
    return passages(
        ((row.contact, row.run), row.step_id, row.ts)
        for row in looked
        if row.scenario_id == scenario_id
        and row.step_id is not None
        and not row.flags & left_out
        and (row.contact, row.run) in runs
    )


def _newest_of_each_kind(newest_first: Iterable[StepRow], left_out: int) -> Iterator[StepRow]:
    by_kind: dict[StepKind, list[StepRow]] = defaultdict(list)
    for row in newest_first:
        by_kind[KINDS[row.kind - 1]].append(row)
    for kind in PASSING:
        among = by_kind[kind][:LOOKED_AMONG]
        yield from [row for row in among if not row.flags & left_out][:LOOKED_RUNS]
