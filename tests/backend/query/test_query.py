"""The query language: what parses to what, what the errors say, and that text and Filter are inverse."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.errors import QueryError
from backend.model import LogName
from backend.query.language import (
    ROSTER,
    Filter,
    Term,
    fields_for,
    format_query,
    parse,
    with_term,
    with_window,
    without_term,
)

NOW_MS = 1_773_144_000_000  # 2026-03-10T12:00:00Z
HOUR_MS = 3_600_000


def ask(text: str, log: str = LogName.EVENT) -> Filter:
    return parse(text, now_ms=NOW_MS, log=log)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("", ()),
        ("   ", ()),
        ("kind:opened", (Term("kind", "opened"),)),
        ("-kind:Clicked", (Term("kind", "clicked", negated=True),)),
        ("kind:opened kind:clicked", (Term("kind", "opened"), Term("kind", "clicked"))),
        ("level>=warning", (Term("level", "warning", at_least=True),)),
        ("level:error", (Term("level", "error"),)),
        ('scenario:"Welcome back"', (Term("scenario", "Welcome back"),)),
        (r'reason:"say \"hi\" \\ now"', (Term("reason", r'say "hi" \ now'),)),
        ("url:https://a.example/x?y=1:2", (Term("url", "https://a.example/x?y=1:2"),)),
        ("data.order_id:123", (Term("data.order_id", "123"),)),
        ("data.items.0.sku:A-1", (Term("data.items.0.sku", "A-1"),)),
        ('mailbox "is full"', (Term("", "mailbox"), Term("", "is full"))),
        ("-spam", (Term("", "spam", negated=True),)),
        ('"-spam"', (Term("", "-spam"),)),
        ('"kind:opened"', (Term("", "kind:opened"),)),
        ("12:30", (Term("", "12:30"),)),
        ('reason:""', (Term("reason", ""),)),
        ('class:"" -campaign:""', (Term("class", ""), Term("campaign", "", negated=True))),
        ("kind:opened kind:opened", (Term("kind", "opened"),)),
    ],
)
def test_parse_gives_the_terms_in_the_order_typed(text: str, terms: tuple[Term, ...]) -> None:
    assert ask(text).terms == terms


@pytest.mark.parametrize(
    ("text", "start_ms", "end_ms"),
    [
        ("since:1h", NOW_MS - HOUR_MS, None),
        ("since:1d12h until:30m", NOW_MS - 36 * HOUR_MS, NOW_MS - HOUR_MS // 2),
        ("since:2w", NOW_MS - 14 * 24 * HOUR_MS, None),
        ("until:90s", None, NOW_MS - 90_000),
        ("since:2026-03-10T12:00Z", NOW_MS, None),
        ("since:2026-03-10T13:00+01:00", NOW_MS, None),
        ('since:"2026-03-10 12:00:00.250Z"', NOW_MS + 250, None),
        ("since:12:30", NOW_MS - HOUR_MS // 2, None),
        ("since:9:05 until:13:00:00", NOW_MS - 4 * HOUR_MS + 300_000, NOW_MS),
        ("since:14:00", NOW_MS - 23 * HOUR_MS, None),
        ("since:2026-03-10", NOW_MS - 13 * HOUR_MS, None),
        ("since:2026-03-10T13:00 until:2026-03-11", NOW_MS, NOW_MS + 11 * HOUR_MS),
    ],
)
def test_times_are_spans_before_now_or_times_in_the_callers_zone(
    text: str, start_ms: int | None, end_ms: int | None
) -> None:
    query = parse(text, now_ms=NOW_MS, zone=ZoneInfo("Europe/Paris"), log=LogName.EVENT)
    assert (query.start_ms, query.end_ms) == (start_ms, end_ms)


def test_an_hour_that_the_clocks_repeat_is_the_first_one() -> None:
    query = parse("since:2026-10-25T02:30", now_ms=NOW_MS, zone=ZoneInfo("Europe/Paris"))
    assert query.start_ms == datetime(2026, 10, 25, 0, 30, tzinfo=UTC).timestamp() * 1000


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("kind:opened knd:x", 12, "did you mean kind?"),
        ("https://a.example", 0, "quote it"),
        ("kind:foo", 5, "complained"),
        ("kind:opned", 5, "did you mean opened?"),
        ("kind:", 5, "needs a value"),
        ('kind:""', 5, "needs a value"),
        ('reason:"open', 7, "never closed"),
        ('"a"b', 3, "space"),
        ("- x", 0, "nothing follows"),
        ('""', 0, "empty text"),
        ("since:soon", 6, "no time"),
        ("since:2026-13-01", 6, "no time"),
        ("since:1h since:2h", 9, "twice"),
        ("since:1h until:2h", 9, "before until"),
        ("-since:1h", 0, "turned round"),
        ("-repeat:any", 0, "turned round"),
        ("kind>=opened", 0, "no order"),
        ("level>warning", 0, "write level:value"),
        ("kind=opened", 0, "write kind:value"),
        ("machine:maybe", 8, "yes, no, any"),
        ("data:5", 0, "data.NAME"),
        ("kind.x:5", 0, "no field"),
        ("a \udcff", 2, "surrogate"),
        ("x" * 5_000, 4_096, "longer"),
        (" ".join(f"w{n}" for n in range(70)), 246, "at most 64"),
    ],
)
def test_an_error_points_at_the_column_and_says_what_exists(text: str, column: int, said: str) -> None:
    with pytest.raises(QueryError) as caught:
        ask(text)
    assert caught.value.column == column
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_each_log_has_its_own_fields_and_kinds() -> None:
    assert ask("kind:entered", LogName.SCENARIO).terms
    assert ask("state:waiting", ROSTER).terms
    for text, log in [
        ("kind:entered", LogName.EVENT),
        ("kind:delivered", LogName.TRACKING),
        ("state:waiting", LogName.EVENT),
        ("url:x", LogName.SCENARIO),
        ("kind:entered", ROSTER),
    ]:
        with pytest.raises(QueryError):
            ask(text, log)


def test_keep_and_drop_replace_each_other() -> None:
    query = with_term(ask("kind:opened"), "reason", 'mailbox "full"')
    assert query.text == r'kind:opened reason:"mailbox \"full\""'
    dropped = with_term(query, "reason", 'mailbox "full"', negated=True)
    assert dropped.text == r'kind:opened -reason:"mailbox \"full\""'
    assert without_term(dropped, "reason").text == "kind:opened"
    assert with_term(ask(""), "campaign", None).text == 'campaign:""'
    with pytest.raises(QueryError):
        with_term(query, "kind", "nonsense")


def test_a_window_is_written_as_absolute_times() -> None:
    query = with_window(ask("since:1h kind:opened"), NOW_MS, NOW_MS + 1)
    assert query.text == "kind:opened since:2026-03-10T12:00Z until:2026-03-10T12:00:00.001Z"
    assert ask(query.text) == query
    assert without_term(query, "until").end_ms is None
    assert with_window(query, None, None).text == "kind:opened"


_values = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_names = st.sampled_from([field.name for field in fields_for(LogName.EVENT)])


@given(st.lists(st.tuples(_names, _values, st.booleans()), max_size=6), st.lists(_values, max_size=3))
def test_formatting_and_parsing_are_inverse(fields: list[tuple[str, str, bool]], words: list[str]) -> None:
    query = ask("")
    for name, value, negated in fields:
        field = f"{name}.a" if name in ("data", "fields") else name
        try:
            query = with_term(query, field, value, negated=negated)
        except QueryError:
            continue
    for word in words:
        query = with_term(query, "", word) if word else query
    assert ask(format_query(query)) == query


@given(st.text(max_size=40))
def test_any_text_parses_or_is_refused_with_one_line(text: str) -> None:
    try:
        query = ask(text)
    except QueryError as error:
        assert 0 <= error.column <= len(text)
    else:
        assert ask(query.text) == query


@given(st.integers(min_value=-62_135_596_800_000, max_value=253_402_300_799_998))
def test_any_time_is_written_so_that_it_reads_back(at_ms: int) -> None:
    query = with_window(ask(""), at_ms, at_ms + 1)
    assert ask(query.text) == query
