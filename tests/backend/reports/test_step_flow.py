"""The order of a scenario's steps and what is lost between them, worked out by hand."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.reports.counts import StepName
from backend.reports.step_flow import branches, drops, order_steps


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
