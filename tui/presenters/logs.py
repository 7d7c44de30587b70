"""What stands above a list of log rows: how many of how many, what waits below, why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import NamedTuple

from rich.cells import cell_len

from backend.model import Level, LogName
from backend.numbers import format_count, format_minute
from backend.query.language import Filter, format_query, levels_of, without_term
from widgets.columns import wrap

TIME_RANGES: tuple[tuple[str, str], ...] = (
    ("any time", ""),
    ("1 h", "since:1h"),
    ("6 h", "since:6h"),
    ("24 h", "since:24h"),
    ("7 d", "since:7d"),
    ("30 d", "since:30d"),
)
"""Label and what the query says for it."""


MOST_LINES = 4
"""Lines of a filter above the rows: the field in which it is typed has room for all of it."""


class Tally(NamedTuple):
    """How many rows a query has in all; None where it is not known."""

    matching: int | None = None
    everything: int | None = None
    """Rows of the same time without the query's other terms."""
    is_capped: bool = False
    """Counting was given up: it takes too long."""
    counted_from_ms: int | None = None
    """Only rows from then on were counted, for the same reason."""


class Widening(NamedTuple):
    """A condition without which an empty answer would have rows, and how many."""

    term: str
    text: str
    """The query without it."""
    rows: int


def since_text(query: Filter, since: str) -> str:
    """The query's text with this time range in place of the one it has."""
    rest = without_term(without_term(query, "since"), "until").text
    return f"{rest} {since}".strip()


def rows_line(
    *,
    shown: int,
    has_older: bool,
    following: bool,
    new_below: int,
    searched_to_ms: int | None,
    zone: tzinfo,
    tally: Tally | None = None,
    passed_over: int = 0,
    paused: bool = False,
    marked: int = 0,
) -> str:
    """`200 of 1 204 rows, 17 126 hidden; following`, or what is not seen and how to see it.

    No tally: nothing counts them, and it is only said whether there are older ones.
    """
    count = "1 row" if shown == 1 else f"{format_count(shown)} rows"
    if tally is None:
        parts = [f"{count}, older ones above" if has_older else count]
    else:
        parts = [_counted(shown, tally, has_older)]
        if tally.counted_from_ms is not None:
            parts.append(f"counted back to {format_minute(tally.counted_from_ms, zone)} only")
    if searched_to_ms is not None:  # in 80 columns it must be read whole
        parts = [f"{count}; searched to {format_minute(searched_to_ms, zone)}, up goes on"]
    if passed_over:  # before what may be cut off where it is narrow
        parts.append(f"{format_count(passed_over)} passed over")
    if new_below:
        parts.append(f"+{format_count(new_below)} new below, f follows")
    elif following:
        parts.append("paused" if paused else "following")
    if marked:
        parts.append(f"{format_count(marked)} marked")
    return "; ".join(parts)


def _counted(shown: int, tally: Tally, has_more: bool) -> str:
    matching = tally.matching if tally.matching is None else max(tally.matching, shown)
    if tally.counted_from_ms is not None:
        return f"{format_count(shown)} of {format_count(matching or shown)} or more rows"
    if matching is None and has_more:
        return (
            f"{format_count(shown)} of more rows ({'too many to count' if tally.is_capped else 'counting'})"
        )
    if matching is None or matching == shown:
        count = "1 row" if shown == 1 else f"{format_count(shown)} rows"
    else:
        count = f"{format_count(shown)} of {format_count(matching)} rows"
    hidden = 0 if tally.everything is None else tally.everything - (shown if matching is None else matching)
    return f"{count}, {format_count(hidden)} hidden" if hidden > 0 else count


def search_line(searched_to_ms: int, zone: tzinfo) -> str:
    """Why there is no row, where not all were looked at."""
    return f"no row found back to {format_minute(searched_to_ms, zone)} so far: up looks further, esc clears"


def log_headline(
    log: LogName, query: str, counted: str, mode: str = "", width: int = 1_000, *, apart: bool = False
) -> tuple[str, ...]:
    """Which log, how much of it, by which filter: `scenario [event] tracking   12 rows   /kind:opened`.

    The filter stands below where the width would cut it, and where it is to stand apart.
    """
    tabs = " ".join(f"[{name}]" if name == log else name for name in LogName)
    first = f"{tabs}   {counted}"
    second = "   ".join(part for part in (mode, f"/{query}" if query else "") if part)
    if not second:
        return (first,)
    whole = f"{first}   {second}"
    if cell_len(whole) <= width and not apart:
        return (whole,)
    lines = wrap(second, width)
    return (
        (first, *lines)
        if len(lines) <= MOST_LINES
        else (first, *lines[: MOST_LINES - 1], f"{lines[MOST_LINES - 1]} ...")
    )


def widening_line(empty: str, widenings: Sequence[Widening], key: str) -> str:
    """Why nothing matches, and what would."""
    if not widenings:
        return f"{empty}; no single condition is to blame: esc clears them all"
    best, *others = widenings
    rest = "".join(f", without {other.term} {format_count(other.rows)}" for other in others[:2])
    return f"{empty}; without {best.term} {_rows(best.rows)} ({key} takes it out){rest}; esc clears all"


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{format_count(count)} rows"


def narrower(query: Filter) -> Sequence[tuple[str, Filter]]:
    """The query without one field's conditions, for each field: what is taken out, and what is left."""
    fields = dict.fromkeys(term.field for term in query.terms)
    found = []
    for field in fields:
        left = without_term(query, field)
        gone = Filter(log=query.log, terms=tuple(term for term in query.terms if term.field == field))
        found.append((format_query(gone), left))
    return found


CONCERNS = ("", "level>=warning", "level:error")
"""From which level on rows are shown, one after the other."""


def next_concern(query: Filter) -> str:
    """The query's text with the next level in place of its own; the first level after the last."""
    rest = without_term(query, "level")
    own = format_query(Filter(log=query.log, terms=tuple(t for t in query.terms if t.field == "level")))
    place = CONCERNS.index(own) + 1 if own in CONCERNS else 0
    return f"{rest.text} {CONCERNS[place % len(CONCERNS)]}".strip()


def asks_for_errors(query: Filter) -> bool:
    """Whether the query's own level terms let errors in."""
    terms = [term for term in query.terms if term.field == "level"]
    wanted = [term for term in terms if not term.negated]
    barred = any(Level.ERROR in levels_of(term) for term in terms if term.negated)
    return not barred and (not wanted or any(Level.ERROR in levels_of(term) for term in wanted))
