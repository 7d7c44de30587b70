"""What a report tab needs, read from a store in one read transaction.

Whole hours and days come from rollups, the two edges of the window from rows by the subject's index, so a
count is exact to the millisecond and costs what the window costs. Distinct contacts and runs come from rows
by index. The parts of a row that count are decided in `rollups`, here as there.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import msgspec

from backend.counts import (
    MOST_VALUES,
    CountFlag,
    Counts,
    FacetName,
    FacetTally,
    Need,
    Span,
    Tally,
    day_before,
    first_step,
    graph_step,
    is_live,
    live_window,
)
from backend.facts import FIRST, IMPLIES_SENT, IMPLIES_TARGETED, MACHINE, TEST
from backend.model import DAY_MS, HOUR_MS, Channel, EventKind, LogName, Subject, Window
from backend.reports import need_of, report_kind, tab_of
from backend.sources.sqlite.rollups import Count, event_counts
from backend.sources.sqlite.schema import (
    CHANNEL_CODE,
    CHANNELS,
    CLASSES,
    EVENT_CODE,
    EVENT_KINDS,
    STEP_KINDS,
    Facet,
    Grain,
)
from backend.sources.sqlite.slicing import Block, split
from backend.sources.sqlite.subject_facts import ALL_EVENTS, ALL_STEPS, PLACES, UNCOUNTED, SubjectFacts

TELLING = MACHINE | TEST | FIRST | IMPLIES_TARGETED | IMPLIES_SENT
"""Bits of a row's flags that decide what it counts as."""
GRAIN_MS = {Grain.HOUR: HOUR_MS, Grain.DAY: DAY_MS}
WHOLE = 1 << 62
"""A step so long that a window is one."""
FACETS = {
    FacetName.REASON: Facet.EVENT_REASON,
    FacetName.DOMAIN: Facet.EVENT_DOMAIN,
    FacetName.PLATFORM: Facet.EVENT_PLATFORM,
}


class _Alike(msgspec.Struct, gc=False):
    """Rows of the event log that are alike in what counting looks at."""

    place: int
    kind: int
    bounce_class: int
    channel: int
    origin: int
    flags: int
    delivery_id: int | None
    step_id: int | None
    reason: int
    domain: int
    platform: int
    n: int
    ts: int = 0
    url: int = 0
    scenario_id: int | None = None
    campaign_id: int | None = None


def read_counts(
    connection: sqlite3.Connection,
    subject: Subject,
    tab: str,
    window: Window | None = None,
    *,
    include_test: bool = False,
    step_id: int | None = None,
    now_ms: int,
) -> Counts:
    """The tab's counts in the window, or without one in 24 hours up to now (`counts.live_window`).

    Raises: UsageError for a tab that the subject's report has not.
    """
    need = need_of(tab_of(subject, tab))
    with _one_read(connection):
        reading = _Reading(connection, subject, need, include_test, now_ms)
        reading.only_step(step_id)
        return reading.counts(tab, window)


@contextmanager
def _one_read(connection: sqlite3.Connection) -> Iterator[None]:
    if connection.in_transaction:
        yield
        return
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("COMMIT")


class _Reading:
    """One read of one subject; everything it does happens inside the caller's transaction."""

    def __init__(
        self, connection: sqlite3.Connection, subject: Subject, need: Need, include_test: bool, now_ms: int
    ) -> None:
        self._rows = connection.execute
        self._subject = subject
        self._place = PLACES[subject.kind]
        self._need = need
        self._now_ms = now_ms
        self._include_test = include_test and report_kind(subject).test_switch
        self._facts = SubjectFacts(connection, subject, need, include_test=self._include_test)
        self._pruned_ms = self._facts.pruned_ms()
        self._step_id: int | None = None
        self._at_step = ""
        """Condition on rows and rollups alike; "" for all steps."""

    def only_step(self, step_id: int | None) -> None:
        """Count only what happened at a step; None: everything."""
        self._step_id = step_id
        self._at_step = "" if step_id is None else f" AND step_id = {int(step_id)}"
        self._facts.at_step = self._at_step

    def counts(self, tab: str, window: Window | None) -> Counts:
        newest = self._facts.newest()
        newest_ms, received_ms = max(newest.values(), default=(None, None))
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
            step_id=self._step_id,
            step_ms=step_ms,
            newest_ms=newest_ms,
            received_ms=received_ms,
            current=current,
            previous=self._span(window.before(), None),
            day=self._step_tallies(day_before(window), None) if self._need.scenario_log else (),
            facets=tuple(self._facets(window)),
            inside=self._facts.inside(),
            steps=self._facts.steps(),
            deliveries=self._facts.deliveries(current.tallies),
            known=self._facts.known(newest, current.tallies),
        )

    def _span(self, window: Window, step_ms: int | None) -> Span:
        return Span(
            window=window,
            tallies=self._tallies(window, step_ms),
            distinct=self._facts.distinct(window),
            cohort=self._facts.cohort(window, self._now_ms),
        )

    # --- rows in buckets -----------------------------------------------------------------------------

    def _tallies(self, window: Window, step_ms: int | None) -> tuple[Tally, ...]:
        steps = self._step_tallies(window, step_ms) if self._need.scenario_log else ()
        return steps + (self._event_tallies(window, step_ms) if self._need.channel else ())

    def _event_tallies(self, window: Window, step_ms: int | None) -> tuple[Tally, ...]:
        sums: dict[tuple[int, Count], int] = defaultdict(int)
        edges, blocks = split(window, step_ms, self._pruned_ms)
        first = first_step(window, step_ms) if step_ms else window.start_ms
        step = step_ms or WHOLE
        for block in blocks:
            for place, count, n in self._rollup(Facet.EVENT, block, first, step):
                sums[place, count] += n
        for edge in edges:
            for alike in self._alike_rows(edge, first, step):
                for count in event_counts(alike):
                    if count[0] == Facet.EVENT:
                        sums[alike.place, count] += alike.n
        return tuple(
            _event_tally(first + place * step, count, n)
            for (place, count), n in sums.items()
            if self._shows(count)
        )

    def _shows(self, count: Count) -> bool:
        kind, channel, flags = EVENT_KINDS[count[1] - 1], count[3], count[6]
        if kind not in self._need.kinds or (flags & CountFlag.TEST and not self._include_test):
            return False
        return kind in self._need.any_channel or channel == CHANNEL_CODE[self._channel]

    @property
    def _channel(self) -> Channel:
        assert self._need.channel is not None
        return self._need.channel

    def _step_tallies(self, window: Window, step_ms: int | None) -> tuple[Tally, ...]:
        sums: dict[tuple[int, int, int, int], int] = defaultdict(int)
        edges, blocks = split(window, step_ms, self._pruned_ms)
        first = first_step(window, step_ms) if step_ms else window.start_ms
        step = step_ms or WHOLE
        for block in blocks:
            for place, count, n in self._rollup(Facet.STEP, block, first, step):
                sums[place, count[1], count[5], count[6]] += n
        for edge in edges:
            for place, kind, step_id, flags, n in self._rows(
                "SELECT (ts - ?) / ?, kind, coalesce(step_id, 0), flags & ?, count(*)"
                " FROM scenario_log INDEXED BY scenario_scenario"
                f" WHERE scenario_id = ? AND kind IN ({ALL_STEPS}) AND ts >= ? AND ts < ?"
                f" AND NOT flags & ?{self._at_step} GROUP BY 1, 2, 3, 4",
                (
                    *(first, step, TEST, self._subject.id, edge.start_ms, edge.end_ms),
                    UNCOUNTED,
                ),
            ):
                sums[place, kind, step_id, flags] += n
        return tuple(
            Tally(
                bucket_ms=first + place * step,
                log=LogName.SCENARIO,
                kind=STEP_KINDS[kind - 1],
                step_id=step_id,
                flags=flags,
                n=n,
            )
            for (place, kind, step_id, flags), n in sums.items()
            if self._include_test or not flags & TEST
        )

    def _rollup(
        self, facet: Facet, block: Block, first_ms: int, step_ms: int
    ) -> Iterator[tuple[int, Count, int]]:
        grain, start, end = block
        for place, *count, n in self._rows(
            "SELECT (bucket * ? - ?) / ?, kind, class, channel, delivery_id, step_id, flags, sum(n)"
            " FROM rollup WHERE subject = ? AND subject_id = ? AND facet = ? AND grain = ?"
            f" AND bucket >= ? AND bucket < ?{self._at_step} GROUP BY 1, 2, 3, 4, 5, 6, 7",
            (
                *(GRAIN_MS[grain], first_ms, step_ms),
                *(self._place.code, self._subject.id, facet, grain, start, end),
            ),
        ):
            kind, bounce_class, channel, delivery, step, flags = count
            yield place, (facet, kind, bounce_class, channel, delivery, step, flags, 0), n

    def _alike_rows(self, edge: Window, first_ms: int, step_ms: int) -> Iterator[_Alike]:
        """Counted rows of the event log at an edge of the window, by delivery and step."""
        columns = "coalesce(delivery_id, 0), coalesce(step_id, 0), 0, 0, 0"
        return self._edge_rows(columns, "1, 2, 3, 4, 5, 6, 7, 8", edge, first_ms, step_ms)

    def _alike_values(self, edge: Window) -> Iterator[_Alike]:
        """Counted rows of the event log at an edge of the window, by reason, domain and platform."""
        columns = "0, 0, coalesce(reason_id, 0), coalesce(domain_id, 0), coalesce(platform_id, 0)"
        return self._edge_rows(columns, "2, 3, 4, 6, 9, 10, 11", edge, edge.start_ms, WHOLE)

    def _edge_rows(
        self, columns: str, groups: str, edge: Window, first_ms: int, step_ms: int
    ) -> Iterator[_Alike]:
        place = self._place
        for row in self._rows(
            "SELECT (ts - ?) / ?, kind, coalesce(class, 0), coalesce(channel, 0), coalesce(origin, 0),"
            f" flags & ?, {columns}, count(*) FROM event_log INDEXED BY {place.index}"
            f" WHERE {place.column} = ? AND kind IN ({ALL_EVENTS}) AND ts >= ? AND ts < ?"
            f" AND NOT flags & ?{self._at_step} GROUP BY {groups}",
            (first_ms, step_ms, TELLING, self._subject.id, edge.start_ms, edge.end_ms, UNCOUNTED),
        ):
            yield _Alike(*row)

    # --- rows by reason, domain, platform ------------------------------------------------------------

    def _facets(self, window: Window) -> Iterator[FacetTally]:
        if not self._need.facets:
            return
        sums: dict[tuple[FacetName, int], dict[int, int]] = defaultdict(lambda: defaultdict(int))
        edges, blocks = split(window, None, self._pruned_ms)
        for facet, kinds in self._need.facets.items():
            codes = {EVENT_CODE[EventKind(kind)] for kind in kinds}
            for block in blocks:
                for kind, value, n in self._rollup_values(FACETS[facet], codes, block):
                    sums[facet, kind][value] += n
        for edge in edges:
            for facet, kind, value, n in self._edge_values(edge):
                sums[facet, kind][value] += n
        words = self._facts.words(value for values in sums.values() for value in values)
        for (facet, kind), values in sorted(sums.items()):
            yield from _top_values(facet, EVENT_KINDS[kind - 1], values, words)

    def _rollup_values(
        self, facet: Facet, codes: Iterable[int], block: Block
    ) -> Iterator[tuple[int, int, int]]:
        grain, start, end = block
        kinds = ", ".join(str(code) for code in sorted(codes))
        yield from self._rows(
            "SELECT kind, value_id, sum(n) FROM rollup WHERE subject = ? AND subject_id = ? AND facet = ?"
            f" AND grain = ? AND bucket >= ? AND bucket < ? AND kind IN ({kinds})"
            f" AND channel = ? AND NOT flags & ?{self._at_step} GROUP BY 1, 2",
            (
                *(self._place.code, self._subject.id, facet, grain, start, end),
                *(CHANNEL_CODE[self._channel], self._value_mask),
            ),
        )

    @property
    def _value_mask(self) -> int:
        return CountFlag.MACHINE if self._include_test else CountFlag.MACHINE | CountFlag.TEST

    def _edge_values(self, edge: Window) -> Iterator[tuple[FacetName, int, int, int]]:
        names = {FACETS[facet]: facet for facet in self._need.facets}
        for alike in self._alike_values(edge):
            if alike.channel != CHANNEL_CODE[self._channel]:
                continue
            for facet, kind, _, _, _, _, flags, value in event_counts(alike):
                name = names.get(Facet(facet))
                if name and EVENT_KINDS[kind - 1] in self._need.facets[name] and not flags & self._value_mask:
                    yield name, kind, value, alike.n


def _event_tally(bucket_ms: int, count: Count, n: int) -> Tally:
    _, kind, bounce_class, channel, delivery, step, flags, _ = count
    return Tally(
        bucket_ms=bucket_ms,
        log=LogName.EVENT,
        kind=EVENT_KINDS[kind - 1],
        bounce_class=CLASSES[bounce_class - 1] if bounce_class else None,
        channel=CHANNELS[channel - 1] if channel else None,
        delivery_id=delivery,
        step_id=step,
        flags=flags,
        n=n,
    )


def _top_values(
    facet: FacetName, kind: str, values: Mapping[int, int], words: Mapping[int, str]
) -> Iterator[FacetTally]:
    ordered = sorted(values.items(), key=lambda item: (-item[1], words.get(item[0], "")))
    for value, n in ordered[:MOST_VALUES]:
        yield FacetTally(facet=facet, kind=kind, value=words.get(value), n=n)
    rest = sum(n for _, n in ordered[MOST_VALUES:])
    if rest:
        yield FacetTally(facet=facet, kind=kind, value=None, n=rest, rest=True)
