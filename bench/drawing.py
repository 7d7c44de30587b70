"""Goals 11 and 13: what scrolling and refreshing cost, in time and in bytes to the terminal."""

from __future__ import annotations

import re
import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import pyte

from backend.model import StepKind
from backend.record import Decoded, Identity, Ref, ScenarioRow
from backend.sources.sqlite.writing import Store
from bench.following import following
from bench.stores import Made, copied
from bench.table import Row, median_ms, p99_ms
from bench.terminal import COLUMNS, PATIENCE_S, ROWS, Watched, console

KEYS_PER_S = 30
HELD_S = 5.0
PAGES = 10
TICKS = 6
TICK_S = 2.6
"""More than a report waits until it reads again."""
IDLE_S = 10.0
NUMBER = re.compile(r"[0-9][0-9,.%]*")


def scroll_rows(small: Made, large: Made) -> list[Row]:
    """A key held down in the log, and pages of it."""
    rows = []
    for made in (small, large):
        with following(made.path) as program:
            frames, times, written, share = _hold(program, "up")
            paged = [_page_up(program) for _ in range(PAGES)]
            memory_mb = program.memory_mb
        rows.append(
            Row(
                goal_number=11,
                name=f"frames / keys, a key held at {KEYS_PER_S} a second, {made.events:,}",
                value=frames,
                goal=">= 0.95",
                detail=f"key to paint p50 {median_ms(times):.1f} ms, p99 {p99_ms(times):.1f}; "
                f"{share:.0%} of a core, {memory_mb:.0f} MB",
            )
        )
        rows.append(
            Row(
                goal_number=13,
                name=f"bytes of a step / of a page, {made.events:,}",
                value=written / statistics.median(paged),
                detail=f"{written:,.0f} and {statistics.median(paged):,.0f} B at {COLUMNS}x{ROWS}",
            )
        )
    return rows


def _hold(program: Watched, key: str) -> tuple[float, list[float], float, float]:
    """Share of keys that were painted before the next, times to paint, bytes a key, share of a core."""
    painted, written = 0, 0
    times: list[float] = []
    cpu_s, started_s = program.cpu_s, time.perf_counter()
    count = int(HELD_S * KEYS_PER_S)
    for number in range(count):
        program.press(key)
        pressed_s, before = time.perf_counter(), program.bytes
        next_s = started_s + (number + 1) / KEYS_PER_S
        while (left_s := next_s - time.perf_counter()) > 0:
            if program.read(left_s) and len(times) == painted:
                times.append(time.perf_counter() - pressed_s)
        painted = len(times)
        written += program.bytes - before
    took_s = time.perf_counter() - started_s
    share = (program.cpu_s - cpu_s) / took_s
    program.settle()
    return painted / count, times, written / count, share


def _page_up(program: Watched) -> int:
    before = program.bytes
    program.press("pageup")
    program.read(PATIENCE_S)
    program.settle()
    return program.bytes - before


def byte_rows(small: Made, _large: Made) -> list[Row]:
    """A report at rest, and one in which figures change."""
    with ExitStack() as stack:
        path = stack.enter_context(copied(small))
        store = stack.enter_context(Store(path))
        home = stack.enter_context(tempfile.TemporaryDirectory())
        program = stack.enter_context(console(path, Path(home)))
        program.wait_for("Journey statistics")
        program.settle(1.0)
        shown = _Screen(program)
        scenario = shown.word_after("Scenario")
        for number in range(5):
            store.add([_entered(scenario, number)])
        program.watch(2 * TICK_S)
        shown.take()
        sizes, changed = [], []
        for number in range(TICKS):
            before = program.bytes
            store.add([_entered(scenario, 100 + number)])
            program.watch(TICK_S)
            sizes.append(program.bytes - before)
            changed.append(shown.take())
        program.watch(2 * TICK_S)
        cpu_s, idle = program.cpu_s, program.watch(IDLE_S)
        idle_share = (program.cpu_s - cpu_s) / IDLE_S
    return [
        Row(
            goal_number=13,
            name="bytes to the terminal for each figure that changed",
            value=sum(sizes) / max(1, sum(changed)),
            unit="B",
            goal="<= 400",
            detail=f"{statistics.median(sizes):,.0f} B a tick with {statistics.median(changed):.0f} of them",
        ),
        Row(goal_number=13, name="bytes a second at rest", value=idle / IDLE_S, unit="B", goal="<= 0"),
        Row(goal_number=13, name="CPU time at rest", value=idle_share * 100, unit="%", goal="<= 0.1"),
    ]


class _Screen:
    """What the terminal shows, drawn from time to time from what was written."""

    def __init__(self, program: Watched) -> None:
        self._program = program
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._screen)
        self._numbers: dict[tuple[int, int], str] = {}
        self.take()

    def take(self) -> int:
        """Draw what came; answers how many numbers, above the age of the data, changed."""
        self._stream.feed(self._program.taken())
        numbers = {
            (y, found.start()): found.group()
            for y, line in enumerate(self._screen.display)
            for found in NUMBER.finditer(line)
        }
        before, self._numbers = self._numbers, numbers
        return sum(before.get(place) != text for place, text in numbers.items())

    def word_after(self, word: str) -> str:
        """The word with the one behind it, where it first stands."""
        found = re.search(rf"{word} \S+", "\n".join(self._screen.display))
        assert found is not None
        return found.group()


def _entered(scenario: str, number: int) -> Decoded:
    now_ms = time.time_ns() // 1_000_000
    row = ScenarioRow(
        product="brevo",
        account="bench",
        key=("entered", str(number), str(now_ms)),
        at_ms=now_ms,
        kind=StepKind.ENTERED,
        type="entered",
        scenario=Ref(scenario.removeprefix("Scenario "), name=scenario),
        step=Ref("s0"),
        identities=(Identity("email", f"new{number}@x.io"),),
        run=f"new{number}",
    )
    return Decoded(format="parcours", raw=b"{}", records=(row,))
