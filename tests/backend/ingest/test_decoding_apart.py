"""Feeds decoded in another process: the same as in one, whatever becomes of either process."""

from __future__ import annotations

import gzip
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from backend.errors import BadData, WriteFailed
from backend.ingest import decoding_apart
from backend.ingest.decoding_apart import Answer, Done, Failed, OtherProcess, Wanted
from backend.ingest.feed_input import Unreadable
from backend.ingest.feed_reading import Options
from backend.ingest.feed_steps import Step
from backend.ingest.ingest import Ingest
from backend.pipes import received
from tests.backend.ingest.test_ingest import Notebook, line, lines, names, read

INGEST = """
import sys
from backend.ingest import decoding_apart, ingest
decoding_apart._free_cores = lambda: 2.0
ingest.LARGE_BYTES, ingest.CHUNK_BYTES, ingest.BATCH_RECORDS = 0, 20_000, 100
from tui.cli import main
main()
"""
PARIS = Options(account="shop", zone=ZoneInfo("Europe/Paris"))


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file that has an end goes to the other process."""
    monkeypatch.setattr("backend.ingest.ingest.LARGE_BYTES", 0)
    monkeypatch.setattr("backend.ingest.ingest.CHUNK_BYTES", 20_000)
    monkeypatch.setattr("backend.ingest.ingest.BATCH_RECORDS", 2_000)
    monkeypatch.setattr("backend.ingest.decoding_apart._free_cores", lambda: 2.0)


def write_feeds(folder: Path) -> None:
    """Feeds of several forms, with records that are none, damage, and a file that is no feed."""
    folder.mkdir()
    (folder / "a.ndjson").write_bytes(lines(*range(600)) + b"garbage\n" + line(600, "nonsense") + line(601))
    (folder / "b.csv").write_bytes(
        b"record,kind,created_at,email,message_id\n"
        + b"".join(b"event,sent,2026-03-10T12:00:02,x@example.com,m%d\n" % n for n in range(700, 1200))
    )
    (folder / "c.json.gz").write_bytes(
        gzip.compress(b"[" + lines(*range(2000, 2500)).replace(b"\n", b",")[:-1] + b"]")
    )
    (folder / "d.gz").write_bytes(gzip.compress(lines(*range(3000, 9000)))[:-3000])
    (folder / "README.txt").write_bytes(b"about these files\n")


def told(folder: Path) -> tuple[object, ...]:
    """All that an ingest of the folder makes known."""
    store = Notebook()
    summary = Ingest(store, PARIS).read([str(folder)])
    feeds = [(feed.name, feed.format, feed.resumed_at, str(feed.failure)) for feed in summary.feeds]
    return store.messages, store.rejected, store.positions, feeds, summary.reasons, summary.warnings


def test_the_same_is_stored_as_by_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_feeds(tmp_path / "feeds")
    monkeypatch.setattr("backend.ingest.ingest.CHUNK_BYTES", 20_000)
    alone = told(tmp_path / "feeds")
    monkeypatch.setattr("backend.ingest.ingest.LARGE_BYTES", 0)
    monkeypatch.setattr("backend.ingest.decoding_apart._free_cores", lambda: 2.0)
    assert told(tmp_path / "feeds") == alone


@pytest.mark.usefixtures("apart")
def test_a_run_that_fails_in_the_middle_is_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_bytes(lines(*range(3_000)))
    store = Notebook()
    store.fails_at = 2
    with pytest.raises(WriteFailed):
        read(store, path)
    store.fails_at = None
    (feed,) = read(store, path).feeds
    assert feed.resumed_at
    assert store.messages == names(*range(3_000))


@pytest.mark.usefixtures("apart")
def test_a_process_that_dies_is_told_and_costs_no_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [tmp_path / "a.ndjson", tmp_path / "b.ndjson"]
    paths[0].write_bytes(lines(*range(6_000)))  # more than pipes and queues hold
    paths[1].write_bytes(lines(*range(6_000, 6_500)))
    told_first, steps = [], OtherProcess.steps

    def dying(self: OtherProcess, name: str, saved: str | None, chunk_bytes: int) -> Iterator[Step]:
        for step in steps(self, name, saved, chunk_bytes):
            yield step
            if not told_first:
                told_first.append(step)
                assert self._process is not None
                os.kill(self._process.pid, signal.SIGKILL)
                self._process.wait()

    monkeypatch.setattr(OtherProcess, "steps", dying)
    monkeypatch.setattr("backend.ingest.decoding_apart.STEPS_AHEAD", 1)
    store = Notebook()
    (failed,) = read(store, *paths).failures
    assert isinstance(failed.failure, Unreadable)
    assert "ended by signal 9" in str(failed.failure)
    assert store.messages[-500:] == names(*range(6_000, 6_500))
    read(store, paths[0])
    assert sorted(store.messages) == sorted(names(*range(6_500)))


@pytest.mark.usefixtures("apart")
def test_it_is_not_started_for_what_was_read_already(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.ndjson").write_bytes(lines(1, 2))
    store = Notebook()
    read(store, tmp_path / "a.ndjson")
    monkeypatch.setattr("backend.ingest.decoding_apart.subprocess.Popen", None)
    (feed,) = read(store, tmp_path / "a.ndjson").feeds
    assert feed.unchanged


@pytest.mark.parametrize("why", ["small", "no free core"])
def test_it_is_not_started_where_it_would_not_pay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    if why == "no free core":
        monkeypatch.setattr("backend.ingest.ingest.LARGE_BYTES", 0)
        monkeypatch.setattr("backend.ingest.decoding_apart._free_cores", lambda: 1.0)
    monkeypatch.setattr("backend.ingest.decoding_apart.subprocess.Popen", None)
    (tmp_path / "a.ndjson").write_bytes(lines(1, 2))
    store = Notebook()
    read(store, tmp_path / "a.ndjson")
    assert store.messages == names(1, 2)


def test_a_mistake_of_ours_is_reported_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_wanted: Wanted) -> Iterator[Step]:
        raise ValueError("who would have thought")

    monkeypatch.setattr(decoding_apart, "_steps", broken)
    answer = tell(tmp_path / "a.ndjson")
    assert isinstance(answer, Failed)
    failure = decoding_apart._failure(answer)
    assert isinstance(failure, RuntimeError)
    assert "who would have thought" in str(failure)


def test_what_a_feed_is_guilty_of_is_raised_as_that(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_bytes(b"hello\n")
    answer = tell(tmp_path / "a.ndjson")
    assert isinstance(answer, Failed)
    failure = decoding_apart._failure(answer)
    assert isinstance(failure, BadData)
    assert "not a feed" in str(failure)


def tell(path: Path) -> Answer:
    """The other process's last answer, given in this one."""
    pipe = io.BytesIO()
    decoding_apart._tell(Wanted(str(path), 1000, None, "default", None, {}, None), pipe)
    pipe.seek(0)
    *_, last = received(pipe)
    return msgspec.msgpack.decode(last, type=Step | Done | Failed)


@pytest.mark.usefixtures("signals_arrive")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_stays_behind(tmp_path: Path, how: signal.Signals) -> None:
    feed = tmp_path / "a.ndjson"
    feed.write_bytes(lines(*range(3600)) * 20)
    process = subprocess.Popen(
        [sys.executable, "-c", INGEST, "ingest", str(feed), "--db", str(tmp_path / "my.db")],
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stderr is not None
    while not (tmp_path / "my.db").exists():  # it stores what the other one has decoded
        assert process.poll() is None
        time.sleep(0.002)
    os.killpg(process.pid, how)
    process.stderr.read()  # ends when the last process that holds it has ended
    process.stderr.close()
    assert process.wait() == {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGKILL: -9}[how]
