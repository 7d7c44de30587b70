"""Bars, steps and fields: the lists that are not tables."""

from __future__ import annotations

from typing import Any

import pytest
from textual.app import App, ComposeResult

from widgets import shown
from widgets.bars import Bar, Bars
from widgets.field_tree import FieldTree, fields_of
from widgets.row_view import RowView
from widgets.step_path import StepPath, StepValue


class OneApp(App[None]):
    def __init__(self, view: RowView[Any]) -> None:
        super().__init__()
        self.view = view
        self.said: list[Any] = []

    def compose(self) -> ComposeResult:
        yield self.view

    def on_mount(self) -> None:
        self.view.focus()

    def on_row_view_chosen(self, message: RowView.Chosen) -> None:
        self.said.append(message.row.key)

    @property
    def screen_lines(self) -> list[str]:
        return [self.view.render_line(y).text.rstrip() for y in range(self.view.size.height)]


BARS = [
    Bar("hard", "Hard", 8, "8"),
    Bar("soft", "Soft [/]\x1b", 4, "4", "warning"),
    Bar("i", "Ignored", None, "n/a"),
]


async def test_bars_are_scaled_to_the_greatest_and_say_their_numbers() -> None:
    view = Bars()
    app = OneApp(view)
    async with app.run_test(size=(33, 5)) as pilot:
        view.set_bars(BARS)
        await pilot.press("j", "enter")
        await pilot.pause()
        assert app.screen_lines[:3] == [
            " Hard      █████████████████   8",
            ">Soft [/]␛ ████████▌           4",
            " Ignored                     n/a",
        ]
        assert app.said == ["soft"]


STEPS = [
    StepValue("1", "Entry", done="100", share=1.0),
    StepValue("2", "Mail A", done="91", inside="4", errors="0", share=0.91),
    StepValue("3", "Webhook", done="50", inside="12", errors="7", share=0.5, alarm=True),
]


async def test_steps_show_their_numbers_and_leave_out_columns_that_nobody_knows() -> None:
    view = StepPath()
    app = OneApp(view)
    async with app.run_test(size=(45, 5)) as pilot:
        view.set_steps(STEPS)
        await pilot.pause()
        assert app.screen_lines[:4] == [
            "   step                   done inside errors",
            ">  Entry   ██████████████  100",
            "   Mail A  ████████████▊    91      4      0",
            " ! Webhook ███████          50     12      7",
        ]


async def test_steps_drop_the_bar_where_it_is_narrow() -> None:
    view = StepPath()
    app = OneApp(view)
    async with app.run_test(size=(35, 5)) as pilot:
        view.set_steps(STEPS)
        await pilot.pause()
        assert app.screen_lines[3] == " ! Webhook   50     12      7"


async def test_a_path_has_drops_and_forks_and_leaves_numbers_out_where_it_is_narrow() -> None:
    view = StepPath(titles={"done": "completed", "inside": "inside now"})
    app = OneApp(view)
    steps = [
        StepValue("1", "Split", done="90", inside="4", left="0", errors="0", drop="0.0 %", share=1.0),
        StepValue("2", "Mail A", "45", "4", "1", "0", "12.0 %", 0.5, is_branch=True),
    ]
    async with app.run_test(size=(66, 5)) as pilot:
        view.set_steps(steps)
        await pilot.pause()
        assert app.screen_lines[:3] == [
            "   step                   completed inside now left errors   drop",
            ">  Split    █████████████        90          4    0      0  0.0 %",
            "     Mail A ██████▌              45          4    1      0 12.0 %",
        ]
        await pilot.resize_terminal(38, 5)
        assert app.screen_lines[2] == "     Mail A        45      0 12.0 %"


NESTED = {"name": "order", "data": {"id": 7, "items": [{"sku": "a"}, {}]}, "ok": True, "none": None}


def test_nested_values_become_fields_in_their_order() -> None:
    fields = [(field.depth, field.name, field.value, field.inside) for field in fields_of(NESTED)]
    assert fields == [
        (0, "name", "order", None),
        (0, "data", "", 2),
        (1, "id", "7", None),
        (1, "items", "", 2),
        (2, "0", "", 1),
        (3, "sku", "a", None),
        (2, "1", "", 0),
        (0, "ok", "true", None),
        (0, "none", "null", None),
    ]


def test_deep_and_many_fields_end() -> None:
    deep: Any = "x"
    for _ in range(2_000):
        deep = [deep]
    assert len(fields_of({"deep": deep})) == 33
    assert len(fields_of([(str(n), n) for n in range(10_000)])) == 2_000


async def test_fields_fold_and_unfold_and_plain_ones_are_chosen() -> None:
    view = FieldTree()
    app = OneApp(view)
    async with app.run_test(size=(40, 12)) as pilot:
        view.set_fields(NESTED)
        await pilot.press("j")
        await pilot.press("h")
        await pilot.pause()
        assert app.screen_lines[:4] == [" name  order", ">▸ data (2)", " ok    true", " none  null"]
        view.set_fields(NESTED)
        await pilot.press("l", "j", "enter")
        await pilot.pause()
        assert (
            app.screen_lines[1:4] == [" ▾ data (2)", ">  id     7", "   ▾ items (2)"] and len(app.said) == 1
        )


async def test_a_long_value_wraps_and_nothing_in_it_acts() -> None:
    view = FieldTree()
    app = OneApp(view)
    async with app.run_test(size=(25, 8)) as pilot:
        view.set_fields([("reason", "mail\nbox\x1b[2J" + "x" * 20)])
        await pilot.pause()
        assert app.screen_lines[:4] == [
            ">reason  mail",
            "         box␛[2Jxxxxxxxx",
            "         xxxxxxxxxxxx",
            "",
        ]


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (200, 50)])
async def test_any_size_is_survived_in_ascii_too(size: tuple[int, int]) -> None:
    shown.use_ascii(True)
    try:
        for view in (Bars(), StepPath(), FieldTree()):
            app = OneApp(view)
            async with app.run_test(size=size) as pilot:
                view.set_bars(BARS) if isinstance(view, Bars) else None
                view.set_steps(STEPS) if isinstance(view, StepPath) else None
                view.set_fields(NESTED) if isinstance(view, FieldTree) else None
                await pilot.press("j", "l", "h", "G", "enter", "pageup")
                await pilot.pause()
                assert all(line.isascii() for line in app.screen_lines)
    finally:
        shown.use_ascii(False)
