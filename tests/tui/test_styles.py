"""Rules are parsed once for the colours they are drawn in."""

from __future__ import annotations

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
