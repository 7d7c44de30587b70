"""The order of a scenario's steps and what is lost between them, worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.model import PaneData, StepKind
from backend.reports.counts import LOOKED_AMONG, Passage, StepName
from backend.reports.step_flow import as_passed, branches, drops, order_steps, passages, unplaced


def step(number: int, *following: int, position: int | None = None, told: bool = True) -> StepName:
    return StepName(
        id=number,
        key=f"k{number}",
        name=f"Step {number}",
        position=position,
        following=following if told else None,
    )


def numbers(steps: list[StepName]) -> list[int]:
    return [one.id for one in steps]


FORK = [step(1, 2), step(2, 3, 4), step(3, 5), step(4, 5), step(5)]
"""1 leads to 2, a fork to 3 or 4, which meet in 5."""


def test_a_definition_places_steps() -> None:
    steps = [step(1, position=3), step(2, position=1), step(3, position=2)]
    assert numbers(order_steps(steps, {1: 9})) == [2, 3, 1]


def test_without_places_a_path_goes_from_its_start_to_its_end() -> None:
    assert numbers(order_steps(reversed(FORK), {3: 1, 4: 7})) == [1, 2, 4, 3, 5]


def test_without_any_definition_the_busiest_come_first() -> None:
    steps = [step(n, told=False) for n in (1, 2, 3)]
    assert numbers(order_steps(steps, {2: 10, 3: 4})) == [2, 3, 1]


def test_what_a_fork_and_a_join_lose_is_lost_by_all_of_their_ways_together() -> None:
    completed = {1: 80, 2: 80, 3: 30, 4: 40, 5: 63}
    assert drops(FORK, completed, entries=100) == {
        1: 1 - 80 / 100,
        2: 0.0,
        3: 1 - 70 / 80,
        4: 1 - 70 / 80,
        5: 1 - 63 / 70,
    }


def test_ways_that_cross_are_one_passage() -> None:
    steps = [step(1, 3, 4), step(2, 4, 5), step(3), step(4), step(5)]
    found = drops(steps, {1: 50, 2: 50, 3: 20, 4: 30, 5: 40}, entries=0)
    assert found == dict.fromkeys((3, 4, 5), 1 - 90 / 100)


def test_without_links_each_step_follows_the_one_before_it() -> None:
    steps = [step(n, told=False) for n in (1, 2, 3)]
    assert drops(steps, {1: 50, 2: 60, 3: 0}, entries=100) == {1: 0.5, 2: 1 - 60 / 50, 3: 1.0}


def visits(*runs: str) -> list[tuple[str, int, int]]:
    """Runs as the steps that each has rows of, one after the other; steps in brackets are at one time."""
    found = []
    for place, run in enumerate(runs):
        for at_ms, steps in enumerate(run.split()):
            found += [(f"run {place}", int(step), at_ms) for step in steps.split("+")]
    return found


@pytest.mark.parametrize(
    ("runs", "order", "lost"),
    [
        (("1 2 3", "1 2"), [1, 2, 3], []),
        (("3 2 1",), [3, 2, 1], []),
        (("1 2 4", "1 3 4"), [1, 2, 3, 4], []),  # a fork
        (("1 2 3 2 3 1 4",), [1, 2, 3, 4], []),  # a way back is no way on
        (("1 2 3", "1 2 3", "2 1 3"), [1, 2, 3], []),  # one run in disorder
        (("1 2+3 4",), [1, 2, 3, 4], []),  # at one time: neither is first
        (("3 1",), [3, 1, 2, 4], [2, 4]),
        (("1 2", "2 1"), [1, 2, 3, 4], [1, 2, 3, 4]),  # as many one way as the other
        (("1", "2", "3"), [1, 2, 3, 4], [1, 2, 3, 4]),
    ],
)
def test_steps_that_nothing_defines_stand_as_runs_pass_them(
    runs: tuple[str, ...], order: list[int], lost: list[int]
) -> None:
    named = {step for _, step, _ in visits(*runs)}
    steps = [step(n, told=False) for n in (1, 2, 3, 4) if n in named or lost]
    found = order_steps(as_passed(steps, passages(visits(*runs))), {})
    assert numbers(found) == order
    assert sorted(numbers(unplaced(found))) == lost


def test_a_way_that_hardly_any_run_takes_is_no_link() -> None:
    passed = passages(visits(*["1 2 3"] * 40, "1 3"))
    assert passed[1] == Passage(before=1, after=3, runs=1)
    linked = as_passed([step(n, told=False) for n in (1, 2, 3)], passed)
    assert [one.following for one in linked] == [(2,), (3,), ()]


def test_what_a_definition_says_is_not_changed_by_what_runs_did() -> None:
    for steps in (FORK, [step(1, position=2, told=False), step(2, position=1, told=False)]):
        assert as_passed(steps, passages(visits("5 4 3 2 1"))) == steps


def test_a_fork_s_way_that_nobody_finished_is_lost_at_the_fork() -> None:
    completed = {1: 10, 2: 10, 3: 6, 4: 0, 5: 6}
    assert drops(FORK, completed, entries=10) == {1: 0.0, 2: 0.0, 3: 0.4, 4: 0.4, 5: 0.0}


S = StepKind


def lost_on_the_way(pane: PaneData) -> list[tuple[str, object]]:
    return [(row.label, row.cells[-1].value) for row in pane.rows if row.key is not None]


def test_in_a_report_the_order_of_the_runs_is_that_of_the_steps(feed: Any) -> None:
    """Mail is busiest for its repeats, and End is named first by a run that a window cuts."""
    feed.step(S.EXITED, 2, who="old", step="End")
    for place, who in enumerate(("ann", "bob", "cyd")):
        feed.step(S.ENTERED, 100 - place, who=who, step="Form")
        feed.step(S.STEP, 90 - place, who=who, step="Form")
        feed.step(S.ACTION, 60 - place, who=who, step="Mail")
        feed.step(S.ACTION, 59 - place, who=who, step="Mail")
    feed.step(S.STEP, 30, who="ann", step="End")
    feed.step(S.EXITED, 29, who="ann", step="End")
    pane = feed.report("journey").pane("journey_performance")
    assert lost_on_the_way(pane) == [("Form", 0.0), ("Mail", 1 - 6 / 3), ("End", 1 - 2 / 6)]
    assert pane.note is None


def test_in_a_report_an_order_that_nothing_tells_is_said_to_be_unknown_and_nothing_is_lost(feed: Any) -> None:
    feed.step(S.ACTION, 60, who="ann", step="Mail")
    feed.step(S.ACTION, 50, who="bob", step="Push")
    feed.step(S.ACTION, 40, who="bob", step="Push")
    pane = feed.report("journey").pane("journey_performance")
    assert lost_on_the_way(pane) == [("Push", None), ("Mail", None)]
    assert pane.note == "the order of 2 of 2 steps is not known"


def test_in_a_report_a_step_in_no_run_with_another_stands_last(feed: Any) -> None:
    for who in ("ann", "bob"):
        feed.step(S.ENTERED, 70, who=who)
        feed.step(S.ACTION, 60, who=who, step="Mail")
        feed.step(S.ACTION, 50, who=who, step="Push")
    feed.step(S.ACTION, 40, who="cyd", step="Other")
    pane = feed.report("journey").pane("journey_performance")
    assert lost_on_the_way(pane) == [("Mail", 0.0), ("Push", 0.0), ("Other", None)]
    assert pane.note == "the order of 1 of 3 steps is not known"


def test_in_a_report_the_order_is_looked_for_among_the_newest_rows_only(feed: Any) -> None:
    """A scenario of tests is no reason to read all of its log."""
    for who in ("ann", "bob"):
        feed.step(S.ACTION, 90, who=who, step="Mail")
        feed.step(S.ACTION, 80, who=who, step="Push")
    told = feed.report("journey").pane("journey_performance")
    for place in range(LOOKED_AMONG):
        feed.step(S.ACTION, 70 - place / 1000, who="tester", step="Mail", test=True)
    hidden = feed.report("journey").pane("journey_performance")
    assert told.note is None
    assert hidden.note == "the order of 2 of 2 steps is not known"


def test_a_step_that_contacts_pass_without_completing_it_is_passed_over() -> None:
    path = [step(1, 2), step(2, 3), step(3, 4, 5), step(4), step(5)]
    assert drops(path, {2: 80, 4: 30, 5: 10}, entries=100) == {2: 1 - 80 / 100, 4: 0.5, 5: 0.5}
    unlinked = [step(n, told=False) for n in (1, 2, 3)]
    assert drops(unlinked, {1: 50, 3: 40}, entries=100) == {1: 0.5, 3: 1 - 40 / 50}


def test_of_a_last_step_that_does_not_tell_nothing_is_known_to_be_lost() -> None:
    path = [step(1, 2), step(2, 3, 4), step(3), step(4)]
    assert drops(path, {1: 90, 2: 80, 3: 40}, entries=100) == {1: 1 - 90 / 100, 2: 1 - 80 / 90}


def test_a_way_to_the_end_that_leaves_a_step_out_is_one_passage_with_that_step() -> None:
    path = [step(1, 2, 3), step(2, 3), step(3)]
    found = drops(path, {1: 100, 2: 40, 3: 90}, entries=100)
    assert found == {1: 0.0, 2: 1 - 130 / 140, 3: 1 - 130 / 140}


def test_behind_nobody_there_is_no_drop() -> None:
    steps = [step(n, told=False) for n in (1, 2, 3)]
    assert drops(steps, {3: 4}, entries=0) == {}


def test_a_step_that_nothing_leads_to_has_no_drop() -> None:
    assert drops([step(1, 2), step(2), step(9, told=False)], {1: 4, 2: 3, 9: 7}, entries=4) == {
        1: 0.0,
        2: 0.25,
    }


def test_branches_are_the_ways_of_a_fork() -> None:
    assert branches(FORK) == {3, 4}


@settings(max_examples=60)
@given(st.dictionaries(st.integers(1, 7), st.sets(st.integers(1, 9), max_size=4), max_size=7))
def test_any_links_give_every_step_one_place(links: dict[int, set[int]]) -> None:
    steps = [step(number, *sorted(following)) for number, following in links.items()]
    order = order_steps(steps, {})
    assert sorted(numbers(order)) == sorted(links)
    assert set(drops(order, dict.fromkeys(links, 1), 1)) <= set(links)
