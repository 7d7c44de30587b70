"""The door to stdout: what a stranger wrote acts on no terminal, and JSON loses nothing by it."""

from __future__ import annotations

import io
import json
import sys
import unicodedata

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backend.json_lines import json_escaped
from tui.cli import output

ACTS = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


@given(st.text(st.characters(exclude_categories=["Cs"])))
@example("\x1b]52;c;eA==\x07")
@example("\x7f\x9b31m\u202e\U000e0041\ue000\u2028")
@example('"\\')
def test_json_keeps_every_character_and_shows_none_that_acts(text: str) -> None:
    shown = json_escaped(msgspec.json.encode({"a": text})).decode()
    assert json.loads(shown) == {"a": text}
    assert [c for c in shown if unicodedata.category(c) in ACTS] == []


@given(st.text())
def test_a_line_of_text_is_one_line_whatever_it_says(text: str) -> None:
    class Stdout:
        encoding = "utf-8"
        buffer = io.BytesIO()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", Stdout)
        output.text(text)
    written = Stdout.buffer.getvalue().decode()
    assert written.endswith("\n")
    assert [c for c in written[:-1] if unicodedata.category(c) in ACTS] == []


def test_a_terminal_without_unicode_gets_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    stdout = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
    monkeypatch.setattr(sys, "stdout", stdout)
    output.text("Été \u0391")
    assert stdout.buffer.getvalue() == b"\xc9t\xe9 \\u0391\n"  # type: ignore[attr-defined]


class Terminal(io.TextIOWrapper):
    """A stderr that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("is_terminal", [True, False])
def test_progress_is_drawn_on_a_terminal_only_and_wiped_at_the_end(
    monkeypatch: pytest.MonkeyPatch, is_terminal: bool
) -> None:
    written = io.BytesIO()
    kind = Terminal if is_terminal else io.TextIOWrapper
    monkeypatch.setattr(sys, "stderr", kind(written, encoding="utf-8", write_through=True))
    with output.progress() as line:
        line.show("half of it", 0.5)
        line.show("half of it", 0.5)
    expected = b"\r[############............]  50%  half of it\x1b[K\r\x1b[K" if is_terminal else b""
    assert written.getvalue() == expected
