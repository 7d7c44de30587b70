"""Tracking rows and tabs as the console shows them: what was clicked, when, in which delivery, with what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from rich.cells import cell_len

from backend.model import DAY_MS, HOUR_MS, LogRow, Report, Subject
from backend.numbers import format_age, format_minute, format_second, zone_name
from backend.query.language import parse, with_term
from backend.tracking.agents import agent_of
from backend.tracking.delivery import TABS
from tui.presenters.log_rows import row_key
from tui.presenters.report import Preset, cut_name, fitting
from widgets.columns import Column, Row

LOGS_TAB = "logs"
SCREEN_TABS: dict[str, str] = {
    **{tab: title for tab, title in TABS.items() if tab not in ("indicators", "missing")},
    LOGS_TAB: "Tracking logs",
    "indicators": TABS["indicators"],
}
"""The tabs of a delivery, in their order."""


PERIODS: tuple[Preset, ...] = (
    Preset("since the sending", None),
    Preset("first hour", HOUR_MS),
    Preset("first 6 hours", 6 * HOUR_MS),
    Preset("first day", DAY_MS),
    Preset("first 3 days", 3 * DAY_MS),
    Preset("first 7 days", 7 * DAY_MS),
)
"""How much of a delivery's life its reactions are counted for (F103)."""
TRACKING_COLUMNS: tuple[Column, ...] = (
    Column("time", "date and time", least=19),
    Column("what", "what", least=11, most=26),
    Column("url", "URL", least=16, grow=4),
    Column("delivery", "delivery", least=12, most=36, grow=1, drop=2),
    Column("browser", "browser", least=16, most=24, drop=3),
    Column("system", "system", least=10, most=20, drop=5),
    Column("device", "device", least=8, most=20, drop=4),
    Column("contact", "contact", least=16, most=40, grow=1, drop=6),
    Column("by", "by", least=7, drop=7),
)


def tracking_row(row: LogRow, zone: tzinfo) -> Row:
    """One tracking row, whatever its product."""
    agent = agent_of(row.user_agent)
    link = " ".join(dict.fromkeys(text for text in (row.name, row.url) if text))
    cells = (
        format_second(row.at_ms, zone),
        row.type,
        link,
        row.delivery or "",
        agent.browser,
        agent.system,
        agent.device or (row.platform or ""),
        row.contact or "",
        "machine" if row.machine else "",
    )
    return Row(row_key(row), cells)


def in_order(rows: Sequence[LogRow], zone: tzinfo, column: int, *, backwards: bool) -> list[LogRow]:
    """The rows by one column, equal ones the newest first, those that have nothing there last."""
    newest_first = sorted(rows, key=lambda row: (-row.at_ms, row.id))
    told = {row_key(row): tracking_row(row, zone).cells[column].casefold() for row in rows}
    filled = [row for row in newest_first if told[row_key(row)]]
    filled.sort(key=lambda row: told[row_key(row)], reverse=backwards)
    return [*filled, *(row for row in newest_first if not told[row_key(row)])]


def sort_line(column: int, *, backwards: bool) -> str:
    """By what the rows are sorted."""
    return f"by {TRACKING_COLUMNS[column].title}{', backwards' if backwards else ''}"


def delivery_query(delivery: Subject) -> str:
    """The query for a delivery's rows in a log."""
    return with_term(parse("", now_ms=0), "delivery", delivery.name).text


def tracking_headline(
    report: Report | None,
    delivery: Subject | None,
    tab: str,
    at: tuple[int, int],
    said: str,
    zone: tzinfo,
    cells: int,
) -> tuple[str, str]:
    """Two lines: which delivery and tab, and how old what is shown is."""
    if delivery is None:
        return "delivery tracking", ""
    place = f"   {at[0]} of {at[1]}   "
    name = cut_name(delivery.name, cells - cell_len(place) - LEAST_TABS)
    first = name + place + _tabs(tab, cells - cell_len(name + place))
    if report is None:
        return first, said or "loading"
    start = format_minute(report.window.start_ms, zone)
    newest = "no tracking row yet"
    if report.newest_ms is not None:
        newest = f"newest row {format_age(report.newest_ms, report.as_of_ms)}"
    test = "with seeds and proofs" if report.include_test else ""
    return first, fitting((f"since {start} {zone_name(zone, report.as_of_ms)}", test, said, newest), cells)


LEAST_TABS = 36
"""Cells that the name of a delivery leaves to the tabs."""


def _tabs(here: str, cells: int) -> str:
    """The tabs with this one in brackets; of those that do not fit in, the nearest ones, whole."""
    told = [f"[{title}]" if name == here else title for name, title in SCREEN_TABS.items()]
    first = last = list(SCREEN_TABS).index(here)
    for place in (*range(last + 1, len(told)), *range(first - 1, -1, -1)):
        wider = min(first, place), max(last, place)
        if cell_len(_between(told, *wider)) <= cells and (place == last + 1 or place == first - 1):
            first, last = wider
    return _between(told, first, last)


def _between(told: Sequence[str], first: int, last: int) -> str:
    before, behind = ["..."] * (first > 0), ["..."] * (last < len(told) - 1)
    return "  ".join((*before, *told[first : last + 1], *behind))
