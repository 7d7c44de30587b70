"""Goals 4, 5 and 11: how soon something is to be seen, and how much memory it takes.

Programs are started in turn with an empty Textual app, and medians of both are compared; "CPU" is the same
ratio in CPU time, which what else the machine does hardly changes.
"""

from __future__ import annotations

import os
import shlex
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.stores import PROGRAM, ROOT, Made
from bench.table import Row
from bench.terminal import EMPTY, EMPTY_SAYS, Watched, console

ROUNDS = 9
CONSOLE_SAYS = "data to"
"""Stands below a pane of a report once it shows data."""

Cost = tuple[float, float]
"""Seconds of wall time, of CPU time."""

COMMANDS: tuple[tuple[str, float, str], ...] = (
    ("logs event --limit 50 --format json", 0.6, ""),
    ("logs event --limit 50 --format csv", 0.6, ""),
    ('report --scenario "Scenario 1" --format json', 0.6, ""),
    ('report --scenario "Scenario 1" --format csv', 0.6, ""),
    ('report --scenario "Scenario 1"', 1.2, "charts as text"),
)


def first_frame_rows(small: Made, large: Made) -> list[Row]:
    """The console's first frame with data, at both sizes, and what lies in memory then."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        costs = _in_turn(
            [
                lambda: _frame(lambda: Watched(EMPTY), EMPTY_SAYS),
                lambda: _frame(lambda: console(small.path, home), CONSOLE_SAYS),
                lambda: _frame(lambda: console(large.path, home), CONSOLE_SAYS),
            ]
        )
        memory = [_memory(Watched(EMPTY), EMPTY_SAYS)]
        memory += [_memory(console(made.path, home), CONSOLE_SAYS) for made in (small, large)]
    empty, *ours = costs
    rows = [
        Row(
            goal_number=4,
            name=f"first frame with data, {made.events:,} / empty Textual app",
            value=cost[0] / empty[0],
            goal="<= 1.25",
            detail=f"{cost[0] * 1000:.0f} ms against {empty[0] * 1000:.0f}; CPU {cost[1] / empty[1]:.2f}",
        )
        for made, cost in zip((small, large), ours, strict=True)
    ]
    rows.append(
        Row(
            goal_number=11,
            name=f"memory of the console on {large.events:,} / empty Textual app",
            value=memory[2] / memory[0],
            goal="<= 1.3",
            detail=f"{memory[2]:.0f} MB against {memory[0]:.0f}; on {small.events:,} {memory[1]:.0f}",
        )
    )
    return rows


def headless_rows(_small: Made, large: Made) -> list[Row]:
    """Commands for scripts against the first frame of an empty Textual app."""
    words = [shlex.split(command) for command, _, _ in COMMANDS]
    asked = [lambda one=one: _command(["-s", str(large.path), *one]) for one in words]
    empty, *costs = _in_turn([lambda: _frame(lambda: Watched(EMPTY), EMPTY_SAYS), *asked])
    return [
        Row(
            goal_number=5,
            name=f"{command.replace(chr(34), '')}{f' ({note})' if note else ''}",
            value=cost[0] / empty[0],
            goal=f"<= {bound}",
            detail=f"{cost[0] * 1000:.0f} ms against {empty[0] * 1000:.0f}; CPU {cost[1] / empty[1]:.2f}",
        )
        for (command, bound, note), cost in zip(COMMANDS, costs, strict=True)
    ]


def _in_turn(asked: Sequence[Callable[[], Cost]]) -> list[Cost]:
    """The median cost of each, a round of all after the other; the first round warms the disk's cache."""
    rounds = [[one() for one in asked] for _ in range(ROUNDS + 1)][1:]
    return [
        (
            statistics.median(costs[place][0] for costs in rounds),
            statistics.median(costs[place][1] for costs in rounds),
        )
        for place in range(len(asked))
    ]


def _frame(start: Callable[[], Watched], says: str) -> Cost:
    with start() as program:
        wall_s = program.wait_for(says)
        return wall_s, program.cpu_s


def _memory(started: Watched, says: str) -> float:
    with started as program:
        program.wait_for(says)
        program.settle()
        return program.memory_mb


def _command(arguments: Sequence[str]) -> Cost:
    before_s = time.perf_counter()
    child = subprocess.Popen([*PROGRAM, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    wall_s = time.perf_counter() - before_s
    if status:
        raise RuntimeError(f"parcours {' '.join(arguments)} ended with {status}")
    return wall_s, usage.ru_utime + usage.ru_stime
