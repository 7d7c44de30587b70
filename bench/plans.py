"""Goal 15: no statement that reads a log without an end: the tests that explain every one of them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence

from bench.stores import ROOT
from bench.table import Row

TESTS = ("tests/backend/sqlite/test_plans.py", "tests/backend/sqlite/test_question_plans.py")
COUNTED = re.compile(r"(\d+) (passed|failed|error)")


def plan_rows(_events: int) -> Sequence[Row]:
    """How many tests of plans fail; their plans do not depend on how many events there are."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:xdist",
        "-o",
        "addopts=--import-mode=importlib",
        *TESTS,
    ]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    counts = {word: int(number) for number, word in COUNTED.findall(ran.stdout.rpartition("\n=")[2])}
    if not counts:
        raise RuntimeError(f"the tests of plans did not run: {ran.stdout[-500:]}{ran.stderr[-500:]}")
    bad = counts.get("failed", 0) + counts.get("error", 0)
    told = f"{sum(counts.values())} groups of statements explained"
    return [Row(goal_number=15, name="bad plans", value=bad, unit="", goal="<= 0", detail=told)]
