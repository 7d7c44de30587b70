"""Records set aside and failed queries as rows, fields and texts: what is known, and nothing that acts."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import pytest

from backend.model import RejectedRow
from tui.failed_questions import MOST_KEPT, FailedQuestion, FailedQuestions
from tui.presenters import problems


def rejected(sample: bytes, **more: Any) -> RejectedRow:
    known = {"id": 7, "at_ms": 1_773_144_000_000, "format": "brevo-webhook", "reason": "not JSON"}
    known |= {"place": "a.json:3", "size_bytes": len(sample), "sha256": "ab12", "sample": sample}
    return RejectedRow(**{**known, **more})


def failed(**more: Any) -> FailedQuestion:
    known: dict[str, Any] = {"id": 3, "asked": "health", "source": "shop.db", "error": "locked"}
    known |= {"first_ms": 1_773_144_000_000, "last_ms": 1_773_144_060_000, "took_ms": 2_000}
    return FailedQuestion(**{**known, **more})


def test_a_record_has_a_line_with_its_beginning_and_fields_with_all_that_is_known() -> None:
    row = rejected(b'{"a":\n  [1, 2]}', size_bytes=70_000)
    shown = problems.set_aside_row(row, UTC)
    assert shown.cells == ("03-10 12:00:00", "brevo-webhook", "not JSON", "a.json:3", '{"a": [1, 2]}')
    assert dict(problems.set_aside_fields(row, UTC)) == {
        "reason": "not JSON",
        "set aside": "2026-03-10 12:00:00.000",
        "feed": "brevo-webhook",
        "place": "a.json:3",
        "size": "70 000 bytes, of which the first 15 were kept",
        "sha256": "ab12",
    }
    lines = [line for _, line in problems.record_lines(row)]
    assert lines == ["{", '  "a": [', "    1,", "    2", "  ]", "}"]
    assert problems.record_value(row) == {"a": [1, 2]}


def test_a_list_keeps_the_beginning_of_a_record_only() -> None:
    short = problems.short_of(rejected(b"x" * 60_000))
    assert (len(short.sample), short.size_bytes) == (problems.KEPT_CHARACTERS, 60_000)


def test_a_feed_or_place_that_is_not_known_is_said_to_be_so() -> None:
    fields = dict(problems.set_aside_fields(rejected(b"?", format="", place=""), UTC))
    assert (fields["feed"], fields["place"]) == ("(not known)", "(not told)")


@pytest.mark.parametrize(
    "sample",
    [
        b"\x1b]52;c;eA==\x07 [/b] [@click=app.quit]x[/]",
        b'{"a": "\\u001b[2J\\u202egnp.exe \\ud800"}',
        b"\xff\xfe\x9b31m",
        b"[" * 60_000,
        b"NaN",
    ],
)
def test_nothing_in_a_record_acts_on_a_terminal_when_it_is_taken_away(sample: bytes) -> None:
    row = rejected(sample, reason="\x1b[2J", place="\u202ea\nb")
    taken = problems.set_aside_page(row, UTC) + problems.record_text(row)
    taken += problems.fields_text(problems.set_aside_fields(row, UTC))
    taken.encode()
    assert not set(taken) & set("\x1b\x07\x9b\u202e\x00")
    assert problems.record_lines(row)
    assert problems.record_value(row) is not None


def test_bytes_that_are_no_text_are_shown_as_what_they_are() -> None:
    row = rejected(b"a\xff")
    assert problems.record_text(row) == "a\\xff"
    assert problems.record_lines(row) == (("raw", "a\\xff"),)


def test_a_failed_query_says_how_often_how_long_and_whether_it_is_over() -> None:
    shown = problems.failed_row(failed(times=4), UTC)
    assert shown.cells == ("03-10 12:01:00", "4", "2 s", "not answered", "health", "locked", "shop.db")
    assert shown.level == "error"
    fields = dict(problems.failed_fields(failed(times=4), UTC))
    assert fields["times"] == "4, first 2026-03-10 12:00:00.000"
    assert fields["answered since"] == "not yet"
    over = failed(answered_ms=1_773_144_120_000)
    assert problems.failed_row(over, UTC).cells[3] == "answered"
    fields = dict(problems.failed_fields(over, UTC))
    assert "times" not in fields and fields["answered since"] == "2026-03-10 12:02:00.000"


@pytest.mark.parametrize(
    ("shown", "above", "below", "said"),
    [
        (0, False, False, "none"),
        (1, False, False, "1 record, the newest first"),
        (50, False, True, "50 records, older ones below"),
        (2_000, True, True, "2 000 records, newer ones above, older ones below"),
    ],
)
def test_how_many_records_are_listed(shown: int, above: bool, below: bool, said: str) -> None:
    assert problems.set_aside_line(shown, has_above=above, has_below=below) == said


def test_the_tabs_and_the_state_of_the_source_say_how_many_there_are() -> None:
    book = FailedQuestions(lambda: 0)
    assert problems.tabs_line(problems.SET_ASIDE, book) == "[set aside]  failed queries"
    assert problems.failed_line(book) == "none"
    assert list(problems.problem_facts(0, book, "!")) == []
    for number in range(MOST_KEPT + 2):
        book.failed("shop.db", str(number), "no", 1)
    said = "200, 200 not answered since; only the last 200 are kept, 2 older ones are gone"
    assert problems.tabs_line(problems.FAILED, book) == "set aside  [failed queries (200)]"
    assert problems.failed_line(book) == said
    assert list(problems.problem_facts(1, book, "!")) == [
        ("set aside", "1 record (! lists them)"),
        ("failed queries", f"{said} (! lists them)"),
    ]
    assert dict(problems.problem_facts(12, FailedQuestions(lambda: 0), "")) == {"set aside": "12 records"}


def test_the_command_line_prints_all_that_was_set_aside() -> None:
    assert problems.rejected_command_line("my shop.db") == "parcours 'my shop.db' rejected --limit all"
