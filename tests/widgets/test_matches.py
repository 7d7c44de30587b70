"""Texts with matches in them stay true through every change of their width."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style

from backend.clean import clean
from widgets.columns import to_width
from widgets.matches import Found, find_in, join_found

TEXTS = st.text("abAß 漢é", max_size=40).map(clean)
MATCH = Style(underline=True)


@pytest.mark.parametrize(
    ("text", "wanted", "found"),
    [
        ("Mail A, mail B", "mail", ["Mail", "mail"]),
        ("Straße 5", "strasse", ["Straße"]),
        ("ßß", "s", ["ß", "ß"]),
        ("aaa", "aa", ["aa"]),
        ("nothing", "", []),
        ("nothing", "x", []),
        ("漢字 漢", "漢", ["漢", "漢"]),
    ],
)
def test_matches_are_found_whatever_their_case(text: str, wanted: str, found: list[str]) -> None:
    assert [text[a:b] for a, b in find_in(text, wanted).spans] == found


def letters(found: Found) -> str:
    """The text without blanks, the letters of matches as they are and all others as dots."""
    parts = [(part.text, part.style == MATCH) for part in found.segments(Style.null(), MATCH)]
    return "".join(text if is_match else "." * len(text) for text, is_match in parts)


@given(TEXTS, TEXTS.filter(bool), st.integers(2, 12))
def test_lines_hold_the_parts_of_the_matches_of_the_whole(text: str, wanted: str, width: int) -> None:
    whole = find_in(text, wanted.casefold())
    lines = whole.wrapped(width)
    at = 0
    for line in lines:
        start = text.index(line.text, at)
        assert letters(whole)[start : start + len(line.text)] == letters(line)
        at = start + len(line.text)


@given(TEXTS, TEXTS.filter(bool), st.integers(0, 12), st.sampled_from(["left", "right"]))
def test_a_width_changes_no_text_and_no_match_that_is_seen(
    text: str, wanted: str, width: int, align: str
) -> None:
    whole = find_in(text, wanted.casefold())
    fitted = whole.to_width(width, align)  # type: ignore[arg-type]
    assert fitted.text == to_width(text, width, align)  # type: ignore[arg-type]
    assert "".join(part.text for part in fitted.segments(Style.null(), MATCH)) == fitted.text
    if len(fitted.text) >= len(text) and fitted.text.strip() == text.strip():
        assert letters(fitted).replace(".", "") == letters(whole).replace(".", "")


@given(st.lists(TEXTS, max_size=4), TEXTS.filter(bool))
def test_joined_texts_keep_their_matches(texts: list[str], wanted: str) -> None:
    parts = [part for part in (find_in(text, wanted.casefold()) for text in texts) if part.text]
    joined = join_found(parts, " | ")
    assert joined.text == " | ".join(part.text for part in parts)
    assert letters(joined) == "...".join(map(letters, parts))
