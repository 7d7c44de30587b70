"""The program as a person runs it: arguments in, exit code, stdout and stderr out."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from backend.ingest.feed_reading import Options
from backend.ingest.ingest import Ingest
from backend.sources.sqlite.writing import Store

FEED = Path(__file__).parent / "feed.ndjson"
NOTHING: Mapping[str, str] = {}
PROGRAM = [sys.executable, "-c", "from tui.cli import main; main()"]


class Ran(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person's folders, empty, and nothing in the environment that names a source."""
    folder = tmp_path / "home"
    folder.mkdir()
    for name in ("CONFIG", "STATE", "DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(folder / name.lower()))
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.delenv("PARCOURS_SOURCE", raising=False)
    return folder


@pytest.fixture
def run(home: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Runs a command in this process."""

    def runner(*arguments: str) -> Ran:
        from tui.cli import run

        code = run(list(arguments))
        sys.stdout.flush()
        out, err = capfdbinary.readouterr()
        return Ran(code, out.decode(), err.decode())

    return runner


@pytest.fixture
def start(home: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts a command as a process of its own."""
    # What a shell runs in the background ignores ctrl+c, and so would the processes that it starts.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def starter(
        *arguments: str, environment: Mapping[str, str] = NOTHING, **streams: int
    ) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*PROGRAM, *arguments],
            env={**os.environ, **environment},
            stdin=streams.get("stdin", subprocess.DEVNULL),
            stdout=streams.get("stdout", subprocess.PIPE),
            stderr=streams.get("stderr", subprocess.PIPE),
        )

    yield starter
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of feed.ndjson; not to be written to."""
    path = tmp_path_factory.mktemp("filled") / "my.db"
    with Store(path, create=True) as store:
        Ingest(store, Options()).read([str(FEED)])
    return path
