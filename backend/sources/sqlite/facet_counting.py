"""Rows of a window broken down by reason, domain, platform or origin: rollups inside it, rows at its edges.

A tab shows rows of one log: of the scenario log where it needs that, else of the event log.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

from backend.model import EventKind, StepKind, Window
from backend.reports.counts import MOST_VALUES, CountFlag, FacetName, FacetTally
from backend.sources.sqlite.rollups import event_counts
from backend.sources.sqlite.schema import CHANNEL_CODE, EVENT_CODE, EVENT_KINDS, STEP_CODE, STEP_KINDS, Facet
from backend.sources.sqlite.slicing import Block, split
from backend.sources.sqlite.subject_rows import Alike, SubjectRows

OF_EVENTS = {
    FacetName.REASON: Facet.EVENT_REASON,
    FacetName.DOMAIN: Facet.EVENT_DOMAIN,
    FacetName.PLATFORM: Facet.EVENT_PLATFORM,
}
OF_STEPS = {
    FacetName.REASON: Facet.STEP_REASON,
    FacetName.REASON_OF_STEP: Facet.STEP_REASON,
    FacetName.ORIGIN: Facet.STEP_ORIGIN,
}
EDGE_COLUMN = {Facet.STEP_REASON: "reason_id", Facet.STEP_ORIGIN: "origin_id"}

Found = tuple[int, int, int, int]
"""kind, step_id (0 where steps are not told apart), value_id, n"""


def count_facets(
    rows: SubjectRows, window: Window, words: Callable[[Iterable[int]], Mapping[int, str]]
) -> Iterator[FacetTally]:
    """All that the tab breaks down. words: the texts behind the ids of values."""
    sums: dict[tuple[FacetName, str, int], dict[int, int]] = defaultdict(lambda: defaultdict(int))
    is_scenario = rows.need.scenario_log
    edges = [] if is_scenario else _edge_rows(rows, window)
    for facet, kinds in rows.need.facets.items():
        found = (
            _step_values(rows, window, facet, kinds)
            if is_scenario
            else _event_values(rows, window, facet, kinds, edges)
        )
        for kind, step_id, value, n in found:
            name = STEP_KINDS[kind - 1] if is_scenario else EVENT_KINDS[kind - 1]
            sums[facet, name, step_id][value] += n
    texts = words({value for values in sums.values() for value in _in_front(values)})
    for (facet, kind_name, step_id), values in sorted(sums.items()):
        yield from _top_values(facet, kind_name, step_id, values, texts)


def _edge_rows(rows: SubjectRows, window: Window) -> list[Alike]:
    """What can have a value of any facet at the window's edges, read once for all of them."""
    kinds = {EVENT_CODE[EventKind(kind)] for names in rows.need.facets.values() for kind in names}
    if FacetName.PLATFORM in rows.need.facets:  # a row of any kind may stand for its sending as well
        kinds = set(EVENT_CODE.values())
    edges, _ = split(window, None, rows.pruned_ms)
    if not kinds:
        return []
    return [alike for edge in edges for alike in rows.alike_values(edge, _codes(kinds))]


def _event_values(
    rows: SubjectRows, window: Window, facet: FacetName, kinds: frozenset[str], edges: Iterable[Alike]
) -> Iterator[Found]:
    _, blocks = split(window, None, rows.pruned_ms)
    channel = CHANNEL_CODE[rows.channel]
    left_out = rows.test_mask | CountFlag.MACHINE
    codes = {EVENT_CODE[EventKind(kind)] for kind in kinds}
    for block in blocks:
        yield from _kept(rows, OF_EVENTS[facet], codes, block, channel, left_out, "0")
    for alike in edges:
        if alike.channel != channel:
            continue
        for of_facet, kind, _, _, _, _, flags, value in event_counts(alike):
            if of_facet == OF_EVENTS[facet] and kind in codes and not flags & left_out:
                yield kind, 0, value, alike.n


def _step_values(
    rows: SubjectRows, window: Window, facet: FacetName, kinds: frozenset[str]
) -> Iterator[Found]:
    edges, blocks = split(window, None, rows.pruned_ms)
    kept_as = OF_STEPS[facet]
    codes = {STEP_CODE[StepKind(kind)] for kind in kinds}
    step = "step_id" if facet is FacetName.REASON_OF_STEP else "0"
    for block in blocks:
        yield from _kept(rows, kept_as, codes, block, 0, rows.test_mask, step)
    column = EDGE_COLUMN[kept_as]
    for edge in edges:
        yield from rows.execute(
            f"SELECT kind, coalesce({step}, 0), coalesce({column}, 0), count(*)"
            " FROM scenario_log INDEXED BY scenario_scenario WHERE scenario_id = ?"
            f" AND kind IN ({_codes(codes)}) AND ts >= ? AND ts < ? AND NOT flags & ?{rows.at_step}"
            " GROUP BY 1, 2, 3",
            (rows.subject.id, edge.start_ms, edge.end_ms, rows.left_out),
        )


def _kept(
    rows: SubjectRows, facet: Facet, codes: set[int], block: Block, channel: int, left_out: int, step: str
) -> Iterator[Found]:
    grain, start, end = block
    alike = (
        "value_id * 64 + kind" if step == "0" else "1, 2, 3"
    )  # one number is sorted in two thirds of the time
    yield from rows.execute(
        f"SELECT kind, {step}, value_id, sum(n) FROM rollup WHERE subject = ? AND subject_id = ?"
        f" AND facet = ? AND grain = ? AND bucket >= ? AND bucket < ? AND kind IN ({_codes(codes)})"
        f" AND channel = ? AND NOT flags & ?{rows.at_step} GROUP BY {alike}",
        (rows.place.code, rows.subject.id, facet, grain, start, end, channel, left_out),
    )


def _codes(codes: Iterable[int]) -> str:
    return ", ".join(str(code) for code in sorted(codes))


def _in_front(values: Mapping[int, int]) -> Iterator[int]:
    """The values that may be among the first MOST_VALUES, whatever their texts are."""
    least = sorted(values.values(), reverse=True)[:MOST_VALUES][-1]
    return (value for value, n in values.items() if n >= least)


def _top_values(
    facet: FacetName, kind: str, step_id: int, values: Mapping[int, int], words: Mapping[int, str]
) -> Iterator[FacetTally]:
    ordered = sorted(values.items(), key=lambda item: (-item[1], words.get(item[0], "")))
    for value, n in ordered[:MOST_VALUES]:
        yield FacetTally(facet=facet, kind=kind, step_id=step_id, value=words.get(value), n=n)
    rest = sum(n for _, n in ordered[MOST_VALUES:])
    if rest:
        yield FacetTally(facet=facet, kind=kind, step_id=step_id, value=None, n=rest, rest=True)
