"""The frame of a live report: which time it covers, whether it is live, how old, what to choose from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo
from typing import NamedTuple

from rich.cells import cell_len

from backend.model import DAY_MS, HOUR_MS, Report, Subject, SubjectKind, Window
from backend.numbers import format_age, format_count, format_length, format_minute, format_span, zone_name
from backend.query.text import read_time
from backend.reports.report import tab_of
from tui.presenters.times import format_near, format_window
from widgets import shown
from widgets.columns import to_width


class Preset(NamedTuple):
    """A time range to choose. length_ms None: the live window, 24 hours as R01 has it."""

    label: str
    length_ms: int | None
    window: Window | None = None
    """A range that a person typed: it stays where it is."""


LIVE = Preset("24 h, live", None)
PRESETS: tuple[Preset, ...] = (
    LIVE,
    Preset("1 h", HOUR_MS),
    Preset("6 h", 6 * HOUR_MS),
    Preset("3 d", 3 * DAY_MS),
    Preset("7 d", 7 * DAY_MS),
    Preset("30 d", 30 * DAY_MS),
    Preset("90 d", 90 * DAY_MS),
    Preset("1 year", 365 * DAY_MS),
)
ENDS_NOW_MS = 300_000
"""A window that ended longer ago than this is a range of the past, not the live one."""
LIVE_WITHIN_MS = 24 * HOUR_MS
"""A subject whose newest row is older than this is not live: its windows end at that row."""


def preset_window(preset: Preset, newest_ms: int | None, now_ms: int) -> Window | None:
    """The span to ask for; None leaves it to the source (the live window)."""
    if preset.window is not None:
        return preset.window
    if preset.length_ms is None:
        return None
    is_over = newest_ms is not None and now_ms - newest_ms > LIVE_WITHIN_MS
    end_ms = newest_ms + 1 if is_over and newest_ms is not None else now_ms
    return Window(end_ms - preset.length_ms, end_ms)


def preset_lines(current: Preset) -> Iterator[tuple[str, str, Preset]]:
    """What to choose a time range from: its name, whether it is on screen, and the range."""
    for preset in PRESETS if current in PRESETS else (current, *PRESETS):
        yield preset.label, "on screen now" if preset == current else "", preset


RANGE_HINT = "a span (90m, 3d) or two times (2026-03-01 .. 2026-03-04T12:00)"


def typed_range(text: str, now_ms: int, zone: tzinfo) -> Preset | None:
    """The range that a text means: a span up to now, or from a time to another; None: it is none."""
    start, dots, end = (part.strip() for part in text.partition(".."))
    start_ms = read_time(start, now_ms=now_ms, zone=zone)
    end_ms = read_time(end, now_ms=now_ms, zone=zone) if end else now_ms
    if start_ms is None or end_ms is None or start_ms >= end_ms:
        return None
    if not dots and start_ms < now_ms and not start[:4].isdigit():
        return Preset(f"last {format_span(now_ms - start_ms)}", now_ms - start_ms)
    window = Window(start_ms, end_ms)
    return Preset(f"{format_window(window, zone)} {zone_name(zone, end_ms)}", None, window)


def range_of(window: Window, start_ms: int, end_ms: int) -> Window | None:
    """The part of a window that a range of a chart means, whose steps may reach beyond it; None: none."""
    start_ms, end_ms = max(start_ms, window.start_ms), min(end_ms, window.end_ms)
    return Window(start_ms, end_ms) if start_ms < end_ms else None


def range_preset(window: Window, start_ms: int, end_ms: int, zone: tzinfo) -> Preset | None:
    """`range_of` as a time range to choose."""
    part = range_of(window, start_ms, end_ms)
    if part is None:
        return None
    return Preset(f"{format_window(part, zone)} {zone_name(zone, part.end_ms)}", None, part)


def window_line(report: Report, zone: tzinfo) -> str:
    """What the numbers cover: `live, last 24 h to now, UTC` or `not live: ends 2025-03-02 14:10 UTC`.

    No clock ticks in it: where nothing happens nothing is painted.
    """
    zone_word = zone_name(zone, report.window.end_ms)
    span = format_length(report.window.length_ms)
    if report.newest_ms is None:
        return f"no rows yet; {format_window(report.window, zone)} {zone_word}"
    if not report.live:
        end_ms = report.window.end_ms
        ago = _ago(end_ms, report.as_of_ms)
        return f"not live: ends {format_minute(end_ms, zone)} {zone_word}{ago}, {span}"
    if report.as_of_ms - report.window.end_ms > ENDS_NOW_MS:
        return f"{format_window(report.window, zone)} {zone_word}"
    return f"live, last {span} to now, {zone_word}"


def age_line(report: Report, zone: tzinfo) -> str:
    """When the newest row was, unless the window ends with it, how long ago where it is more than an hour,
    and when it was received (R03)."""
    parts = []
    if report.newest_ms is not None and report.newest_ms + 1 != report.window.end_ms:
        at = format_near(report.newest_ms, report.as_of_ms, zone)
        parts.append(f"newest row {at}{_ago(report.newest_ms, report.as_of_ms)}")
    if report.received_ms is not None:
        parts.append(f"received {format_near(report.received_ms, report.as_of_ms, zone)}")
    return ", ".join(parts)


def _ago(at_ms: int, now_ms: int) -> str:
    hours = (now_ms - at_ms) // HOUR_MS
    if hours < 1:
        return ""
    return f" ({hours} h ago)" if hours < 48 else f" ({hours // 24} d ago)"


def data_age(report: Report, zone: tzinfo, *, is_old: bool) -> str:
    """What a pane says of its age: up to when there is data, or where reading fails when it was read."""
    if is_old:
        return f"as of {format_near(report.as_of_ms, report.as_of_ms, zone)}"
    if report.newest_ms is None:
        return ""
    return f"data to {format_near(report.newest_ms, report.as_of_ms, zone).rpartition(':')[0]}"


NOTHING_YET = "no row names one yet; 2 shows the logs, 6 deliveries, 5 the source"


LEAST_NAME = 12
"""Cells of a subject's name at least, however narrow it is."""


def subject_line(report: Report | None, subject: Subject | None, at: tuple[int, int], cells: int) -> str:
    """Which subject, of how many, and its tabs; a long name is cut, they are not. at: the subject's place
    among all, 0 where it is none of them (a delivery)."""
    if subject is None:
        return "live report"
    place = f"{subject.kind.value} {at[0]} of {at[1]}" if at[0] else subject.kind.value
    tabs = "" if report is None else "  ".join(_tab_title(subject, tab, report.tab) for tab in report.tabs)
    behind = f"   {place}   {tabs}".rstrip()
    return cut_name(subject.name, cells - cell_len(behind)) + behind


def cut_name(name: str, cells: int) -> str:
    """A name in at most so many cells, though never in fewer than twelve."""
    whole = shown.text(name)
    return to_width(whole, min(cell_len(whole), max(LEAST_NAME, cells)))


def time_parts(report: Report, zone: tzinfo) -> Sequence[str]:
    """Which time the numbers cover, whether test events are in them, how old they are."""
    test = "with test events" if report.include_test else ""
    return window_line(report, zone), test, age_line(report, zone)


def fitting(parts: Iterable[str], cells: int) -> str:
    """The parts that fit into a line, the first ones first; one that does not fit is left out whole."""
    said = ""
    for part in parts:
        longer = f"{said}; {part}" if said and part else said or part
        if not said or cell_len(longer) <= cells:
            said = longer
    return said


def _tab_title(subject: Subject, tab_id: str, current: str) -> str:
    title = tab_of(subject, tab_id).title
    return f"[{title}]" if tab_id == current else title


def in_order(before: Sequence[Subject], found: Iterable[Subject]) -> tuple[Subject, ...]:
    """The subjects found, those that were there before in the order that they had: a catalogue is sorted by
    what happened last, and next and previous should lead to the same ones each time."""
    places = {(one.kind, one.id): place for place, one in enumerate(before)}
    return tuple(sorted(found, key=lambda one: places.get((one.kind, one.id), len(places))))


def subject_lines(subjects: Sequence[Subject], now_ms: int) -> Iterator[tuple[str, str, Subject]]:
    """What to choose a subject from: its name, what tells it from the others, and the subject."""
    names = Counter(one.name.casefold() for one in subjects)
    for one in subjects:
        yield one.name, _subject_detail(one, now_ms, has_key=names[one.name.casefold()] > 1), one


def _subject_detail(subject: Subject, now_ms: int, *, has_key: bool) -> str:
    is_delivery = subject.kind is SubjectKind.DELIVERY and subject.channel is not None
    parts = [f"{subject.kind.value} by {subject.channel}" if is_delivery else subject.kind.value]
    if subject.kind is SubjectKind.SCENARIO and subject.inside is not None:
        parts.append(f"{format_count(subject.inside)} inside")
    parts.append(
        f"newest {format_age(subject.newest_ms, now_ms)}" if subject.newest_ms is not None else "no rows"
    )
    parts.append(subject.product if subject.account == "default" else f"{subject.product} {subject.account}")
    parts += [f"id {subject.key}"] if has_key else []
    return ", ".join(parts)


def first_subject(subjects: Iterable[Subject]) -> Subject | None:
    """Where a console opens: the scenario with the newest row, else whatever has the newest."""
    return max(
        subjects,
        key=lambda s: (
            s.newest_ms is not None,
            s.kind is SubjectKind.SCENARIO,
            s.newest_ms or 0,
        ),
        default=None,
    )
