"""Headless commands stay light: none loads the console, and none loads what it does not need (speed.md 3).

The linter sees the static graph only; here each command runs in a process of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

FEED = (
    '{"v":1,"record":"scenario_log","kind":"entered","date":"2026-03-10T12:00:00Z",'
    '"user_email":"ada@example.com","scenario_name":"Welcome"}\n'
    '{"v":1,"record":"event","kind":"sent","created_at":"2026-03-10T12:02:00Z",'
    '"email":"ada@example.com","delivery":"Mail A","channel":"email","message_id":"m1"}\n'
)
CONSOLE = ("textual", "rich", "widgets", "tui.app", "tui.screens")
HEAVY = ("httpx", "litestar", "uvicorn", "cryptography", "plotext", "sqlite_utils", "hypothesis", "numpy")
HEAVY += ("lxml", "inscriptis", "ua_parser", "apachelogs", "crawleruseragents")

PROBE = """
import sys
from tui.cli import run
code = run(sys.argv[1:])
sys.stdout.flush()
print("\\n".join(sorted(sys.modules)), file=sys.stderr)
print(code, file=sys.stderr)
"""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("headless")
    (folder / "feed.ndjson").write_text(FEED)
    _modules(folder, "ingest", "feed.ndjson", "--db", "my.db")
    return folder / "my.db"


def _modules(folder: Path, *arguments: str) -> set[str]:
    environment = {**os.environ, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder / "config")}
    ran = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments], cwd=folder, env=environment, capture_output=True, text=True
    )
    *lines, code = ran.stderr.splitlines()
    assert code in ("0", "1"), ran.stderr
    return set(lines)


def _loaded(modules: set[str], packages: tuple[str, ...]) -> list[str]:
    return sorted(m for m in modules if any(m == p or m.startswith(f"{p}.") for p in packages))


@pytest.mark.parametrize(
    ("arguments", "also"),
    [
        ("--version", ()),
        ("--help", ()),
        ("", ()),
        ("my.db logs event", ()),
        ("my.db logs event --format json", ()),
        ("my.db logs scenario --format csv", ()),
        ("my.db logs tracking --format raw", ()),
        ("my.db contacts", ()),
        ("my.db trace ada@example.com", ()),
        ("my.db report --scenario Welcome", ("plotext",)),
        ("my.db report --scenario Welcome --format json", ()),
        ("my.db report --scenario Welcome --format csv", ()),
        ("my.db explain ada@example.com", ()),
        ("my.db explain --delivery Mail", ()),
        ("my.db removals", ()),
        ("my.db removals --audit", ()),
        ("my.db remove --scenario Welcome --yes ada@example.com", ("sqlite_utils",)),
        ("rejected --db my.db", ()),
        ("ingest feed.ndjson --db my.db", ("sqlite_utils",)),
        ("ingest --list-formats", ()),
        ("prune --keep 99999d --db my.db", ("sqlite_utils",)),
        ("forget nobody --db my.db --yes", ("sqlite_utils",)),
        ("my.db tracking runs", ()),
        ("tracking run --db my.db --from feed.ndjson", ("sqlite_utils",)),
        ("my.db doctor", ()),
        ("my.db doctor --deep", ("sqlite_utils",)),
        ("keys", ()),
        ("token list --db my.db", ()),
        ("token add --scope read --db my.db", ()),
        ("source list", ()),
        ("source add trial ./my.db", ()),
        ("serve --help", ()),
        ("completion bash", ()),
    ],
)
def test_a_headless_command_loads_only_what_it_needs(
    database: Path, arguments: str, also: tuple[str, ...]
) -> None:
    modules = _modules(database.parent, *arguments.split())
    assert _loaded(modules, CONSOLE) == []
    unwanted = tuple(name for name in HEAVY if name not in also)
    assert _loaded(modules, unwanted) == []


def test_reading_a_log_loads_neither_feeds_of_products_nor_what_writes(database: Path) -> None:
    modules = _modules(database.parent, "my.db", "logs", "event")
    unwanted = (
        "backend.feeds",
        "backend.ingest",
        "backend.sources.sqlite.writing",
        "backend.demo",
    )
    assert _loaded(modules, unwanted) == []
