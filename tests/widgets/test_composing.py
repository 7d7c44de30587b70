"""A frame is the same as Textual's own, and no line is drawn for nothing."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from rich.style import Style
from textual._compositor import Compositor
from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.events import Resize
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from widgets.columns import Column, Row
from widgets.composing import LineCompositor
from widgets.log_list import LogList


class Counted(Static):
    """Knows which of its lines were drawn."""

    def __init__(self, text: str, id: str) -> None:
        super().__init__(text, id=id, markup=False)
        self.drawn: list[int] = []
        self.told: list[int] = []

    def on_resize(self, event: Resize) -> None:
        self.told.append(event.size.width)

    def render_lines(self, crop: Region) -> list[Strip]:
        self.drawn += crop.line_range
        return super().render_lines(crop)


class Layers(Screen[None]):
    def __init__(self) -> None:
        super().__init__()
        self._compositor = LineCompositor()
        self.list = LogList([Column("a", "A"), Column("b", "B")])

    def compose(self) -> ComposeResult:
        yield Counted("top\nnever", id="top")
        with Vertical(), Horizontal():
            yield self.list
            with VerticalScroll(id="scrolled"):
                yield Counted("\n".join(f"line {n}" for n in range(30)), id="tall")
        yield Counted("in front\nof all", id="floating")

    def on_mount(self) -> None:
        rows = [Row(str(number), (f"row {number} 日本", "x" * number), "error") for number in range(40)]
        self.list.set_rows(rows)
        self.list.focus()


class Host(App[None]):
    CSS = """
    Layers { layers: below above; }
    #top { dock: top; height: 1; }
    #floating { layer: above; position: absolute; offset: 5 3; width: 12; height: 4; border: round red; }
    #scrolled { width: 20; height: 6; }
    #tall { height: 30; }
    """

    def get_default_screen(self) -> Layers:
        return Layers()


@pytest.mark.parametrize(
    "crop",
    [
        Region(0, 0, 60, 20),
        Region(0, 4, 60, 2),
        Region(3, 2, 9, 5),
        Region(41, 5, 1, 3),
        Region(0, 19, 60, 1),
    ],
)
async def test_a_frame_is_the_same_as_textuals_own(crop: Region) -> None:
    app = Host()
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        compositor = app.screen._compositor
        assert isinstance(compositor, LineCompositor)
        ys = set(crop.line_range) - {crop.y + 1}
        ours = compositor._render_chops(crop, ys.__contains__)
        theirs = Compositor._render_chops(compositor, crop, ys.__contains__)
        for x in range(crop.x, crop.right):  # beyond the crop they draw more: nothing of that is painted
            for y in ys:
                assert _cell(ours[y], x) == _cell(theirs[y], x)


def _cell(line: Mapping[int, Strip], x: int) -> object:
    """The letter at a cell, with its look."""
    start = max(cut for cut in line if cut <= x)
    strip = line[start].crop(x - start, x - start + 1)
    return [(segment.text, segment.style) for segment in strip]


@pytest.mark.parametrize(
    "changed",
    [{Region(0, 4, 30, 2)}, {Region(41, 2, 3, 9), Region(0, 0, 60, 1)}, {Region(50, 18, 40, 9)}, set()],
)
async def test_what_changed_is_the_same_as_textuals_own(changed: set[Region]) -> None:
    app = Host()
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        compositor = app.screen._compositor
        compositor._dirty_regions = set(changed)
        ours = compositor.render_partial_update()
        compositor._dirty_regions = set(changed)
        theirs = Compositor.render_partial_update(compositor)
        if ours is None or theirs is None:
            assert (ours, bool(changed)) == (theirs, False)
            return
        for y, start, end in ours.spans:
            for x in range(start, end):
                assert _cell(ours.chops[y], x) == _cell(theirs.chops[y], x)
        assert {y for y, _, _ in ours.spans} == {y for y, _, _ in theirs.spans if y < 20}
        assert not compositor._dirty_regions


async def test_only_the_lines_that_changed_are_drawn_and_none_that_is_covered() -> None:
    app = Host()
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        found = [app.screen.query_one(f"#{name}", Counted) for name in ("top", "tall", "floating")]
        top, tall, floating = found
        for widget in found:
            widget.drawn.clear()
        app.screen._compositor._render_chops(Region(0, 4, 60, 2), {4}.__contains__)
        assert top.drawn == []
        assert len(tall.drawn) == len(floating.drawn) == 1


@pytest.mark.parametrize("rows", [0, 3, 40])
@pytest.mark.parametrize("crop", [Region(0, 0, 40, 6), Region(0, 2, 40, 1), Region(7, 1, 20, 4)])
async def test_rows_are_painted_as_textual_would_style_them(rows: int, crop: Region) -> None:
    app = Host()
    async with app.run_test(size=(60, 20)) as pilot:
        shown = app.screen.query_one(LogList)
        shown.set_rows([Row(str(n), (f"row {n} 日本", "x" * n), "warning") for n in range(rows)])
        if rows:
            shown.set_detail(str(rows - 1), [("name", "value")])
        await pilot.pause()
        ours, theirs = shown.render_lines(crop), Widget.render_lines(shown, crop)
        for mine, other in zip(ours, theirs, strict=True):
            assert mine.text == other.text
            for x in range(crop.width):
                assert _look(mine, x) == _look(other, x)


def _look(strip: Strip, x: int) -> object:
    """The look of a cell; a blank one has no colour of letters."""
    (segment,) = strip.crop(x, x + 1)
    look = segment.style or Style()
    return (look.bgcolor, look.reverse, *((look.color, look.bold) if segment.text.strip() else ()))


async def test_who_asks_for_a_place_after_a_scroll_keeps_nobody_from_being_told_of_a_new_size() -> None:
    async with Host().run_test(size=(60, 20)) as pilot:
        screen, tall = pilot.app.screen, pilot.app.screen.query_one("#tall", Counted)
        tall.told.clear()
        screen._compositor.reflow_visible(screen, screen.size)  # as scrolling does
        tall.styles.width = 11
        screen.query_one("#scrolled")._clear_arrangement_cache()
        assert screen._compositor.full_map[tall].region.width == 11
        tall.drawn.clear()
        await pilot.pause()
        assert tall.told == [11] and tall.drawn
