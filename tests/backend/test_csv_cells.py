"""CSV cells: nothing a stranger writes starts a formula, and everything comes back from a CSV reader."""

from __future__ import annotations

import csv
import io
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backend.csv_cells import STARTERS, cell, csv_line


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (0, "0"),
        (-5, "-5"),
        (1.5, "1.5"),
        (True, "true"),
        ("plain", "plain"),
        ("a@b.example", "a@b.example"),
        ("-5", "'-5"),
        ("+33612345678", "'+33612345678"),
        ("=cmd|' /C calc'!A0@x", "'=cmd|' /C calc'!A0@x"),
        ("@SUM(1)", "'@SUM(1)"),
        ("|pipe", "'|pipe"),
        ("%0A", "'%0A"),
        ("＝1+1", "'＝1+1"),
        ("  =1", "'  =1"),
        ("\u200b=1", "'\\u200b=1"),
        ("\ufeff=1", "'\\ufeff=1"),
        ('"=1', "'\"=1"),
        ("'quoted", "''quoted"),
        ("\ttab", "'\\ttab"),
        ("\r=1", "'\\r=1"),
        ("\n=1", "'\n=1"),
        ("two\nlines", "two\nlines"),
        ("esc\x1b[31m", "esc\\x1b[31m"),
        ("c1\x9b31m", "c1\\x9b31m"),
        ("nul\0", "nul\\x00"),
        ("bidi\u202e", "bidi\\u202e"),
        ("half\udcff", "half\\udcff"),
        ("line\u2028sep", "line\\u2028sep"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("Été", "Été"),
    ],
)
def test_cell(value: str | int | float | bool | None, shown: str) -> None:
    assert cell(value) == shown


@given(st.lists(st.text() | st.integers() | st.none(), min_size=1, max_size=5))
@example(["", ""])
@example(["a\r\nb", '"', ",", ";"])
def test_a_reader_gets_every_cell_back(values: list[str | int | None]) -> None:
    text = csv_line(values)
    text.encode("utf-8")
    assert next(csv.reader(io.StringIO(text, newline=""))) == [cell(value) for value in values]


@given(st.text(alphabet=st.characters() | st.sampled_from(sorted(STARTERS)), max_size=20))
def test_no_text_starts_a_formula_or_holds_a_control(text: str) -> None:
    shown = cell(text)
    visible = shown.lstrip(" \"'") if not shown.startswith("'") else ""
    assert not visible or visible[0] not in STARTERS
    assert not [c for c in shown if c != "\n" and unicodedata.category(c) in {"Cc", "Cs"}]


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"])))
def test_taking_one_apostrophe_away_gives_the_text_back(text: str) -> None:
    assert cell(text).removeprefix("'") == text
