"""Headless commands stay light: none loads the console, and none loads what it does not need (speed.md 3).

The linter sees the static graph only; here each command runs in a process of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tui.cli import group

FEED = (
    '{"v":1,"record":"scenario_log","kind":"entered","date":"2026-03-10T12:00:00Z",'
    '"user_email":"ada@example.com","scenario_name":"Welcome"}\n'
    '{"v":1,"record":"event","kind":"sent","created_at":"2026-03-10T12:02:00Z",'
    '"email":"ada@example.com","delivery":"Mail A","channel":"email","message_id":"m1"}\n'
)
LIBRARIES = frozenset({"click", "click_default_group", "msgspec", "typing_extensions"})
"""What every command may load that is neither ours nor Python's."""
AREAS = {
    "feeds": ("backend.feeds.", "backend.ingest.feed_reading", "backend.ingest.ingest", "tui.cli.ingesting"),
    "formats": (
        *("backend.feeds.format", "backend.feeds.own."),
        *("backend.feeds.intake", "backend.feeds.times"),
    ),
    "encoding": (
        *("backend.feeds", "backend.feeds.own"),
        *("backend.feeds.own.names", "backend.feeds.own.writing"),
    ),
    "writing": (
        *("backend.sources.sqlite.writing", "backend.sources.sqlite.event_writing"),
        *("backend.sources.sqlite.step_writing", "backend.sources.sqlite.list_writing"),
        *("backend.sources.sqlite.removing", "backend.sources.sqlite.feed_counts"),
        "backend.sources.sqlite.checking",
    ),
    "opening to write": ("backend.sources.sqlite.migrating", "backend.sources.sqlite.token_writing"),
    "reading": ("backend.sources.sqlite.reading", "backend.sources.sqlite.pool", "tui.cli.reading"),
    "reports": (
        "backend.reports.report",
        "backend.reports.panes",
        "backend.reports.text",
        "backend.reports.export",
    ),
    "metrics": ("backend.reports.metrics", "backend.reports.counts"),
    "charts": ("backend.plot",),
    "verdicts": ("backend.explaining.explain",),
    "tracking": ("backend.tracking",),
    "alerts": ("backend.reports.alerts",),
    "server": ("backend.server", "backend.sources.http"),
    "demo": ("backend.demo",),
    "telling": ("backend.removals.telling",),
    "keymap": ("tui.keymap",),
    "console": ("tui.app", "tui.session", "tui.screens", "tui.presenters", "widgets"),
}
"""Parts of ours that only some commands need, by modules or packages; the longest that fits decides. A dot at
the end: what is in the package, not itself."""
CHARTS = ("reports", "metrics", "tracking", "feeds", "formats", "encoding", "charts", "plotext")
"""A report as text names the tabs of tracking, too, which know the words of Adobe Campaign's feeds."""
WRITES = ("writing", "opening to write", "sqlite_utils")
COMMANDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("--version", ()),
    ("--help", ()),
    ("console", ()),
    ("demo --help", ()),
    ("my.db logs event", ("reading",)),
    ("my.db logs event --format json", ("reading", "encoding")),
    ("my.db logs scenario --format csv", ("reading",)),
    ("my.db logs tracking --format raw", ("reading",)),
    ("my.db contacts", ("reading",)),
    ("my.db trace ada@example.com", ("reading",)),
    ("my.db report --scenario Welcome", ("reading", *CHARTS)),
    ("my.db report --scenario Welcome --format json", ("reading", "reports", "metrics")),
    ("my.db report --scenario Welcome --format csv", ("reading", "reports", "metrics")),
    ("my.db report --scenario Welcome --check", ("reading", "reports", "metrics", "alerts", "tracking")),
    ("my.db explain ada@example.com", ("reading", "verdicts")),
    ("my.db explain --delivery Mail", ("reading", "verdicts")),
    ("my.db removals", ("reading",)),
    ("my.db removals --audit", ("reading",)),
    ("my.db remove --scenario Welcome --yes ada@example.com", ("reading", "telling", *WRITES)),
    ("rejected --db my.db", ("reading",)),
    ("ingest feed.ndjson --db my.db", ("feeds", "formats", "encoding", *WRITES)),
    ("ingest --list-formats", ("feeds", "formats", "encoding")),
    ("prune --keep 99999d --db my.db", ("reading", *WRITES)),
    ("forget nobody --db my.db --yes", ("reading", *WRITES)),
    ("my.db tracking runs", ("reading",)),
    (
        "tracking run --db my.db --from feed.ndjson",
        ("reading", "tracking", "feeds", "formats", "encoding", "metrics", *WRITES),
    ),
    ("my.db doctor", ("reading", "tracking", "feeds", "formats", "encoding", "metrics")),
    ("my.db doctor --deep", ("reading", "tracking", "feeds", "formats", "encoding", "metrics", *WRITES)),
    ("keys", ("keymap",)),
    ("token list --db my.db", ("reading", "opening to write")),
    ("token add --scope read --db my.db", ("reading", *WRITES)),
    ("source list", ()),
    ("source add trial ./my.db", ()),
    ("serve --help", ()),
    ("completion bash", ()),
)
"""Arguments, and which areas and libraries beyond LIBRARIES they may load."""

PROBE = """
import sys
before = set(sys.modules)
from tui.cli import run
code = run(sys.argv[1:])
sys.stdout.flush()
print("\\0".join([str(code), *sorted(set(sys.modules) - before)]), end="", file=sys.stderr)
"""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("headless")
    (folder / "feed.ndjson").write_text(FEED)
    _modules(folder, "ingest", "feed.ndjson", "--db", "my.db")
    return folder / "my.db"


def _modules(folder: Path, *arguments: str, probe: str = PROBE) -> set[str]:
    environment = {**os.environ, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder / "config")}
    ran = subprocess.run(
        [sys.executable, "-c", probe, *arguments], cwd=folder, env=environment, capture_output=True, text=True
    )
    code, *modules = ran.stderr.rpartition("\n")[2].split("\0")
    assert code in ("0", "1", "3"), ran.stderr  # 3: a check that cannot know yet
    return set(modules)


def _area(module: str) -> str | None:
    """The area that a module of ours belongs to; None: what every command may load."""
    found = [
        (len(head), area)
        for area, heads in AREAS.items()
        for head in heads
        if module == head or module.startswith((f"{head.rstrip('.')}.", f"{head}_"))
    ]
    return max(found, default=(0, None))[1]


def _needed(modules: set[str]) -> dict[str, list[str]]:
    """Areas of ours and libraries, with the modules of each; Python's own are left out."""
    needed: dict[str, list[str]] = {}
    for module in sorted(modules):
        top = module.partition(".")[0]
        if top in ("backend", "tui", "widgets"):
            name = _area(module)
        else:
            name = None if top in LIBRARIES or top in sys.stdlib_module_names or top.startswith("_") else top
        if name is not None:
            needed.setdefault(name, []).append(module)
    return needed


@pytest.mark.parametrize(("arguments", "may"), COMMANDS)
def test_a_command_loads_only_what_it_may(database: Path, arguments: str, may: tuple[str, ...]) -> None:
    needed = _needed(_modules(database.parent, *arguments.split()))
    assert {name: modules for name, modules in needed.items() if name not in may} == {}


NOT_FOR_READING = frozenset(
    {
        "asyncio",
        "ctypes",
        "difflib",
        "gzip",
        "hmac",
        "json",
        "secrets",
        "socket",
        "ssl",
        "tempfile",
        "zoneinfo",
    }
)
"""Python's own that take milliseconds to load, and that only writers, followers and mistakes need."""


@pytest.mark.parametrize(
    "arguments",
    [
        *("logs event --limit 50 --format json", "logs event --limit 50 --format csv"),
        *("report --scenario Welcome --format json", "report --scenario Welcome --format csv"),
    ],
)
def test_reading_loads_nothing_slow_that_it_does_not_need(database: Path, arguments: str) -> None:
    modules = _modules(database.parent, "my.db", *arguments.split())
    assert modules & NOT_FOR_READING == set()


def test_a_chart_does_not_load_the_handbook_and_the_tests_of_what_draws_it(database: Path) -> None:
    modules = _modules(database.parent, "my.db", "report", "--scenario", "Welcome")
    assert "plotext" in modules and not _inside("plotext._doc.sections.", modules)
    assert "unittest" not in modules


SEEN = ("console", "keymap", "reading", "reports", "metrics", "charts", "textual", "rich", "platformdirs")
SCREENS = frozenset(
    (
        *("arranged", "chooser", "place", "report", "taking"),
        *(
            "chart_cursor",
            "report_charting",
            "report_choosing",
            "report_opening",
            "report_pane",
            "report_taking",
            "standing",
        ),
    )
)
PRESENTERS = frozenset(("drill", "frame", "log_rows", "panes", "report", "taking", "times"))
"""Modules of the first screen. What is loaded by need is in no other screen's way."""
NOT_FOR_LOOKING = frozenset({"sqlite_utils", "httpx", "secrets", "zoneinfo", "plotext"})
"""Slow to load, and not needed to show a report; charts are drawn behind the first frame."""
FIRST_FRAME = """
import asyncio, sys
before = set(sys.modules)
import tui.cli.console
from backend.config import Settings
from backend.open import open_source
from tui.app import ParcoursApp
from tui.keymap import shipped_keymap
from tui.session import Session

loaded = set()
class Looked(ParcoursApp):
    CSS_PATH = ParcoursApp.CSS_PATH
    def on_place_answered(self):
        loaded.update(set(sys.modules) - before)

async def look():
    source = await open_source(sys.argv[1], {}, {})
    async with Looked(Session(source), Settings(), shipped_keymap()).run_test() as pilot:
        async with asyncio.timeout(60):
            while not loaded:
                await pilot.pause(0.01)
    await source.close()
    print("\\0".join(["0", *sorted(loaded)]), end="", file=sys.stderr)
asyncio.run(look())
"""


def test_the_first_frame_of_the_console_loads_only_what_it_shows(database: Path) -> None:
    """No writer, no server, no client, no other place: the first frame is a report."""
    modules = _modules(database.parent, "my.db", probe=FIRST_FRAME)
    needed = _needed(modules)
    assert {name: modules for name, modules in needed.items() if name not in SEEN} == {}
    assert _inside("tui.screens.", modules) <= SCREENS
    assert _inside("tui.presenters.", modules) <= PRESENTERS
    assert modules & NOT_FOR_LOOKING == set()


def _inside(package: str, modules: set[str]) -> set[str]:
    return {module.removeprefix(package) for module in modules if module.startswith(package)}


def test_every_command_says_what_it_may_load() -> None:
    said = {word for arguments, _ in COMMANDS for word in arguments.split()}
    assert set(group.COMMANDS) - said == set()
