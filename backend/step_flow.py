"""A scenario's path: the order of its steps, and how many are lost from one to the next. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from backend.counts import StepName


def order_steps(steps: Iterable[StepName], rows: Mapping[int, int]) -> list[StepName]:
    """By place in the definition; steps without one behind them, by how far they are from the path's start;
    then those with most rows first: a contact that is at a later step was at the earlier ones too.

    rows: step -> how many rows it has.
    """
    listed = list(steps)
    depths = _depths(listed)
    return sorted(
        listed,
        key=lambda step: (
            step.position is None,
            step.position or 0,
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

    Steps that may follow the same step are one, for who is lost at a fork is lost to all of its ways. Before
    the first are the entries. Where no step tells what follows it, each follows the one before it in the
    order. A step that nothing is known to come before has no drop, nor has one behind nobody.
    """
    found: dict[int, float] = {}
    for before, after in _passages(order):
        came = sum(completed.get(step, 0) for step in before) if before else entries
        if came:
            lost = 1 - sum(completed.get(step, 0) for step in after) / came
            found.update(dict.fromkeys(after, lost))
    return found


def _passages(order: Sequence[StepName]) -> list[tuple[set[int], set[int]]]:
    """Steps that lead on to the same steps, with these; no steps before the start."""
    here = {step.id for step in order}
    following = {step.id: here.intersection(step.following or ()) for step in order}
    if not any(following.values()):
        ids = [step.id for step in order]
        return [(set(ids[max(0, place - 1) : place]), {step}) for place, step in enumerate(ids)]
    passages: list[tuple[set[int], set[int]]] = []
    for step, others in following.items():
        before, after = {step}, set(others)
        for passage in [one for one in passages if one[1] & after]:
            passages.remove(passage)
            before |= passage[0]
            after |= passage[1]
        if after:
            passages.append((before, after))
    led_to = set().union(*following.values())
    starts = {step for step, others in following.items() if others and step not in led_to}
    return [(set(), starts), *passages] if starts else passages
