"""The table of a run: rows of ratios with their goals, printed as they come and kept as JSON."""

from __future__ import annotations

import os
import platform
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

RESULTS = Path(__file__).parent / "results"
WIDTH = 72


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table."""

    goal_number: int
    """Which of the fifteen goals it belongs to (bench/README.md)."""
    name: str
    value: float
    unit: str = "x"
    """x: a ratio of two things measured in this run; else ms, B, MB, %."""
    goal: str = ""
    """">= 3" or "<= 1.5", of `value`; "" for what is only told."""
    detail: str = ""

    @property
    def is_met(self) -> bool:
        if not self.goal:
            return True
        sign, bound = self.goal.split()
        return self.value <= float(bound) if sign == "<=" else self.value >= float(bound)


def print_head() -> None:
    print(f"{'':3} {'':{WIDTH}} {'measured':>12} {'goal':>9}", flush=True)


def print_row(row: Row) -> None:
    shown = f"{row.value:,.{_digits(row.value)}f} {row.unit}"
    verdict = "" if row.is_met else "MISSED"
    line = f"{row.goal_number:>3} {row.name:{WIDTH}} {shown:>12} {row.goal:>9} {verdict:6} {row.detail}"
    print(line.rstrip(), flush=True)


def _digits(value: float) -> int:
    return 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 0.1 else 3


def keep(rows: Sequence[Row], events: int) -> Path:
    """Writes the rows down; answers where."""
    RESULTS.mkdir(exist_ok=True)
    about = {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "events": events,
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load": os.getloadavg(),
        "arguments": sys.argv[1:],
        "only": os.environ.get("ONLY", ""),
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
