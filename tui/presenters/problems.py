"""Problems as rows and fields: records that were set aside, questions that were not answered."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from datetime import tzinfo

import msgspec

from backend.clean import clean
from backend.model import RejectedRow
from backend.numbers import format_count, format_span
from tui.failed_questions import MOST_KEPT, FailedQuestion, FailedQuestions
from tui.presenters.log_rows import raw_fields, raw_text
from tui.presenters.row_texts import LONGEST
from tui.presenters.times import format_full, format_short
from widgets.columns import Column, Row

SET_ASIDE, FAILED = "set aside", "failed queries"
"""The two tabs."""
KEPT_CHARACTERS = 300
"""Of a record in a list; opening reads it whole."""
SET_ASIDE_COLUMNS = (
    Column("time", "set aside", least=14),
    Column("format", "feed", least=9, most=24, grow=1, drop=2),
    Column("reason", "reason", least=20, most=60, grow=4),
    Column("place", "place", least=14, most=40, grow=2, drop=1),
    Column("record", "record", least=14, grow=5, drop=3),
)
FAILED_COLUMNS = (
    Column("time", "last failed", least=14),
    Column("times", "times", least=5, align="right", drop=3),
    Column("took", "took", least=8, align="right", drop=2),
    Column("since", "since then", least=14),
    Column("asked", "asked", least=16, most=60, grow=3),
    Column("error", "error", least=16, grow=4),
    Column("source", "source", least=12, most=40, grow=1, drop=4),
)
NEVER_FAILED = "no query failed since the console was opened"
NONE_SET_ASIDE = "no record was set aside: every one that came could be read"
Fields = tuple[tuple[str, str], ...]


def short_of(row: RejectedRow) -> RejectedRow:
    """The row with the beginning of its record: a list may hold thousands of them."""
    return msgspec.structs.replace(row, sample=row.sample[:KEPT_CHARACTERS])


def set_aside_key(row: RejectedRow) -> str:
    return f"set-aside:{row.id}"


def set_aside_row(row: RejectedRow, zone: tzinfo) -> Row:
    record = " ".join(_text(row.sample).split())
    cells = (format_short(row.at_ms, zone), row.format or "(not known)", row.reason, row.place, record)
    return Row(set_aside_key(row), cells, "warning")


def set_aside_fields(row: RejectedRow, zone: tzinfo) -> Fields:
    """What is known of the row, but for its record."""
    return (
        ("reason", row.reason),
        ("set aside", format_full(row.at_ms, zone)),
        ("feed", row.format or "(not known)"),
        ("place", row.place or "(not told)"),
        ("size", _size(row)),
        ("sha256", row.sha256),
    )


def _size(row: RejectedRow) -> str:
    size = f"{format_count(row.size_bytes)} bytes"
    kept = len(row.sample)
    return size if kept >= row.size_bytes else f"{size}, of which the first {format_count(kept)} were kept"


def record_lines(row: RejectedRow) -> Fields:
    """The record as it came, a field for each of its lines; JSON is laid out."""
    return raw_fields(_text(row.sample).encode())


def record_value(row: RejectedRow) -> object:
    """The record to be unfolded: what the JSON holds, else its text."""
    try:
        return json.loads(row.sample)
    except (ValueError, RecursionError):
        return _text(row.sample)


def record_text(row: RejectedRow) -> str:
    """The record as it came, without what acts on a terminal."""
    return safe_text(_text(row.sample))


def safe_text(value: str) -> str:
    """Lines of text to take away."""
    return clean(value, LONGEST, multiline=True)


def _text(sample: bytes) -> str:
    return sample.decode("utf-8", "backslashreplace")


def set_aside_page(row: RejectedRow, zone: tzinfo) -> str:
    """All of it as plain text, for a pager."""
    record = safe_text(raw_text(_text(row.sample).encode()))
    return f"{fields_text(set_aside_fields(row, zone))}\n\n{record}\n"


def fields_text(fields: Fields) -> str:
    """Fields on a line each, safe to be printed."""
    width = max(len(name) for name, _ in fields)
    return "\n".join(f"{name:<{width}}  {clean(value, LONGEST)}" for name, value in fields)


def rejected_command_line(source: str) -> str:
    """The command that prints what was set aside, safe to be pasted into a shell."""
    return shlex.join(["parcours", source, "rejected", "--limit", "all"])


# --- failed questions ------------------------------------------------------------------------------------


def failed_key(one: FailedQuestion) -> str:
    return f"failed:{one.id}"


def failed_row(one: FailedQuestion, zone: tzinfo) -> Row:
    since = "not answered" if one.answered_ms is None else "answered"
    cells = (
        format_short(one.last_ms, zone),
        format_count(one.times),
        format_span(one.took_ms),
        since,
        one.asked,
        one.error,
        one.source,
    )
    return Row(failed_key(one), cells, "error" if one.answered_ms is None else "info")


def failed_fields(one: FailedQuestion, zone: tzinfo) -> Fields:
    """All that is known of a failed question."""
    return tuple(_failed_fields(one, zone))


def _failed_fields(one: FailedQuestion, zone: tzinfo) -> Iterator[tuple[str, str]]:
    yield "asked", one.asked
    yield "source", one.source
    yield "error", one.error
    yield "failed", format_full(one.last_ms, zone)
    if one.times > 1:
        yield "times", f"{format_count(one.times)}, first {format_full(one.first_ms, zone)}"
    yield "took", format_span(one.took_ms)
    said = "not yet" if one.answered_ms is None else format_full(one.answered_ms, zone)
    yield "answered since", said


# --- how many --------------------------------------------------------------------------------------------


def tabs_line(here: str, failed: FailedQuestions) -> str:
    """`[set aside]  failed queries (3)`"""
    count = len(failed.newest_first)
    tabs = (SET_ASIDE, SET_ASIDE), (FAILED, f"{FAILED} ({format_count(count)})" if count else FAILED)
    return "  ".join(f"[{said}]" if tab == here else said for tab, said in tabs)


def set_aside_line(shown: int, *, has_above: bool, has_below: bool) -> str:
    """How many records are listed, the newest first."""
    if not shown:
        return "none"
    records = "1 record" if shown == 1 else f"{format_count(shown)} records"
    above = "newer ones above" if has_above else ""
    below = "older ones below" if has_below else ""
    more = ", ".join(part for part in (above, below) if part)
    return f"{records}, {more}" if more else f"{records}, the newest first"


def failed_line(failed: FailedQuestions) -> str:
    """How many queries failed since the console was opened."""
    count = len(failed.newest_first)
    if not count:
        return "none"
    parts = [f"{format_count(count)}, {format_count(failed.unanswered)} not answered since"]
    if failed.let_go:
        parts.append(f"only the last {MOST_KEPT} are kept, {format_count(failed.let_go)} older ones are gone")
    return "; ".join(parts)


def problem_facts(records: int, failed: FailedQuestions, key: str) -> Iterator[tuple[str, str]]:
    """Names and words for the state of the source. records: all that were set aside."""
    where = f" ({key} lists them)" if key else ""
    if records:
        yield "set aside", f"{format_count(records)} record{'s' if records > 1 else ''}{where}"
    if failed.newest_first:
        yield "failed queries", f"{failed_line(failed)}{where}"
