"""A report tab's counts found in a book by looking at every row: what the other ways to count must equal.

Nothing here is shared with the store's way of counting but the meaning of `Counts`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from backend.cohort import Cohort, Sending, count_cohort
from backend.facts import FIRST, IMPLIES_SENT, IMPLIES_TARGETED, MACHINE, REPEAT, SKEW, TEST
from backend.model import (
    DAY_MS,
    BounceClass,
    Channel,
    EventKind,
    LogName,
    RosterState,
    StepKind,
    Subject,
    SubjectKind,
    Window,
)
from backend.products import product_rules
from backend.reports.counts import (
    MOST_VALUES,
    CountFlag,
    Counts,
    DeliveryName,
    Distinct,
    FacetName,
    FacetTally,
    Known,
    Need,
    Passage,
    Span,
    StepInside,
    StepName,
    Tally,
    day_before,
    days_around,
    first_step,
    graph_step,
    is_live,
    live_window,
)
from backend.reports.metrics import COMPLETING, ENTERING, LEAVING
from backend.reports.report import need_of, report_kind, tab_of
from backend.reports.step_flow import are_placed
from backend.settling import EventRow, StepRow
from backend.sources.book import Book, Settled
from backend.sources.recount_facts import entity_of, is_of_campaigns, passages_of

KINDS, STEP_KINDS = tuple(EventKind), tuple(StepKind)
CLASSES, CHANNELS = tuple(BounceClass), tuple(Channel)


class _Seen(msgspec.Struct, frozen=True, gc=False):
    """One kind that one event row counts as."""

    at_ms: int
    kind: str
    bounce_class: str | None
    channel: str | None
    delivery_id: int
    step_id: int
    flags: int
    row: EventRow


def counts_from_book(
    book: Book,
    settled: Settled,
    subject: Subject,
    tab: str,
    window: Window | None = None,
    *,
    include_test: bool = False,
    step_id: int | None = None,
    now_ms: int,
) -> Counts:
    """As `sqlite.counting.read_counts`. Raises: UsageError for a tab that the subject's report has not."""
    need = need_of(tab_of(subject, tab))
    recount = _Recount(book, settled, subject, need, include_test, now_ms)
    recount.step_id = step_id
    return recount.counts(tab, window)


_Broken = tuple[FacetName, str, int, str | None]
"""Facet, kind, step (0: not told apart by steps), value."""


class _Recount:
    step_id: int | None = None
    """Only rows of this step count; None: all."""

    def __init__(
        self, book: Book, settled: Settled, subject: Subject, need: Need, include_test: bool, now_ms: int
    ) -> None:
        self._book, self._settled = book, settled
        self._subject, self._need, self._now_ms = subject, need, now_ms
        self._words = {handle: text for text, handle in book.words.items()}
        self._include_test = include_test and report_kind(subject).test_switch
        self._events = [row for row in settled.events if _counts(row.flags) and self._is_mine(row)]
        self._steps = [
            row
            for row in settled.steps
            if _counts(row.flags) and subject.kind is SubjectKind.SCENARIO and row.scenario_id == subject.id
        ]

    def _is_mine(self, row: EventRow) -> bool:
        handles = {
            SubjectKind.SCENARIO: row.scenario_id,
            SubjectKind.CAMPAIGN: row.campaign_id,
            SubjectKind.DELIVERY: row.delivery_id,
        }
        return handles[self._subject.kind] == self._subject.id

    def counts(self, tab: str, window: Window | None) -> Counts:
        newest_ms, received_ms = self._newest()
        if window is None:
            window, _ = live_window(newest_ms, self._now_ms)
        step_ms = graph_step(window)
        current = self._span(window, step_ms)
        return Counts(
            subject=self._subject,
            tab=tab,
            now_ms=self._now_ms,
            live=is_live(window, newest_ms, self._now_ms),
            include_test=self._include_test,
            step_id=self.step_id,
            step_ms=step_ms,
            newest_ms=newest_ms,
            received_ms=received_ms,
            current=current,
            previous=self._span(window.before(), None),
            day=self._step_tallies(day_before(window), None),
            facets=tuple(self._facets(window)),
            inside=self._inside(),
            steps=self._step_names(),
            passed=self._passed(window),
            deliveries=self._delivery_names(current.tallies),
            known=self._known(window),
        )

    def _newest(self) -> tuple[int | None, int | None]:
        """Own time and time received of the newest row; of rows of one kind and time the last by key."""
        newest: dict[tuple[str, int], EventRow | StepRow] = {}
        logs: dict[str, Sequence[EventRow | StepRow]] = {"event": self._events, "scenario": self._steps}
        for log, rows in logs.items():
            for row in sorted(rows, key=lambda row: (row.ts, row.h)):
                newest[log, row.kind] = row
        return max(((row.ts, row.received) for row in newest.values()), default=(None, None))

    def _span(self, window: Window, step_ms: int | None) -> Span:
        tallies = self._step_tallies(window, step_ms) + self._event_tallies(window, step_ms)
        return Span(
            window=window,
            tallies=tallies,
            distinct=self._distinct(window),
            cohort=self._cohort(window),
        )

    def _cohort(self, window: Window) -> Cohort | None:
        if not self._need.cohort or self._subject.kind is not SubjectKind.DELIVERY:
            return None
        sendings = [
            Sending(
                state.outcome,
                CLASSES[state.bounce_class - 1] if state.bounce_class else None,
                state.sent_ms,
                state.open_ms is not None,
                state.click_ms is not None,
                state.unsubscribed_ms is not None,
            )
            for state in self._settled.messages.values()
            if state.delivery == self._subject.id
            and state.sent_ms is not None
            and _within(state.sent_ms, window)
            and (self._include_test or not state.test)
        ]
        return count_cohort(sendings, product_rules(self._subject.product), self._now_ms)

    def _seen(self, window: Window) -> Iterator[_Seen]:
        """What the rows of the window count as on this tab."""
        for row in self._events:
            if self._is_asked(row, window):
                yield from (seen for seen in _kinds_of(row) if self._shows(seen))

    def _is_asked(self, row: EventRow | StepRow, window: Window) -> bool:
        return (
            _within(row.ts, window)
            and (self._include_test or not row.flags & TEST)
            and self.step_id in (None, row.step_id)
        )

    def _shows(self, seen: _Seen) -> bool:
        if self._need.channel is None or seen.kind not in self._need.kinds:
            return False
        return seen.channel == self._need.channel or seen.kind in self._need.any_channel

    def _event_tallies(self, window: Window, step_ms: int | None) -> tuple[Tally, ...]:
        counter = Counter(
            (
                _bucket(seen.at_ms, window, step_ms),
                *(seen.kind, seen.bounce_class, seen.channel, seen.delivery_id, seen.step_id, seen.flags),
            )
            for seen in self._seen(window)
        )
        return tuple(
            Tally(
                bucket_ms=bucket,
                log=LogName.EVENT,
                kind=kind,
                bounce_class=bounce_class,
                channel=channel,
                delivery_id=delivery,
                step_id=step,
                flags=flags,
                n=n,
            )
            for (bucket, kind, bounce_class, channel, delivery, step, flags), n in counter.items()
        )

    def _window_steps(self, window: Window) -> list[StepRow]:
        if not self._need.scenario_log:
            return []
        return [row for row in self._steps if self._is_asked(row, window)]

    def _step_tallies(self, window: Window, step_ms: int | None) -> tuple[Tally, ...]:
        counter = Counter(
            (_bucket(row.ts, window, step_ms), STEP_KINDS[row.kind - 1], row.step_id or 0, row.flags & TEST)
            for row in self._window_steps(window)
        )
        return tuple(
            Tally(bucket_ms=bucket, log=LogName.SCENARIO, kind=kind, step_id=step, flags=flags, n=n)
            for (bucket, kind, step, flags), n in counter.items()
        )

    def _facets(self, window: Window) -> Iterator[FacetTally]:
        sums = self._step_facets(window) if self._need.scenario_log else self._event_facets(window)
        for facet, kind, step in sorted({(facet, kind, step) for facet, kind, step, _ in sums}):
            values = {value: n for (*where, value), n in sums.items() if where == [facet, kind, step]}
            yield from _top_values(facet, kind, step, values)

    def _event_facets(self, window: Window) -> Counter[_Broken]:
        sums: Counter[_Broken] = Counter()
        for seen in self._seen(window):
            if seen.flags & MACHINE or seen.channel != self._need.channel:
                continue
            for facet, kinds in self._need.facets.items():
                if seen.kind in kinds:
                    sums[facet, seen.kind, 0, self._words.get(_value(seen.row, facet))] += 1
        return sums

    def _step_facets(self, window: Window) -> Counter[_Broken]:
        sums: Counter[_Broken] = Counter()
        for row in self._window_steps(window):
            kind = STEP_KINDS[row.kind - 1]
            for facet, kinds in self._need.facets.items():
                if kind in kinds:
                    value = row.origin if facet is FacetName.ORIGIN else row.reason
                    step = (row.step_id or 0) if facet is FacetName.REASON_OF_STEP else 0
                    sums[facet, kind, step, self._words.get(value)] += 1
        return sums

    def _distinct(self, window: Window) -> Distinct:
        if self._need.audience and self._subject.kind is SubjectKind.CAMPAIGN:
            return Distinct(campaign_contacts=self._audience(window))
        rows = self._window_steps(window)
        return Distinct(
            entered_contacts=len(_contacts(rows, ENTERING)),
            entered_runs=len(_runs(rows, ENTERING)),
            exited_contacts=len(_contacts(rows, LEAVING)),
            exited_runs=len(_runs(rows, LEAVING)),
            failed_runs=len(_runs(rows, (StepKind.FAILED,))),
        )

    def _audience(self, window: Window) -> int:
        return len(
            {
                row.contact
                for row in self._events
                if _within(row.ts, window)
                and not row.flags & TEST
                and row.contact is not None
                and any(seen.kind in self._need.kinds for seen in _kinds_of(row))
            }
        )

    def _inside(self) -> tuple[StepInside, ...]:
        if not self._need.scenario_log:
            return ()
        places = [
            place
            for (scenario, _, _), place in self._settled.roster.items()
            if scenario == self._subject.id and self.step_id in (None, place.step)
        ]
        counter = Counter((place.step or 0, place.state) for place in places)
        return tuple(
            StepInside(step, counter[step, RosterState.ACTIVE], counter[step, RosterState.WAITING])
            for step in sorted({step for step, _ in counter})
        )

    def _step_names(self) -> tuple[StepName, ...]:
        if not self._need.scenario_log:
            return ()
        return tuple(
            StepName(
                id=step.id,
                key=step.key,
                name=step.name,
                position=step.position,
                following=self._following(step.next),
            )
            for step in self._book.entities["step"].values()
            if step.owner == self._subject.id
        )

    def _following(self, keys: Sequence[str] | None) -> tuple[int, ...] | None:
        steps = [step for step in self._book.entities["step"].values() if step.owner == self._subject.id]
        by_key = {step.key: step.id for step in steps}
        return None if keys is None else tuple(by_key[key] for key in keys if key in by_key)

    def _passed(self, window: Window) -> tuple[Passage, ...]:
        steps = self._step_names()
        if self.step_id is not None or len(steps) < 2 or are_placed(steps):
            return ()
        before = [row for row in self._settled.steps if row.ts < window.end_ms]
        return passages_of(before, self._subject.id, include_test=self._include_test)

    def _delivery_names(self, tallies: Iterable[Tally]) -> tuple[DeliveryName, ...]:
        known = self._book.entities["delivery"]
        handles = sorted({tally.delivery_id for tally in tallies if tally.delivery_id})
        return tuple(
            DeliveryName(
                id=handle, key=known[handle].key, name=known[handle].name, tracking=known[handle].tracking
            )
            for handle in handles
        )

    def _known(self, window: Window) -> Known:
        account = entity_of(self._book, self._subject).owner
        logs: Mapping[LogName, Sequence[EventRow | StepRow]] = {
            LogName.EVENT: [row for row in self._settled.events if row.account == account],
            LogName.SCENARIO: [row for row in self._settled.steps if row.account == account],
        }
        days = days_around(window)
        done = (row for row in _of_kinds(self._steps, COMPLETING) if row.ts // DAY_MS in days)
        return Known(
            oldest_ms={log: min(row.ts for row in rows) for log, rows in logs.items() if rows},
            formats=frozenset(self._words[row.format] for rows in logs.values() for row in rows),
            of_campaigns=is_of_campaigns(self._book, self._subject),
            completed_steps=frozenset(row.step_id or 0 for row in done if self._need.scenario_log),
            subject_kinds=frozenset(
                [
                    *((LogName.EVENT, KINDS[row.kind - 1]) for row in self._events),
                    *((LogName.SCENARIO, STEP_KINDS[row.kind - 1]) for row in self._steps),
                ]
            ),
            channel_seen=self._need.channel is not None
            and any(_channel(row) == self._need.channel for row in self._events),
        )


def _counts(flags: int) -> bool:
    return not flags & (REPEAT | SKEW)


def _within(at_ms: int, window: Window) -> bool:
    return window.start_ms <= at_ms < window.end_ms


def _bucket(at_ms: int, window: Window, step_ms: int | None) -> int:
    if step_ms is None:
        return window.start_ms
    first = first_step(window, step_ms)
    return first + (at_ms - first) // step_ms * step_ms


def _channel(row: EventRow) -> Channel | None:
    return CHANNELS[row.channel - 1] if row.channel else None


def _kinds_of(row: EventRow) -> Iterator[_Seen]:
    """The row as its own kind, and as the kinds that it implies."""
    flags = row.flags & (MACHINE | TEST)
    if row.flags & FIRST:
        flags |= CountFlag.FIRST
    if row.origin:
        flags |= (CountFlag.CAMPAIGN, CountFlag.TRANSACTIONAL)[row.origin - 1]
    place = (_channel(row), row.delivery_id or 0, row.step_id or 0)
    bounce_class = CLASSES[row.bounce_class - 1] if row.bounce_class else None
    yield _Seen(row.ts, KINDS[row.kind - 1], bounce_class, *place, int(flags), row)
    for kind, bit in ((EventKind.TARGETED, IMPLIES_TARGETED), (EventKind.SENT, IMPLIES_SENT)):
        if row.flags & bit:
            yield _Seen(row.ts, kind, None, *place, row.flags & TEST, row)


def _value(row: EventRow, facet: FacetName) -> int:
    return {FacetName.REASON: row.reason, FacetName.DOMAIN: row.domain, FacetName.PLATFORM: row.platform}[
        facet
    ]


def _top_values(
    facet: FacetName, kind: str, step_id: int, values: Mapping[str | None, int]
) -> Iterator[FacetTally]:
    ordered = sorted(values.items(), key=lambda item: (-item[1], item[0] or ""))
    for value, n in ordered[:MOST_VALUES]:
        yield FacetTally(facet=facet, kind=kind, step_id=step_id, value=value, n=n)
    rest = sum(n for _, n in ordered[MOST_VALUES:])
    if rest:
        yield FacetTally(facet=facet, kind=kind, step_id=step_id, value=None, n=rest, rest=True)


def _of_kinds(rows: Iterable[StepRow], kinds: Sequence[StepKind]) -> Iterator[StepRow]:
    return (row for row in rows if STEP_KINDS[row.kind - 1] in kinds)


def _contacts(rows: Iterable[StepRow], kinds: Sequence[StepKind]) -> set[int]:
    return {row.contact for row in _of_kinds(rows, kinds) if row.contact is not None}


def _runs(rows: Iterable[StepRow], kinds: Sequence[StepKind]) -> set[tuple[object, ...]]:
    return {(row.contact, row.run) if row.run else ("row", row.ts, row.h) for row in _of_kinds(rows, kinds)}
