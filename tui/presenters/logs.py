"""What stands above a list of log rows: how many, whether more exist, what waits below."""

from __future__ import annotations

from datetime import tzinfo

from backend.model import LogName
from backend.numbers import format_count, format_minute
from backend.query import Filter, without_term

TIME_RANGES: tuple[tuple[str, str], ...] = (
    ("any time", ""),
    ("1 h", "since:1h"),
    ("6 h", "since:6h"),
    ("24 h", "since:24h"),
    ("7 d", "since:7d"),
    ("30 d", "since:30d"),
)
"""Label and what the query says for it."""


def since_text(query: Filter, since: str) -> str:
    """The query's text with this time range in place of the one it has."""
    rest = without_term(without_term(query, "since"), "until").text
    return f"{rest} {since}".strip()


def rows_line(
    *, shown: int, has_older: bool, following: bool, new_below: int, searched_to_ms: int | None, zone: tzinfo
) -> str:
    """`1 204 rows, older ones above; following`, or what is not seen and how to see it."""
    count = "1 row" if shown == 1 else f"{format_count(shown)} rows"
    parts = [f"{count}, older ones above" if has_older else count]
    if searched_to_ms is not None:
        parts.append(f"searched back to {format_minute(searched_to_ms, zone)} only: narrow the filter")
    if new_below:
        parts.append(f"+{format_count(new_below)} new below, f follows")
    elif following:
        parts.append("following")
    return "; ".join(parts)


def log_headline(log: LogName, query: str, counted: str) -> str:
    """Which log, how much of it, by which filter: `scenario [event] tracking   12 rows   /kind:opened`."""
    tabs = " ".join(f"[{name}]" if name == log else name for name in LogName)
    return "   ".join(part for part in (tabs, counted, f"/{query}" if query else "") if part)
