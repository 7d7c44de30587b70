"""The harness finds what it is there to find."""

from __future__ import annotations

import sys

import pytest

from tests.pty.corpus import CORPUS
from tests.pty.ecma48 import modes_left_on, strange
from tests.pty.pseudo_terminal import PseudoTerminal, broken_boxes

ACTING = (
    "7-bit sequences",
    "8-bit sequences",
    "operating system commands",
    "device control, application and privacy strings",
    "reports that come back as typed text",
)


@pytest.mark.parametrize("entry", [entry for name in ACTING for entry in CORPUS[name]])
def test_every_sequence_of_the_corpus_would_be_seen(entry: str) -> None:
    assert strange(f"\x1b[1;2H{entry}\x1b[0m") != []


@pytest.mark.parametrize(
    "char", ["\x00", "\t", "\x0b", "\x7f", "\x85", "\u202e", "\u200b", "\ud800", "\ue000", "\u2028"]
)
def test_every_character_that_may_not_be_shown_would_be_seen(char: str) -> None:
    assert strange(f"a{char}b") != []


def test_what_textual_writes_is_expected() -> None:
    written = (
        "\x1b[?1049h\x1b[?25l\x1b[1;2H\x1b[1;38;2;94;95;97;48;5;27mÉ山 │\x1b[0m\x1b[?2026$p\x1b[>25u\x1b[<u"
    )
    assert strange(written) == []


def test_modes_that_are_left_on_are_named() -> None:
    start = "\x1b[?1049h\x1b[?1000h\x1b[?25l\x1b[?7l\x1b[?2004h\x1b[>25u"
    end = "\x1b[?1049l\x1b[?1000l\x1b[?25h\x1b[?7h\x1b[?2004l\x1b[<u"
    assert modes_left_on(start) == {"1049", "1000", "25", "7", "2004", "keyboard"}
    assert modes_left_on(start + end) == set()


def printed(code: str) -> PseudoTerminal:
    terminal = PseudoTerminal([sys.executable, "-c", code], columns=20, rows=6)
    terminal.wait_for_end()
    return terminal


def test_a_broken_box_is_seen_and_a_whole_one_is_not() -> None:
    whole = ["┌────┐", "│山ab│", "└────┘"]
    with printed(f"print({chr(10).join(whole)!r})") as terminal:
        assert broken_boxes(terminal) == []
    whole[1] = "│abcde │"
    with printed(f"print({chr(10).join(whole)!r})") as terminal:
        assert broken_boxes(terminal) == [(1, 0)]


def test_a_terminal_that_is_not_restored_is_seen() -> None:
    code = "import tty, sys; tty.setraw(sys.stdin); sys.stdout.write('\\x1b[?1000h')"
    with printed(code) as terminal, pytest.raises(AssertionError):
        terminal.check_restored()


def test_exit_codes_are_those_of_a_shell() -> None:
    for code, expected in [("raise SystemExit(3)", 3), ("import os; os.kill(os.getpid(), 15)", 143)]:
        with PseudoTerminal([sys.executable, "-c", code]) as terminal:
            assert terminal.wait_for_end() == expected
