"""What a report tab needs, read from a store in one read transaction.

Whole hours and days come from rollups, the two edges of the window from rows by the subject's index, so a
count is exact to the millisecond and costs what the window costs. Distinct contacts and runs come from rows
by index. The parts of a row that count are decided in `rollups`, here as there.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator

from backend.facts import TEST
from backend.model import DAY_MS, HOUR_MS, LogName, Subject, Window
from backend.reports.counts import (
    CountFlag,
    Counts,
    Need,
    Span,
    Tally,
    day_before,
    first_step,
    graph_step,
    is_live,
    live_window,
)
from backend.reports.report import need_of, report_kind, tab_of
from backend.sources.sqlite.facet_counting import count_facets
from backend.sources.sqlite.rollups import Count, event_counts
from backend.sources.sqlite.schema import (
    CHANNEL_CODE,
    CHANNELS,
    CLASSES,
    EVENT_KINDS,
    STEP_KINDS,
    Facet,
    Grain,
)
from backend.sources.sqlite.slicing import Block, split
from backend.sources.sqlite.subject_facts import ALL_STEPS, PLACES, UNCOUNTED, SubjectFacts
from backend.sources.sqlite.subject_rows import WHOLE, SubjectRows, one_read

GRAIN_MS = {Grain.HOUR: HOUR_MS, Grain.DAY: DAY_MS}


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
    with one_read(connection):
        return _Reading(connection, subject, need, include_test, step_id, now_ms).counts(tab, window)


class _Reading:
    """One read of one subject; everything it does happens inside the caller's transaction."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        subject: Subject,
        need: Need,
        include_test: bool,
        step_id: int | None,
        now_ms: int,
    ) -> None:
        include_test = include_test and report_kind(subject).test_switch
        self._now_ms = now_ms
        self._facts = SubjectFacts(connection, subject, need, include_test=include_test)
        self._of = SubjectRows(
            execute=connection.execute,
            subject=subject,
            place=PLACES[subject.kind],
            need=need,
            include_test=include_test,
            step_id=step_id,
            pruned_ms=self._facts.pruned_ms(),
        )
        self._facts.at_step = self._of.at_step

    def counts(self, tab: str, window: Window | None) -> Counts:
        newest = self._facts.newest()
        newest_ms, received_ms = max(newest.values(), default=(None, None))
        if window is None:
            window, _ = live_window(newest_ms, self._now_ms)
        step_ms = graph_step(window)
        current = self._span(window, step_ms)
        steps = self._facts.steps()
        return Counts(
            subject=self._of.subject,
            tab=tab,
            now_ms=self._now_ms,
            live=is_live(window, newest_ms, self._now_ms),
            include_test=self._of.include_test,
            step_id=self._of.step_id,
            step_ms=step_ms,
            newest_ms=newest_ms,
            received_ms=received_ms,
            current=current,
            previous=self._span(window.before(), None),
            day=self._step_tallies(day_before(window), None) if self._of.need.scenario_log else (),
            facets=tuple(count_facets(self._of, window, self._facts.words)),
            inside=self._facts.inside(),
            steps=steps,
            passed=self._facts.passed(steps, window) if self._of.step_id is None else (),
            deliveries=self._facts.deliveries(current.tallies),
            known=self._facts.known(newest, current.tallies, window),
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
        steps = self._step_tallies(window, step_ms) if self._of.need.scenario_log else ()
        return steps + (self._event_tallies(window, step_ms) if self._of.need.channel else ())

    def _event_tallies(self, window: Window, step_ms: int | None) -> tuple[Tally, ...]:
        sums: dict[tuple[int, Count], int] = defaultdict(int)
        edges, blocks = split(window, step_ms, self._of.pruned_ms)
        first = first_step(window, step_ms) if step_ms else window.start_ms
        step = step_ms or WHOLE
        for block in blocks:
            for place, count, n in self._rollup(Facet.EVENT, block, first, step):
                sums[place, count] += n
        for edge in edges:
            for alike in self._of.alike_rows(edge, first, step):
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
        if kind not in self._of.need.kinds or (flags & CountFlag.TEST and not self._of.include_test):
            return False
        return kind in self._of.need.any_channel or channel == CHANNEL_CODE[self._of.channel]

    def _step_tallies(self, window: Window, step_ms: int | None) -> tuple[Tally, ...]:
        sums: dict[tuple[int, int, int, int], int] = defaultdict(int)
        edges, blocks = split(window, step_ms, self._of.pruned_ms)
        first = first_step(window, step_ms) if step_ms else window.start_ms
        step = step_ms or WHOLE
        for block in blocks:
            for place, count, n in self._rollup(Facet.STEP, block, first, step):
                sums[place, count[1], count[5], count[6]] += n
        for edge in edges:
            for place, kind, step_id, flags, n in self._of.execute(
                "SELECT (ts - ?) / ?, kind, coalesce(step_id, 0), flags & ?, count(*)"
                " FROM scenario_log INDEXED BY scenario_scenario"
                f" WHERE scenario_id = ? AND kind IN ({ALL_STEPS}) AND ts >= ? AND ts < ?"
                f" AND NOT flags & ?{self._of.at_step} GROUP BY 1, 2, 3, 4",
                (
                    *(first, step, TEST, self._of.subject.id, edge.start_ms, edge.end_ms),
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
            if self._of.include_test or not flags & TEST
        )

    def _rollup(
        self, facet: Facet, block: Block, first_ms: int, step_ms: int
    ) -> Iterator[tuple[int, Count, int]]:
        grain, start, end = block
        for place, *count, n in self._of.execute(
            "SELECT (bucket * ? - ?) / ?, kind, class, channel, delivery_id, step_id, flags, sum(n)"
            " FROM rollup WHERE subject = ? AND subject_id = ? AND facet = ? AND grain = ?"
            f" AND bucket >= ? AND bucket < ?{self._of.at_step} GROUP BY 1, 2, 3, 4, 5, 6, 7",
            (
                *(GRAIN_MS[grain], first_ms, step_ms),
                *(self._of.place.code, self._of.subject.id, facet, grain, start, end),
            ),
        ):
            kind, bounce_class, channel, delivery, step, flags = count
            yield place, (facet, kind, bounce_class, channel, delivery, step, flags, 0), n


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
