"""Only what differs is written to the terminal, and it shows the same as if all had been."""

from __future__ import annotations

import pyte
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from widgets.painted import Painted, Piece, difference

WIDTH, HEIGHT, CUT = 24, 3, 9
CONSOLE = Console(force_terminal=True, color_system="truecolor", width=WIDTH, legacy_windows=False)
LOOKS = (Style(color="red"), Style(color="blue", bold=True), Style(bgcolor="green"))

letters = st.text(st.sampled_from("ab ─…é日"), max_size=WIDTH)
runs = st.lists(st.tuples(letters, st.sampled_from(LOOKS)), max_size=4)


def strip_of(parts: list[tuple[str, Style]], width: int) -> Strip:
    return Strip([Segment(text, look) for text, look in parts]).adjust_cell_length(width, LOOKS[0])


def layout_of(lines: list[list[tuple[str, Style]]]) -> LayoutUpdate:
    return LayoutUpdate([[strip_of(parts, WIDTH)] for parts in lines], Region(0, 0, WIDTH, HEIGHT))


def part_of(lines: list[list[tuple[str, Style]]], y: int) -> ChopsUpdate:
    """One line of a frame, in two pieces."""
    whole = strip_of(lines[y], WIDTH)
    chops = [{0: whole.crop(0, CUT), CUT: whole.crop(CUT, WIDTH)} if n == y else {} for n in range(HEIGHT)]
    return ChopsUpdate(chops, [(y, 0, WIDTH)], [[CUT, WIDTH]] * HEIGHT)


def shown(stream: pyte.Stream, screen: pyte.Screen, text: str) -> list[list[object]]:
    stream.feed(text)
    return [[screen.buffer[y][x] for x in range(WIDTH)] for y in range(HEIGHT)]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(runs, min_size=HEIGHT, max_size=HEIGHT), min_size=2, max_size=4), st.integers(0, 2))
def test_a_terminal_shows_the_same_as_if_all_had_been_written(
    frames: list[list[list[tuple[str, Style]]]], line: int
) -> None:
    painted, spare, all_of_it = Painted(), pyte.Screen(WIDTH, HEIGHT), pyte.Screen(WIDTH, HEIGHT)
    for number, lines in enumerate(frames):
        update = part_of(lines, line) if number % 2 else layout_of(lines)
        changes = painted.changes(update, CONSOLE, (WIDTH, HEIGHT))
        wanted = shown(pyte.Stream(all_of_it), all_of_it, update.render_segments(CONSOLE))
        written = "" if changes is None else changes.render_segments(CONSOLE)
        assert shown(pyte.Stream(spare), spare, written) == wanted


def test_what_stands_there_already_is_not_written() -> None:
    painted = Painted()
    lines = [[("one", LOOKS[0])], [("two", LOOKS[1])], [("three", LOOKS[2])]]
    assert painted.changes(layout_of(lines), CONSOLE, (WIDTH, HEIGHT)) is not None
    assert painted.changes(layout_of(lines), CONSOLE, (WIDTH, HEIGHT)) is None
    assert painted.changes(layout_of(lines), CONSOLE, (WIDTH, HEIGHT), whole=True) is not None
    assert painted.changes(layout_of(lines), CONSOLE, (WIDTH + 1, HEIGHT)) is not None


def test_of_a_line_only_the_cells_that_differ_are_written() -> None:
    before = Piece(0, 10, 20, "\x1b[31mkind \x1b[0m\x1b[1msent \x1b[0m")
    after = Piece(0, 10, 20, "\x1b[31mkind \x1b[0m\x1b[1msend \x1b[0m")
    assert difference(before, after) == Piece(0, 18, 20, "\x1b[1md\x1b[0m")


def test_a_look_without_letters_is_passed_over() -> None:
    before = Piece(0, 0, 4, "\x1b[31mab\x1b[0m\x1b[1m  \x1b[0m")
    assert difference(before, Piece(0, 0, 4, "\x1b[31m\x1b[0m\x1b[1m    \x1b[0m")).text == "\x1b[1m  \x1b[0m"


def test_letters_of_unsure_width_are_written_whole() -> None:
    before, after = Piece(0, 0, 4, "a日b"), Piece(0, 0, 4, "a日c")
    assert difference(before, after) == after
