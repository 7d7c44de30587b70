"""The counts that alerts look at, for all subjects at once.

However many scenarios and campaigns there are, there is one statement for the last hour, and one for each
block and edge of the window: rollups by seeks of the subjects' own, rows by the index on kind and time.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator

from backend.facts import IMPLIES_SENT, IMPLYING_SENT, TEST
from backend.model import DAY_MS, Channel, EventKind, Subject, SubjectKind, Window
from backend.reports.alert_counts import (
    LIVE_KINDS,
    MARKED,
    STEP_MS,
    WINDOW_KINDS,
    AlertCounts,
    SubjectCounts,
    hour_of,
    is_live,
)
from backend.sources.sqlite.json_text import as_json
from backend.sources.sqlite.overview import read_catalog
from backend.sources.sqlite.schema import (
    CHANNELS,
    EVENT_CODE,
    EVENT_KINDS,
    STEP_CODE,
    STEP_KINDS,
    Facet,
    RollupFlag,
    Word,
)
from backend.sources.sqlite.slicing import Block, split
from backend.sources.sqlite.subject_facts import PLACES, UNCOUNTED, pruned_before_ms
from backend.sources.sqlite.subject_rows import one_read

Handle = tuple[SubjectKind, int]
Sums = dict[str, int]

KINDS = (SubjectKind.SCENARIO, SubjectKind.CAMPAIGN)
METRIC_OF_STEP = {kind: metric for metric, kinds in LIVE_KINDS.items() for kind in kinds}
METRIC_OF_EVENT = {kind: metric for metric, kind in WINDOW_KINDS.items()}


def _codes(codes: Iterable[int]) -> str:
    return ", ".join(str(code) for code in sorted(codes))


STEP_CODES = _codes(STEP_CODE[kind] for kind in {*METRIC_OF_STEP, *MARKED})
EVENT_CODES = _codes(EVENT_CODE[kind] for kind in METRIC_OF_EVENT)
EDGE_CODES = _codes({*(EVENT_CODE[kind] for kind in METRIC_OF_EVENT), *IMPLYING_SENT})
MARKED_SQL = " OR ".join(
    f"kind = {STEP_CODE[kind]} AND reason_id IN (SELECT id FROM word WHERE kind = {Word.REASON:d}"
    f" AND text >= '{first}' AND text < '{beyond}')"
    for kind, (_, (first, beyond)) in MARKED.items()
)
STEPS_SQL = (
    f"SELECT scenario_id, kind, (ts - :first) / :step, ts >= :since, {MARKED_SQL}, count(*)"
    " FROM scenario_log INDEXED BY scenario_kind"
    f" WHERE kind IN ({STEP_CODES}) AND ts >= :start AND ts < :end AND NOT flags & :left_out"
    " GROUP BY 1, 2, 3, 4, 5"
)
KEPT_SQL = (
    "SELECT r.subject_id, r.channel, r.kind, sum(r.n) FROM json_each(?) AS live CROSS JOIN rollup AS r"
    " WHERE r.subject = ? AND r.subject_id = live.value AND r.facet = ? AND r.grain = ?"
    f" AND r.bucket >= ? AND r.bucket < ? AND r.kind IN ({EVENT_CODES}) AND NOT r.flags & ?"
    " GROUP BY 1, 2, 3"
)
EDGE_SQL = (
    "SELECT scenario_id, campaign_id, coalesce(channel, 0), kind, flags & ? <> 0, count(*)"
    f" FROM event_log INDEXED BY event_kind WHERE kind IN ({EDGE_CODES}) AND ts >= ? AND ts < ?"
    " AND NOT flags & ? GROUP BY 1, 2, 3, 4, 5"
)


def read_alert_counts(connection: sqlite3.Connection, now_ms: int) -> AlertCounts:
    with one_read(connection):
        subjects = [
            subject
            for kind in KINDS
            for subject in read_catalog(connection, kind)
            if is_live(subject, now_ms)
        ]
        now, steps = _steps(connection, now_ms)
        channels = _channels(connection, subjects, now_ms)
    return AlertCounts(
        now_ms=now_ms,
        subjects=tuple(
            SubjectCounts(
                subject=subject,
                now=now.get(_handle(subject), {}),
                steps=steps.get(_handle(subject), {}),
                channels=channels.get(_handle(subject), {}),
            )
            for subject in subjects
        ),
    )


def _handle(subject: Subject) -> Handle:
    return subject.kind, subject.id


def _steps(
    connection: sqlite3.Connection, now_ms: int
) -> tuple[dict[Handle, Sums], dict[Handle, dict[int, Sums]]]:
    """Scenario -> counts of the last five minutes; scenario -> start of each five minutes -> counts."""
    hour = hour_of(now_ms)
    first = hour.start_ms - hour.start_ms % STEP_MS
    now: dict[Handle, Sums] = defaultdict(lambda: defaultdict(int))
    steps: dict[Handle, dict[int, Sums]] = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
    values = {
        "first": first,
        "step": STEP_MS,
        "since": now_ms - STEP_MS,
        "start": hour.start_ms,
        "end": hour.end_ms,
        "left_out": UNCOUNTED | TEST,
    }
    for scenario, code, place, is_now, is_marked, n in connection.execute(STEPS_SQL, values):
        handle, kind = (SubjectKind.SCENARIO, scenario), STEP_KINDS[code - 1]
        metrics = [METRIC_OF_STEP[kind]] if kind in METRIC_OF_STEP else []
        metrics += [MARKED[kind][0]] if is_marked else []
        if not metrics:
            continue
        found = [steps[handle][first + place * STEP_MS], *([now[handle]] if is_now else [])]
        for sums in found:
            for metric in metrics:
                sums[metric] += n
    return now, {handle: dict(by_start) for handle, by_start in steps.items()}


def _channels(
    connection: sqlite3.Connection, subjects: Iterable[Subject], now_ms: int
) -> dict[Handle, dict[Channel, Sums]]:
    """Subject -> channel -> counts of the last 24 hours."""
    live = [_handle(subject) for subject in subjects]
    sums: dict[Handle, dict[Channel, Sums]] = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
    edges, blocks = split(Window(now_ms - DAY_MS, now_ms), None, pruned_before_ms(connection.execute))
    for block in blocks:
        for handle, channel, metric, n in _kept(connection, live, block):
            sums[handle][channel][metric] += n
    for edge in edges:
        for handle, channel, metric, n in _at_edge(connection, edge):
            sums[handle][channel][metric] += n
    return sums


Found = tuple[Handle, Channel, str, int]


def _kept(connection: sqlite3.Connection, live: Iterable[Handle], block: Block) -> Iterator[Found]:
    grain, start, end = block
    for kind in KINDS:
        handles = as_json([handle for of_kind, handle in live if of_kind is kind])
        for handle, channel, event, n in connection.execute(
            KEPT_SQL,
            (handles, PLACES[kind].code, Facet.EVENT, grain, start, end, RollupFlag.TEST),
        ):
            if channel:
                yield (kind, handle), CHANNELS[channel - 1], METRIC_OF_EVENT[EVENT_KINDS[event - 1]], n


def _at_edge(connection: sqlite3.Connection, edge: Window) -> Iterator[Found]:
    for scenario, campaign, channel, event, implies_sent, n in connection.execute(
        EDGE_SQL, (IMPLIES_SENT, edge.start_ms, edge.end_ms, UNCOUNTED | TEST)
    ):
        kind = EVENT_KINDS[event - 1]
        metrics = [METRIC_OF_EVENT[kind]] if kind in METRIC_OF_EVENT else []
        metrics += [METRIC_OF_EVENT[EventKind.SENT]] if implies_sent else []
        for of_kind, handle in ((SubjectKind.SCENARIO, scenario), (SubjectKind.CAMPAIGN, campaign)):
            if handle is not None and channel:
                for metric in metrics:
                    yield (of_kind, handle), CHANNELS[channel - 1], metric, n
