"""Layouts as rules that hold whatever a person does: no pane is lost, none overlaps, undo brings all back."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.reports.panes import REPORTS, Drawing, Tab
from tui import layout as layouts
from tui.layout import Arrangement, Box, Layout, arranged, changed, default_layout, fitted, undone
from tui.layouts import layout_path, load_layout, save_layout
from widgets.pane_page import Slot, place

EMAIL: Tab = REPORTS["journey"].tabs[1]
IDS = [pane.id for pane in EMAIL.panes]
PANES = {pane.id: pane for pane in EMAIL.panes}

Change = Callable[[Layout], Layout]
NAMES = st.sampled_from([*IDS, "unheard_of"])
CHANGES: st.SearchStrategy[Change] = st.one_of(
    st.builds(lambda n, s: lambda it: layouts.resized(it, n, span=s), NAMES, st.integers(-3, 20)),
    st.builds(lambda n, h: lambda it: layouts.resized(it, n, height=h), NAMES, st.integers(-3, 200)),
    st.builds(lambda n, s: lambda it: layouts.moved(it, n, s), NAMES, st.integers(-20, 20)),
    st.builds(lambda n: lambda it: layouts.without(it, n), NAMES),
    st.builds(lambda n, m: lambda it: layouts.with_pane(it, PANES[n], m), st.sampled_from(IDS), NAMES),
    st.builds(lambda row: lambda it: layouts.evened(it, row), st.sets(NAMES, max_size=4)),
    st.builds(lambda n: lambda it: layouts.drawn_as(it, n, Drawing.TABLE), NAMES),
)


def after(changes: list[Change]) -> list[Arrangement]:
    """The arrangement at first and after each change."""
    found = [arranged(default_layout(EMAIL.panes))]
    for change in changes:
        found.append(changed(found[-1], change(found[-1].now)))
    return found


@given(st.lists(CHANGES, max_size=12))
@settings(max_examples=60)
def test_no_pane_is_ever_lost_or_there_twice(changes: list[Change]) -> None:
    now = after(changes)[-1].now
    assert sorted([*(box.pane for box in now.boxes), *now.removed]) == sorted(IDS)
    assert all(1 <= box.span <= 12 for box in now.boxes)


@given(st.lists(CHANGES, max_size=12), st.integers(1, 300))
@settings(max_examples=60)
def test_panes_never_overlap(changes: list[Change], width: int) -> None:
    now = after(changes)[-1].now
    rects = place([Slot(box.pane, box.span, box.height or 6) for box in now.boxes], width)
    for one, two in combinations(rects, 2):
        apart_x = one.x + one.width <= two.x or two.x + two.width <= one.x
        assert apart_x or one.y + one.height <= two.y or two.y + two.height <= one.y


@given(st.lists(CHANGES, max_size=12))
@settings(max_examples=60)
def test_undo_restores_each_layout_in_turn(changes: list[Change]) -> None:
    steps = after(changes)
    now = steps[-1]
    for step in reversed(steps):
        while now.now != step.now:
            now = undone(now)
    assert undone(arranged(now.now)) == arranged(now.now)
    assert not now.is_changed


@given(st.lists(CHANGES, max_size=12))
@settings(max_examples=30)
def test_a_layout_fits_its_own_panes_as_it_is(changes: list[Change]) -> None:
    now = after(changes)[-1].now
    assert fitted(now, EMAIL.panes) == now


def test_a_layout_of_another_version_loses_what_is_unknown_and_gains_what_is_new() -> None:
    old = Layout((Box("gone", 6), Box(IDS[3], 99, 1)), (IDS[0], "gone too"))
    now = fitted(old, EMAIL.panes)
    assert now.boxes[0] == Box(IDS[3], 12, layouts.LEAST_HEIGHT)
    assert now.removed[0] == IDS[0]
    assert {box.pane for box in now.boxes} | set(now.removed) == set(IDS)


def test_the_last_pane_can_go_and_come_back() -> None:
    empty = default_layout(EMAIL.panes)
    for pane in IDS:
        empty = layouts.without(empty, pane)
    assert empty.boxes == ()
    assert layouts.with_pane(empty, EMAIL.panes[0]).boxes == (Box(IDS[0], EMAIL.panes[0].width),)


@pytest.fixture
def wide(own_folders: None) -> Layout:
    return layouts.resized(default_layout(EMAIL.panes), IDS[4], span=12, height=20)


def test_what_is_saved_is_there_next_time_and_nothing_else_is_written(wide: Layout) -> None:
    assert load_layout("journey", EMAIL) == (default_layout(EMAIL.panes), None)
    assert not layout_path("journey", "email").parent.exists()
    save_layout("journey", "email", wide)
    assert load_layout("journey", EMAIL) == (wide, None)
    assert [path.name for path in layout_path("journey", "email").parent.iterdir()] == ["journey-email.json"]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'{"boxes": 3}', b'{"boxes":[{"pane":1}]}'])
def test_a_damaged_file_falls_back_to_the_default_with_one_line(content: bytes, wide: Layout) -> None:
    path: Path = save_layout("journey", "email", wide)
    path.write_bytes(content)
    layout, wrong = load_layout("journey", EMAIL)
    assert layout == default_layout(EMAIL.panes)
    assert wrong is not None and wrong.count(path.name) == 1 and "\n" not in wrong
    assert path.read_bytes() == content
