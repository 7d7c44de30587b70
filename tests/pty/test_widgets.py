"""Every widget shows every hostile string in a real terminal: no leak, no broken frame, no action."""

from __future__ import annotations

import os
import sys

import pytest

from tests.pty.corpus import CORPUS, EVERY
from tests.pty.pseudo_terminal import PseudoTerminal, frame
from tests.pty.widget_app import GROUPS, batches

SIZES = [(80, 24), (200, 50)]


def opened(group: str, size: tuple[int, int], **env: str) -> PseudoTerminal:
    columns, rows = size
    argv = [sys.executable, "-m", "tests.pty.widget_app", group]
    terminal = PseudoTerminal(argv, columns=columns, rows=rows, env=env)
    terminal.wait_for(f"batch 0 of {batches()}")
    return terminal


def test_the_corpus_is_large_and_has_every_class() -> None:
    assert len(set(EVERY)) == len(EVERY) >= 150
    assert all(CORPUS.values())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("group", GROUPS)
def test_no_string_leaks_or_breaks_the_frame(group: str, size: tuple[int, int]) -> None:
    with opened(group, size) as terminal:
        whole = frame(terminal)
        assert whole
        for batch in range(1, batches() + 1):
            terminal.press("]")
            terminal.wait_for(f"batch {batch} of")
            assert whole <= frame(terminal), terminal.text
        terminal.press("Q")
        assert terminal.wait_for_end() == 0
        terminal.check_bytes()
        terminal.check_restored()


def test_no_string_leaks_where_there_is_no_colour_and_no_unicode() -> None:
    with opened(
        "lists", (80, 24), NO_COLOR="1", TERM="xterm-16color", LC_ALL="C", PYTHONIOENCODING="ascii"
    ) as terminal:
        for batch in range(1, batches() + 1):
            terminal.press("]")
            terminal.wait_for(f"batch {batch} of")
        terminal.press("Q")
        assert terminal.wait_for_end() == 0
        terminal.check_bytes()
        assert terminal.written.isascii()


def test_questions_and_messages_show_strings_as_text() -> None:
    step = 1 if os.environ.get("PARCOURS_TORTURE") else 4
    with opened("lists", (100, 40)) as terminal:
        for batch in range(step, batches() + 1, step):
            terminal.press(*"]" * step)
            terminal.wait_for(f"batch {batch} of")
            terminal.press("!")
            terminal.wait_for("to confirm")
            terminal.press("escape")
            terminal.wait_for(lambda t: "to confirm" not in t.text)
            terminal.press("@")
        terminal.press("Q")
        assert terminal.wait_for_end() == 0
        terminal.check_bytes()


def test_clicking_on_strings_runs_nothing() -> None:
    first = EVERY.index(CORPUS["markup and actions"][0]) // 6
    with opened("lists", (80, 24)) as terminal:
        for _ in range(first + 1):
            terminal.press("]")
        terminal.wait_for(f"batch {first + 1} of")
        for y, line in enumerate(terminal.lines):
            for x in (2, line.find("click"), line.find("[") + 2):
                if x > 0:
                    terminal.click(x, y)
        terminal.settle()
        assert "PWNED" not in terminal.text and "batch" in terminal.text
        terminal.press("Q")
        assert terminal.wait_for_end() == 0


@pytest.mark.parametrize(
    "sent",
    [b"\xff", b"\x80", "é".encode("latin-1"), b"\xe2\x82", b"\x1b[M\xff\xff\xff", b"\x1b[099999999999;5u"],
)
def test_bytes_that_are_not_utf8_do_not_end_the_program(sent: bytes) -> None:
    with opened("lists", (80, 24)) as terminal:
        terminal.send(sent + b"x" * 40)
        terminal.settle()
        terminal.press("]")
        terminal.wait_for("batch 1 of")
        terminal.press("Q")
        assert terminal.wait_for_end() == 0
        terminal.check_restored()


def test_what_is_pasted_and_typed_into_the_filter_is_shown_as_text() -> None:
    with opened("details", (80, 24)) as terminal:
        terminal.press("tab", "tab")
        terminal.settle()
        for entry in EVERY[:40]:
            terminal.paste(entry.replace("\x1b[201~", ""))
        terminal.settle()
        terminal.press("enter", "escape")
        terminal.settle()
        terminal.check_bytes()
        assert terminal.process.isalive()


def test_sizes_from_tiny_to_huge_are_survived() -> None:
    with opened("reports", (80, 24)) as terminal:
        terminal.press("]")
        terminal.wait_for("batch 1 of")
        for columns, rows in [(1, 1), (5, 2), (20, 5), (300, 100), (80, 24)]:
            terminal.resize(columns, rows)
            terminal.settle()
        terminal.wait_for("batch 1 of")
        terminal.press("Q")
        assert terminal.wait_for_end() == 0
        terminal.check_bytes()
        terminal.check_restored()
