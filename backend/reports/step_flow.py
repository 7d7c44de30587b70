"""A scenario's path: the order of its steps, and how many are lost from one to the next. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import groupby, pairwise, product

import msgspec

from backend.reports.counts import Passage, StepName
from backend.reports.metrics import COMPLETING, LEAVING

PASSING = (*COMPLETING, *LEAVING)
"""Kinds whose newest rows tell which runs to look at for the order of steps."""
CLEARLY = 2
"""So many times as many runs pass two steps in one order as in the other where it is the order at all."""
RARE = 20
"""A way that fewer than one in so many runs take from a step is no link of the path."""


def are_placed(steps: Sequence[StepName]) -> bool:
    """Whether a definition says anything of where the steps stand."""
    return any(step.position is not None or step.following for step in steps)


def passages(visits: Iterable[tuple[Hashable, int, int]]) -> tuple[Passage, ...]:
    """From (run, step, time) of rows: how often runs came to one step and next to another, at the first row
    of each. Steps that a run came to at one time tell nothing of each other."""
    first: dict[Hashable, dict[int, int]] = defaultdict(dict)
    for run, step, at_ms in visits:
        seen = first[run]
        seen[step] = min(at_ms, seen.get(step, at_ms))
    found: Counter[tuple[int, int]] = Counter()
    for seen in first.values():
        in_order = sorted(seen, key=lambda step: seen[step])
        moments = [list(steps) for _, steps in groupby(in_order, key=lambda step: seen[step])]
        for earlier, later in pairwise(moments):
            found.update(product(earlier, later))
    return tuple(
        Passage(before=before, after=after, runs=runs) for (before, after), runs in sorted(found.items())
    )


def as_passed(steps: Sequence[StepName], passed: Iterable[Passage]) -> list[StepName]:
    """The steps, linked as runs passed them where no definition places any; those in no run with another
    stay without a link."""
    if are_placed(steps):
        return list(steps)
    runs = {(one.before, one.after): one.runs for one in passed}
    left: Counter[int] = Counter()
    for (before, _), n in runs.items():
        left[before] += n
    following: dict[int, set[int]] = {step: set() for pair in runs for step in pair}
    for (before, after), n in runs.items():
        if n >= CLEARLY * runs.get((after, before), 0) and n * RARE >= left[before]:
            following[before].add(after)
    return [
        msgspec.structs.replace(step, following=tuple(sorted(following[step.id])))
        if step.id in following
        else step
        for step in steps
    ]


def unplaced(steps: Sequence[StepName]) -> list[StepName]:
    """The steps of which nothing tells where they stand among the others."""
    led_to = {other for step in steps for other in step.following or ()}
    return [step for step in steps if step.position is None and not step.following and step.id not in led_to]


def order_steps(steps: Iterable[StepName], rows: Mapping[int, int]) -> list[StepName]:
    """By place in the definition; steps without one behind them, by how far they are from the path's start;
    those that nothing links to another last. Of equal ones that with most rows first.

    rows: step -> how many rows it has.
    """
    listed = list(steps)
    depths = _depths(listed)
    nowhere = {step.id for step in unplaced(listed)}
    return sorted(
        listed,
        key=lambda step: (
            step.position is None,
            step.position or 0,
            step.id in nowhere,
            depths.get(step.id, 0),
            -rows.get(step.id, 0),
            step.name,
            step.key,
        ),
    )


def _depths(steps: Sequence[StepName]) -> dict[int, int]:
    """Steps before each, on the longest way from a start; those on a circle come last."""
    waiting_for = dict.fromkeys((step.id for step in steps), 0)
    following = {step.id: [other for other in step.following or () if other in waiting_for] for step in steps}
    for others in following.values():
        for other in others:
            waiting_for[other] += 1
    depths = {step: 0 for step, count in waiting_for.items() if not count}
    ready = list(depths)
    for step in ready:
        for other in following[step]:
            depths[other] = max(depths.get(other, 0), depths[step] + 1)
            waiting_for[other] -= 1
            if not waiting_for[other]:
                ready.append(other)
    last = max((depths[step] for step in ready), default=0) + 1
    return {step: depths[step] if step in ready else last for step in waiting_for}


def branches(steps: Sequence[StepName]) -> frozenset[int]:
    """Steps that are one of several that may follow the same step."""
    return frozenset(
        other for step in steps if len(step.following or ()) > 1 for other in step.following or ()
    )


def drops(order: Sequence[StepName], completed: Mapping[int, int], entries: int) -> dict[int, float]:
    """Step -> the part of those before it that went no further; below 0 where more came than that.

    completed: how often each step was; a step that is not in it does not tell.

    Steps that may follow the same step are one, for who is lost at a fork is lost to all of its ways. Before
    the first are the entries. Where no step tells what follows it, each follows the one before it in the
    order. A step that nothing is known to come before has no drop, nor has one behind nobody, nor one that
    does not tell, such as waiting in some products: who passes it counts at the next one.
    """
    found: dict[int, float] = {}
    for before, after in _passages(_told(_links(order), completed)):
        is_known = all(step in completed for step in (before | after) - {ENTRY})
        came = sum(entries if step == ENTRY else completed[step] for step in before) if is_known else 0
        if came:
            lost = 1 - sum(completed[step] for step in after) / came
            found.update(dict.fromkeys(after, lost))
    return found


Links = dict[int, set[int]]
"""Step -> the steps that may follow it. 0 stands for the entry: the path's first steps follow it."""
ENTRY = 0


def _links(order: Sequence[StepName]) -> Links:
    ids = [step.id for step in order]
    links = {step.id: set(ids).intersection(step.following or ()) for step in order}
    if not any(links.values()):
        links = {step: {after} for step, after in pairwise(ids)} | {step: set() for step in ids[-1:]}
    led_to = set().union(*links.values())
    return {ENTRY: {step for step, after in links.items() if after and step not in led_to}, **links}


def _told(links: Links, completed: Mapping[int, int]) -> Links:
    """The links without the steps that contacts pass without completing them: those that do not tell, and
    first ones that nobody completed, where they lead to others that were."""
    firsts = links[ENTRY]
    for step in list(links):
        is_passed = step not in completed or (step in firsts and not completed[step])
        if step != ENTRY and is_passed and any(map(completed.get, _behind(step, links))):
            after = links.pop(step) - {step}
            links = {
                one: following - {step} | after if step in following else following
                for one, following in links.items()
            }
    return links


def _behind(step: int, links: Links) -> set[int]:
    """All steps that a way leads to from this one."""
    found, ends = set(links[step]), list(links[step])
    while ends:
        more = links.get(ends.pop(), set()) - found
        found |= more
        ends += more
    return found - {step}


def _passages(links: Links) -> list[tuple[set[int], set[int]]]:
    """Steps that lead on to the same steps, with these."""
    passages: list[tuple[set[int], set[int]]] = []
    for step, after in links.items():
        before, after = {step}, set(after)
        for passage in [one for one in passages if one[1] & after]:
            passages.remove(passage)
            before |= passage[0]
            after |= passage[1]
        if after:
            passages.append((before, after))
    return passages
