"""Rules are parsed once for the colours they are drawn in, and looked for where somebody draws by them."""

from __future__ import annotations

from typing import ClassVar

import pytest
from textual.app import App, ComposeResult
from textual.widget import Widget

from tui.styles import ParsedStyles

RULE = "Static { color: $ink; }"


def _styles(ink: str) -> ParsedStyles:
    styles = ParsedStyles(variables={"ink": ink})
    styles.add_source(RULE)
    return styles


def test_the_same_colours_again_parse_nothing_again() -> None:
    styles = _styles("red")
    (before,) = styles.rules
    styles.set_variables({"ink": "red"})
    styles.reparse()
    (after,) = styles.rules
    assert after is before


def test_other_colours_are_taken_over() -> None:
    styles = _styles("red")
    (before,) = styles.rules
    styles.set_variables({"ink": "#00ff00"})
    styles.reparse()
    (after,) = styles.rules
    assert (before.styles.color.hex, after.styles.color.hex) == ("#FF0000", "#00FF00")


def test_a_rule_that_comes_later_is_taken_over() -> None:
    styles = _styles("red")
    assert len(styles.rules) == 1
    styles.add_source("Widget { width: 3; }")
    styles.reparse()
    assert len(styles.rules) == 2


class Lamp(Widget):
    COMPONENT_CLASSES: ClassVar[set[str]] = {"lamp--light", "lamp--foot"}
    DEFAULT_CSS = """
    Lamp > .lamp--light { color: #00ff00; }
    Lamp.-out > .lamp--light { color: #ff0000; }
    """

    def colour(self) -> str:
        return self.get_component_styles("lamp--light").color.hex


class House(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.stylesheet = ParsedStyles(variables=self.get_css_variables())

    def compose(self) -> ComposeResult:
        yield Lamp()


async def test_the_look_of_a_part_is_found_when_it_is_asked_for_and_follows_the_rules() -> None:
    async with House().run_test() as pilot:
        lamp = pilot.app.query_one(Lamp)
        assert dict(lamp._component_styles) == {}
        assert lamp.colour() == "#00FF00"
        assert set(lamp._component_styles) == {"lamp--light"}
        lamp.add_class("-out")
        await pilot.pause()
        assert lamp.colour() == "#FF0000"
        with pytest.raises(KeyError):
            lamp.get_component_styles("lamp--shade")
