"""Marks belong to contacts: no refresh, order or filter loses one, and there are never more than fifty."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.model import RosterRow, RosterState
from tui.marks import MOST_MARKED, Mark, Marks, mark_of


def row(contact: int, scenario: int = 1, run: str = "", at: int = 0) -> RosterRow:
    return RosterRow(
        contact_id=contact,
        contact=f"user{contact}@example.org",
        scenario_id=scenario,
        scenario="Welcome",
        run=run,
        step_id=at,
        step=f"step {at}",
        state=RosterState.ACTIVE,
        entered_ms=contact,
        step_ms=contact,
    )


def test_a_fifty_first_mark_is_refused_and_the_others_stay() -> None:
    """R40"""
    marks = Marks()
    assert marks.add(map(row, range(60))) == 10
    assert len(marks) == MOST_MARKED
    assert not marks.toggle(row(99))
    assert marks.toggle(row(0)) and marks.toggle(row(99))
    assert [one.contact_id for one in marks] == [*range(1, 50), 99]


def test_two_passes_of_one_contact_are_one_mark() -> None:
    marks = Marks()
    marks.add([row(1, run="a"), row(1, run="b"), row(1, scenario=2)])
    assert len(marks) == 2


def test_marked_contacts_are_walked_round() -> None:
    marks = Marks()
    assert marks.next_to(None, 1) is None
    marks.add(map(row, (3, 1, 2)))
    walked = [marks.next_to(contact, 1) for contact in (3, 1, 2, 7, None)]
    assert [one.contact_id for one in walked if one] == [1, 2, 3, 3, 3]
    back = marks.next_to(3, -1)
    assert back is not None and back.contact_id == 2
    assert (marks.place_of(1), marks.place_of(9)) == (2, None)


people = st.lists(st.integers(0, 80), max_size=70)
steps = st.one_of(
    st.tuples(st.just("toggle"), st.integers(0, 80)),
    st.tuples(st.just("add"), people),
    st.tuples(st.just("invert"), people),
    st.tuples(st.just("refresh"), people),
    st.tuples(st.just("clear"), st.none()),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(steps, max_size=25))
def test_marks_are_a_set_of_contacts_whatever_is_shown_meanwhile(done: list[tuple[str, object]]) -> None:
    """Sorting, filtering, paging and refreshing show other rows of the same contacts: they change no mark."""
    marks, model = Marks(), set[int]()
    for number, (what, value) in enumerate(done):
        if what == "toggle" and isinstance(value, int):
            had_room = value in model or len(model) < MOST_MARKED
            assert marks.toggle(row(value, at=number)) == had_room
            model = model ^ {value} if had_room else model
        elif what == "add" and isinstance(value, list):
            left_out = marks.add(row(one, at=number) for one in value)
            room = [one for one in dict.fromkeys(value) if one not in model]
            model |= set(room[: MOST_MARKED - len(model)])
            assert left_out == len([one for one in room if one not in model])
        elif what == "invert" and isinstance(value, list):
            shown = list(dict.fromkeys(value))
            marks.invert(row(one, at=number) for one in shown)
            fresh = [one for one in shown if one not in model]
            model -= set(shown) & model
            model |= set(fresh[: MOST_MARKED - len(model)])
        elif what == "clear":
            marks.clear()
            model.clear()
        elif isinstance(value, list):  # other rows come on screen: only what is asked of the marks counts
            assert {one for one in value if mark_of(row(one, at=number)) in marks} == set(value) & model
        assert {one.contact_id for one in marks} == model
        assert all(Mark(1, one) in marks for one in model)
