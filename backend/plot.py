"""Values to the lines of a chart, for screen and command line alike (a leaf: standard library and plotext).

plotext 6 ends the whole process on a NaN and raises on infinity, so nothing reaches it but the numbers
that this module made itself: dropped where not finite, thinned out, scaled to 0..1. Its figure is shared
by the process and not safe between threads: one lock holds it. Whatever the numbers, a chart comes back,
and its lines are exactly as wide as asked. Labels must be safe to show already (`backend.clean`).
"""

from __future__ import annotations

import math
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, NamedTuple

Number = float | int | None

_LOCK = threading.Lock()
LARGEST = 1e300
SMALLEST = 1e-300
"""Beyond these a number is drawn as infinite (left out) or as 0: arithmetic on it would leave the floats."""
POINTS_A_CELL = 2
"""More points than a cell can show are thinned out, the highest of each group stays."""

MARKS = "•+x*o#%@"
MARKS_ASCII = "*+xo#%@&"
BLOCKS = "▏▎▍▌▋▊▉█"
LEVELS = "▁▂▃▄▅▆▇█"
LEVELS_ASCII = "_.-:=+*#"
_TO_ASCII = str.maketrans({"─": "-", "│": "|", **dict.fromkeys("┌┐└┘├┤┬┴┼", "+")})
_BLANK_BRAILLE = "\u2800"

MINUTE_S, HOUR_S, DAY_S = 60, 3_600, 86_400
TIME_STEPS_S = (
    *(MINUTE_S * n for n in (1, 2, 5, 10, 15, 30)),
    *(HOUR_S * n for n in (1, 2, 3, 4, 6, 12)),
    *(DAY_S * n for n in (1, 2, 7, 14, 28, 91, 182, 364, 3640, 36400)),
)
FIRST_S, LAST_S = -55_000_000_000, 247_000_000_000
"""Times from which datetime can go a longest step either way."""


class Line(NamedTuple):
    """One line of a chart; None, NaN and infinity are gaps."""

    label: str
    values: Sequence[Number]
    color: int | None = None
    """Of the terminal's 256 colours; None draws with a mark of its own instead."""


class Bar(NamedTuple):
    label: str
    value: Number
    shown: str
    """The number as it stands behind the bar."""


class TimeAxis(NamedTuple):
    """Point i of a line stands for the time that starts at start_ms + i * step_ms."""

    start_ms: int
    step_ms: int
    zone: tzinfo = UTC


# --- text in cells -------------------------------------------------------------------------------------


def cell_width(text: str) -> int:
    """Cells that safe text takes."""
    if text.isascii():
        return len(text)
    return sum(_char_width(char) for char in text)


def _char_width(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me") or "\u1160" <= char <= "\u11ff":
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def fit(text: str, width: int, *, right: bool = False, ascii_only: bool = False) -> str:
    """The text in exactly `width` cells: filled up with blanks, or cut with an ellipsis."""
    have = cell_width(text)
    if have > width:
        text = _cut(text, width, "~" if ascii_only else "…")
        have = cell_width(text)
    blanks = " " * (width - have)
    return blanks + text if right else text + blanks


def _cut(text: str, width: int, ellipsis: str) -> str:
    if width < 1:
        return ""
    taken, room = [], width - 1
    for char in text:
        room -= _char_width(char)
        if room < 0:
            break
        taken.append(char)
    return "".join(taken) + ellipsis


# --- numbers -------------------------------------------------------------------------------------------


def finite(value: Number) -> float | None:
    """The value where it can be drawn."""
    if value is None:
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    if not abs(number) <= LARGEST:  # also NaN
        return None
    return number if abs(number) >= SMALLEST else 0.0


def nice_ticks(low: float, high: float, most: int, *, whole: bool = False) -> list[float]:
    """At most `most` + 1 round numbers, evenly spaced, the first at or below `low`, the last at or above
    `high`. whole: no parts of one between them."""
    if not high > low:
        high = low + max(abs(low), 1.0)
    rough = (high - low) / max(most - 1, 1)
    power = 10.0 ** math.floor(math.log10(max(rough, SMALLEST)))
    step = next((power * n for n in (1, 2, 5, 10) if power * n >= rough), power * 10)
    step = max(step, 1.0) if whole else step
    first, last = math.floor(low / step), math.ceil(high / step)
    return [place * step for place in range(first, last + 1)]


def tick_text(value: float) -> str:
    """A short form for an axis: 950, 1.5k, 20M."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{unit}" if abs(value) < size * 1000 else f"{value:.1e}"
    return f"{value:.3g}"


def thinned(values: Sequence[Number], most: int) -> tuple[list[float | None], int]:
    """At most `most` values and how many of the old ones one stands for: the highest of each group."""
    numbers = [finite(value) for value in values]
    group = max(-(-len(numbers) // max(most, 1)), 1)
    if group == 1:
        return numbers, 1
    groups = (numbers[start : start + group] for start in range(0, len(numbers), group))
    return [max((n for n in some if n is not None), default=None) for some in groups], group


# --- times ---------------------------------------------------------------------------------------------


def time_ticks(start_ms: int, end_ms: int, most: int, zone: tzinfo = UTC) -> list[tuple[int, str]]:
    """At most `most` round times in the span, with their labels: 20:00, or 11-21 at midnight."""
    start_s, end_s = start_ms / 1000, end_ms / 1000
    if not FIRST_S <= start_s < end_s <= LAST_S or most < 1:
        return []
    span_s = end_s - start_s
    step_s = next((step for step in TIME_STEPS_S if span_s / step <= most), None)
    if step_s is None:
        return []
    return [
        (round(at.timestamp() * 1000), _time_text(at, step_s))
        for at in _round_times(start_s, end_s, step_s, zone)
    ]


def _round_times(start_s: float, end_s: float, step_s: int, zone: tzinfo) -> Iterator[datetime]:
    """Times on the zone's clock that are whole steps from its midnight (of an era, for steps of days)."""
    local = datetime.fromtimestamp(start_s, UTC).astimezone(zone)
    clock = local.replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    if step_s > DAY_S:
        days = step_s // DAY_S
        clock -= timedelta(days=clock.toordinal() % days)
    for _ in range(10_000):
        at = clock.replace(tzinfo=zone)
        if at.timestamp() >= end_s:
            return
        if at.timestamp() >= start_s:
            yield at
        clock += timedelta(seconds=step_s)


def _time_text(at: datetime, step_s: int) -> str:
    if step_s >= 91 * DAY_S:
        return f"{at:%Y-%m}"
    if step_s >= DAY_S or (at.hour, at.minute) == (0, 0):
        return f"{at:%m-%d}"
    return f"{at:%H:%M}"


# --- charts --------------------------------------------------------------------------------------------


def line_chart(
    lines: Sequence[Line], width: int, height: int, axis: TimeAxis, *, ascii_only: bool = False
) -> list[str]:
    """A chart over time in exactly `height` lines of `width` cells, with a legend below it where there are
    several lines. Coloured lines carry SGR codes, plain ones nothing but characters."""
    legend = _legend(lines, width, ascii_only) if len(lines) > 1 else []
    plot_height = height - len(legend)
    if plot_height < 4 or width < 20 or not lines:
        return _too_small(lines, width, height, ascii_only)
    shapes = [thinned(line.values, width * POINTS_A_CELL) for line in lines]
    known = [value for values, _ in shapes for value in values if value is not None]
    whole = all(value.is_integer() for value in known)
    ticks = nice_ticks(min([0.0, *known]), max([0.0, *known]), max(plot_height // 3, 2), whole=whole)
    points = max(len(line.values) for line in lines)
    with _LOCK:
        drawn = _draw(
            lines, shapes, ticks, _x_ticks(axis, points, width), width, plot_height, points, ascii_only
        )
    if ascii_only:
        drawn = [line.translate(_TO_ASCII) for line in drawn]
    return drawn + legend


def _draw(
    lines: Sequence[Line],
    shapes: Sequence[tuple[list[float | None], int]],
    ticks: Sequence[float],
    x_ticks: Sequence[tuple[float, str]],
    width: int,
    height: int,
    points: int,
    ascii_only: bool,
) -> list[str]:
    import plotext  # 90 ms: only where a chart is drawn

    plotext.terminal.limit(False, False)
    figure = plotext.figure
    figure.clear()
    figure.plot_size(width, height)
    figure.theme("colorless")
    figure.axes(False, side=1)
    low, high = ticks[0], ticks[-1]
    for place, (line, (values, group)) in enumerate(zip(lines, shapes, strict=True)):
        marker = _marker(plotext, line, place, len(lines), ascii_only)
        for xs, ys in _runs(values, group, low, high):
            figure.draw(figure.signal(xs, ys, marker=marker).lines(len(xs) > 1))
    figure.ruler(0).lim(0.0, float(max(points - 1, 1)))
    figure.ruler(1).lim(0.0, 1.0)
    figure.ruler(0).ticks([at for at, _ in x_ticks], [text for _, text in x_ticks])
    figure.ruler(1).ticks([(tick - low) / (high - low) for tick in ticks], [tick_text(t) for t in ticks])
    colored = any(line.color is not None for line in lines)
    text: str = figure.build().string(colorless=not colored)
    figure.clear()
    return text.replace(_BLANK_BRAILLE, " ").split("\n")[:height]


def _runs(
    values: Sequence[float | None], group: int, low: float, high: float
) -> Iterator[tuple[list[float], list[float]]]:
    """Stretches without a gap, as places on the axis and heights from 0 to 1."""
    xs: list[float] = []
    ys: list[float] = []
    for place, value in enumerate(values):
        if value is None:
            if xs:
                yield xs, ys
            xs, ys = [], []
        else:
            xs.append(float(place * group))
            ys.append(min(max((value - low) / (high - low), 0.0), 1.0))
    if xs:
        yield xs, ys


def _marker(plotext: Any, line: Line, place: int, count: int, ascii_only: bool) -> Any:
    alone = line.color is not None or count == 1
    symbol = "braille" if alone and not ascii_only else _mark(place, ascii_only)
    return symbol if line.color is None else plotext.marker(symbol, line.color)


def _mark(place: int, ascii_only: bool) -> str:
    marks = MARKS_ASCII if ascii_only else MARKS
    return marks[place % len(marks)]


def _x_ticks(axis: TimeAxis, points: int, width: int) -> list[tuple[float, str]]:
    end_ms = axis.start_ms + max(points, 1) * axis.step_ms
    found = time_ticks(axis.start_ms, end_ms, max(width // 12, 1), axis.zone)
    placed = [((at - axis.start_ms) / axis.step_ms, text) for at, text in found]
    return [(at, text) for at, text in placed if at <= points - 1]


def _legend(lines: Sequence[Line], width: int, ascii_only: bool) -> list[str]:
    """What each line is, in as few lines of text as it takes."""
    rows: list[list[str]] = [[]]
    used = 0
    for place, line in enumerate(lines):
        label = fit(line.label, min(cell_width(line.label), max(width - 2, 0)), ascii_only=ascii_only)
        entry = 2 + cell_width(label)
        if rows[-1] and used + 2 + entry > width:
            rows.append([])
            used = 0
        used += entry + (2 if rows[-1] else 0)
        rows[-1].append(f"{_painted(line, place, ascii_only)} {label}")
    return [_padded("  ".join(row), width) for row in rows]


def _painted(line: Line, place: int, ascii_only: bool) -> str:
    if line.color is None:
        return _mark(place, ascii_only)
    return f"\x1b[38;5;{line.color}m{_mark(place, ascii_only) if ascii_only else '━'}\x1b[0m"


def _padded(text: str, width: int) -> str:
    """Text with codes of ours in it, filled up to `width` cells."""
    plain = text
    while "\x1b[" in plain:
        start = plain.index("\x1b[")
        plain = plain[:start] + plain[plain.index("m", start) + 1 :]
    return text + " " * (width - cell_width(plain)) if cell_width(plain) <= width else fit(plain, width)


def _too_small(lines: Sequence[Line], width: int, height: int, ascii_only: bool) -> list[str]:
    """No room for axes: one sparkline for each line of the chart."""
    drawn = [sparkline(line.values, width, ascii_only=ascii_only) for line in lines[: max(height, 0)]]
    return drawn + [" " * max(width, 0)] * (height - len(drawn))


def bar_chart(bars: Sequence[Bar], width: int, *, ascii_only: bool = False) -> list[str]:
    """One line for each bar: label, bar, number. A value that cannot be drawn has no bar."""
    if width < 1:
        return ["" for _ in bars]
    numbers = [finite(bar.value) for bar in bars]
    most = max((number for number in numbers if number is not None), default=0.0)
    label_width = min(max((cell_width(bar.label) for bar in bars), default=0), max(width * 2 // 5, 1))
    shown_width = min(
        max((cell_width(bar.shown) for bar in bars), default=0), max(width - label_width - 1, 0)
    )
    room = width - label_width - shown_width - 2
    drawn = []
    for bar, number in zip(bars, numbers, strict=True):
        share = 0.0 if number is None or most <= 0 else max(number, 0.0) / most
        label = fit(bar.label, label_width, ascii_only=ascii_only)
        shown = fit(bar.shown, shown_width, right=True, ascii_only=ascii_only)
        parts = [label, _bar(share, room, ascii_only), shown] if room > 0 else [label, shown]
        drawn.append(fit(" ".join(parts), width, ascii_only=ascii_only))
    return drawn


def _bar(share: float, room: int, ascii_only: bool) -> str:
    """A bar over `share` of `room` cells; whatever is above 0 shows."""
    if ascii_only:
        full = round(share * room)
        return fit("#" * max(full, 1 if share > 0 else 0), room)
    eighths = max(round(share * room * 8), 1 if share > 0 else 0)
    full, part = divmod(eighths, 8)
    return fit(BLOCKS[-1] * full + (BLOCKS[part - 1] if part else ""), room)


def sparkline(values: Sequence[Number], width: int, *, ascii_only: bool = False) -> str:
    """The newest `width` cells of a small chart without axes; gaps are blank, 0 is the lowest mark."""
    if width < 1:
        return ""
    levels = LEVELS_ASCII if ascii_only else LEVELS
    numbers, _ = thinned(values, width)
    known = [number for number in numbers if number is not None]
    low, high = min([0.0, *known]), max([0.0, *known])
    span = high - low
    marks = [
        " " if number is None else levels[round((number - low) / span * (len(levels) - 1)) if span else 0]
        for number in numbers
    ]
    return "".join(marks).ljust(width)
