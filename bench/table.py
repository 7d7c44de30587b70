"""The table of a run: rows of ratios with their goals, printed as they come and kept as JSON."""

from __future__ import annotations

import os
import platform
import statistics
import sys
import textwrap
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

RESULTS = Path(__file__).parent / "results"
WIDTH = 79
NAME = 47
"""Cells of a row, and of its name."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table."""

    goal_number: int
    """Which of the fifteen goals it belongs to (bench/README.md)."""
    name: str
    value: float | None
    """None: it could not be measured here, as the name says."""
    unit: str = "x"
    """x: a ratio of two things measured in this run; else ms, B, MB, %."""
    goal: str = ""
    """">= 3" or "<= 1.5", of `value`; "" for what is only told."""
    detail: str = ""

    @property
    def is_met(self) -> bool:
        if not self.goal or self.value is None:
            return True
        sign, bound = self.goal.split()
        return self.value <= float(bound) if sign == "<=" else self.value >= float(bound)

    @property
    def verdict(self) -> str:
        """missed, holds or open; "" for what is only told."""
        if not self.goal:
            return ""
        return "open" if self.value is None else "holds" if self.is_met else "missed"


def print_head() -> None:
    print(f"{'':2} {'':{NAME}} {'measured':>10} {'goal':>9} {'':6}", flush=True)


def print_row(row: Row) -> None:
    """The row with its goal and whether it holds, and below it what is to be known of it."""
    shown = "-" if row.value is None else f"{row.value:,.{_digits(row.value)}f} {row.unit}".rstrip()
    name, *more = textwrap.wrap(row.name, NAME)
    print(f"{row.goal_number:>2} {name:{NAME}} {shown:>10} {row.goal:>9} {row.verdict:6}".rstrip())
    for line in (*more, *textwrap.wrap(row.detail, WIDTH - 5, initial_indent="  ", subsequent_indent="  ")):
        print(f"   {line}")
    sys.stdout.flush()


def _digits(value: float) -> int:
    return 0 if abs(value) >= 100 or not value else 1 if abs(value) >= 10 else 2 if abs(value) >= 0.1 else 3


def keep(rows: Sequence[Row], events: int, failed: Sequence[str] = ()) -> Path:
    """Writes the rows down, and which groups failed; answers where."""
    RESULTS.mkdir(exist_ok=True)
    about = {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "events": events,
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load": os.getloadavg(),
        "arguments": sys.argv[1:],
        "only": os.environ.get("ONLY", ""),
        "failed": failed,
        "rows": rows,
    }
    path = RESULTS / f"{time.strftime('%Y%m%d-%H%M%S')}-{events}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(about)))
    return path


def median_ms(times_s: Sequence[float]) -> float:
    return statistics.median(times_s) * 1000


def p99_ms(times_s: Sequence[float]) -> float:
    ordered = sorted(times_s)
    return ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)] * 1000
