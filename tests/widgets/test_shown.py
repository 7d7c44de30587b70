"""The door for text into widgets, and the guard behind it."""

from __future__ import annotations

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from widgets import shown

HOSTILE = "a\x1b[0031mb\x9b2J[@click=app.quit]c[/]\u202e\n"


@pytest.fixture
def ascii_terminal() -> object:
    shown.use_ascii(True)
    yield
    shown.use_ascii(False)


def test_every_door_gives_the_same_harmless_text_without_markup() -> None:
    expected = "a␛[0031mb\\x9b2J[@click=app.quit]c[/]\\u202e␊"
    assert shown.text(HOSTILE) == str(shown.line(HOSTILE)) == shown.cell(HOSTILE).plain == expected
    assert shown.line(HOSTILE).spans == [] and shown.cell(HOSTILE).spans == []


def test_block_keeps_line_breaks() -> None:
    assert str(shown.block("a\nb\x07")) == "a\nb␇"


def test_marked_puts_a_badge_before_what_may_deceive() -> None:
    assert shown.marked("a@b.c") == "a@b.c"
    assert shown.marked("a\u202eb") == "(?) a\\u202eb"


def test_an_ascii_terminal_gets_ascii(ascii_terminal: object) -> None:
    assert shown.text("é…") == "\\xe9..."
    assert shown.glyph("█", "#") == "#"


def guarded(*segments: Segment) -> list[Segment]:
    return shown.ControlGuard().apply(list(segments), Color(0, 0, 0))


def test_the_guard_removes_controls_and_keeps_the_number_of_cells() -> None:
    (part,) = guarded(Segment("a\x1b[2Jb\x9b\u202e\u2028\ud800é\u3000"))
    assert part.text == "a[2Jb\ufffdé\u3000"


def test_the_guard_drops_links_and_leaves_other_style() -> None:
    (part,) = guarded(Segment("x", Style(bold=True, link="https://e.example")))
    assert part.style is not None and part.style.link is None and part.style.bold


def test_the_guard_hands_harmless_lines_on_as_they_are() -> None:
    parts = [Segment("harmless ", Style(bold=True)), Segment("山田")]
    assert shown.ControlGuard().apply(parts, Color(0, 0, 0)) is parts
