"""A table with heat: parts of a text in steps that are told apart without colour, too."""

from __future__ import annotations

from textual.app import App, ComposeResult

from widgets.columns import Column, Row
from widgets.heat_table import HOTTEST, HeatPart, HeatTable, wrapped

PARTS = [HeatPart("Dear Ada, "), *(HeatPart(f"[link{step}]", step) for step in range(HOTTEST + 1))]


class TableApp(App[None]):
    CSS = "HeatTable { height: 10; }"

    def compose(self) -> ComposeResult:
        yield HeatTable()

    def on_mount(self) -> None:
        table = self.query_one(HeatTable)
        table.set_heat({"a": PARTS})
        columns = [Column("text", "Message", least=50, grow=1), Column("n", "Clicks", align="right")]
        table.set_table(
            columns, [Row("a", ("".join(part.text for part in PARTS), "12")), Row("b", ("end", ""))]
        )


async def test_each_step_of_heat_has_a_look_of_its_own_that_needs_no_colour() -> None:
    app = TableApp()
    async with app.run_test(size=(70, 12)):
        strip = app.query_one(HeatTable).render_line(1)
        assert strip.text.startswith(">Dear Ada, [link0][link1][link2][link3][link4]")
        assert strip.text.rstrip().endswith("12")
        looks = {
            part.text: (
                part.style.dim,
                part.style.bold,
                part.style.underline,
                part.style.reverse,
                part.style.color,
            )
            for part in strip
            if part.style is not None and part.text.startswith("[link")
        }
        assert len(set(looks.values())) == HOTTEST + 1
        assert looks["[link2]"][2] and looks["[link4]"][3]


def test_text_wraps_between_words_and_keeps_its_parts() -> None:
    lines = wrapped([HeatPart("one two "), HeatPart("[three four]", 3), HeatPart(" five")], 12)
    assert ["".join(part.text for part in line).rstrip() for line in lines] == [
        "one two",
        "[three four]",
        "five",
    ]
    assert [part.step for part in lines[1]][:2] == [3, 3]
    assert wrapped([], 10) == [[]]
    (_, long) = wrapped([HeatPart("a "), HeatPart("b" * 30)], 10)
    assert long == [HeatPart("b" * 30)]
