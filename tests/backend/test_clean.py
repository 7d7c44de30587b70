"""What a stranger's text may look like once it is cleaned: the policy as a table and as properties."""

from __future__ import annotations

import os
import random
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from wcwidth import wcswidth

from backend.clean import clean, suspicious

NEVER = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
ANYTHING = st.text(st.characters(), max_size=60)
RANDOM_STRINGS = 20_000 if os.environ.get("PARCOURS_TORTURE") else 2_000

SHOWN = [
    ("plain", "plain"),
    ("Élodie Müller", "Élodie Müller"),
    ("山田太郎 שלום مرحبا Привет", "山田太郎 שלום مرحبا Привет"),
    ("a\x1b]52;c;cm0=\x07z", "a␛]52;c;cm0=␇z"),
    ("a\x9b31mz", "a\\x9b31mz"),
    ("x\r\ny\tz\x7f\0", "x␍␊y␉z␡␀"),
    ("a\u202eb\u200bc\u00add\ufeff", "a\\u202eb\\u200bc\\xadd\\ufeff"),
    ("a\u2028b\u2029c", "a\\u2028b\\u2029c"),
    ("\U000e0072\ue000\ud800\U000fffff", "\\U000e0072\\ue000\\ud800\\U000fffff"),
    ("a\u00a0b\u3000c d", "a␣b␣c d"),
    ("\u3164\u2800\u115f", "\\u3164\\u2800\\u115f"),
    ("\U0001f1eb\U0001f1f7", "FR"),
    ("👍🏽 ❤\ufe0f", "👍 ❤"),
    ("a\ufe0fb\U0001f3fbc", "a\\ufe0fb\\U0001f3fbc"),
    ("👩\u200d👩", "👩\\u200d👩"),
    ("e\u0301", "e\u0301"),
    ("e" + "\u0301" * 9 + "z", "e" + "\u0301" * 3 + "…z"),
    ("\u0301a", "◌\u0301a"),
    ("न\u093eम", "न\\u093eम"),
    ("क\u094dष", "क\\u094dष"),
    ("\U00012000\ufdfd", "\\U00012000\\ufdfd"),
    ("\u1112\u1161\u11ab", "\u1112\u1161\u11ab"),
    ("[@click=app.quit]x[/]", "[@click=app.quit]x[/]"),
    (None, ""),
    (42, "42"),
    (b"a\xffb", "a\\xffb"),
]


@pytest.mark.parametrize(("value", "shown"), SHOWN)
def test_clean_shows_what_was_there_as_harmless_text(value: object, shown: str) -> None:
    assert clean(value) == shown


def test_clean_cuts_before_it_works_and_says_how_much_is_missing() -> None:
    assert clean("\x1b" * 300) == "␛" * 256 + "…(+44)"
    assert clean("abcdef", limit=4) == "abcd…(+2)"
    assert clean("abcd", limit=4) == "abcd"


def test_multiline_keeps_newlines_and_nothing_else() -> None:
    assert clean("a\nb\r\n\x1bc", multiline=True) == "a\nb␍\n␛c"
    assert clean("a\n\u0301b", multiline=True) == "a\n◌\u0301b"


def test_ascii_only_has_nothing_that_another_encoding_could_garble() -> None:
    assert clean("é\x1b\x7f\u202e…", ascii_only=True) == "\\xe9\\x1b\\x7f\\u202e..."
    assert clean("é" * 3, limit=2, ascii_only=True) == "\\xe9\\xe9...(+1)"


@given(ANYTHING, st.booleans())
def test_nothing_forbidden_comes_out(text: str, multiline: bool) -> None:
    shown = clean(text, multiline=multiline)
    lines = shown.split("\n") if multiline else [shown]
    assert not NEVER & {unicodedata.category(char) for line in lines for char in line}
    assert clean(text, multiline=multiline, ascii_only=True).isascii()


@given(ANYTHING, st.booleans())
def test_cleaning_twice_changes_nothing(text: str, multiline: bool) -> None:
    once = clean(text, 10_000, multiline)
    assert clean(once, 10_000, multiline) == once


@settings(max_examples=60)
@given(ANYTHING)
def test_text_without_anything_odd_is_unchanged_and_not_suspicious(text: str) -> None:
    plain = "".join(char for char in text if char.isascii() and char.isprintable() and char != "\\")
    assert clean(plain) == plain
    assert not suspicious(plain)


def test_every_program_agrees_on_the_width() -> None:
    """rich lays out, the terminal (wcwidth) places: one cell of difference breaks the frame."""
    chance = random.Random(8)
    every = [chr(code) for code in range(0x110000)]
    nasty = [
        char
        for code in (0x300, 0x200B, 0xFE0E, 0x1F1E6, 0x1F3FB, 0x1160, 0x20D0)
        for char in map(chr, range(code, code + 6))
    ]
    for _ in range(RANDOM_STRINGS):
        text = "".join(
            chance.choices(every, k=6) + chance.choices(nasty, k=6) + chance.choices("ab 👍山❤", k=4)
        )
        shown = clean("".join(chance.sample(text, len(text))))
        assert cell_len(shown) == wcswidth(shown), ascii(shown)


def test_every_character_alone_has_one_certain_width() -> None:
    step = 1 if os.environ.get("PARCOURS_TORTURE") else 7
    wrong = [
        hex(code)
        for code in range(0, 0x110000, step)
        if cell_len(clean(chr(code))) != wcswidth(clean(chr(code)))
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("value", "odd"),
    [
        ("a.lang@example.org", False),
        ("Élodie 山田", False),
        ("Привет hello", False),
        ("p\u0430ypal@example.com", True),
        ("a\u202eb", True),
        ("a\x1bb", True),
        ("\\u202e", True),
        ("␛[31m", True),
        ("e\u0301lodie", False),
        (None, False),
    ],
)
def test_suspicious_marks_text_that_is_not_what_it_seems(value: object, odd: bool) -> None:
    assert suspicious(value) is odd
