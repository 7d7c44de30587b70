"""Feeds into a store: what is read, set aside, gone on with, and what never stops the rest."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from backend.errors import BadData, NoSuchSource, SourceUnavailable, UsageError, WriteFailed
from backend.ingest.feed_reading import Options
from backend.ingest.ingest import Ingest
from backend.ingest.result import Progress, Summary
from backend.record import Added, Decoded, Event, Rejected
from backend.sources.sqlite.writing import Store

START = 1_773_144_000_000  # 2026-03-10T12:00:00Z


def line(number: int, kind: str = "sent") -> bytes:
    """A record of our own format; equal numbers make equal records."""
    at = f"2026-03-10T12:{number // 60 % 60:02}:{number % 60:02}Z"
    return (
        f'{{"v":1,"record":"event","kind":"{kind}","created_at":"{at}",'
        f'"email":"c{number}@example.com","message_id":"m{number}","delivery":"Mail A"}}\n'
    ).encode()


def lines(*numbers: int) -> bytes:
    return b"".join(line(number) for number in numbers)


class Notebook:
    """A store that writes down what it is told; `positions` survive, like those of a real one."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.rejected: list[Rejected] = []
        self.positions: dict[str, str] = {}
        self.fails_at: int | None = None
        self.is_busy = False

    def add(
        self,
        pieces: Sequence[Decoded],
        rejected: Sequence[Rejected] = (),
        *,
        format: str = "",
        account: str = "default",
        product: str = "",
        positions: Mapping[str, str] | None = None,
    ) -> Added:
        if self.fails_at == len(self.batches):
            raise WriteFailed("the disk is full")
        if self.is_busy:
            raise SourceUnavailable("the database is locked")
        self.batches.append([_message(piece) for piece in pieces])
        self.rejected += rejected
        self.positions.update(positions or {})
        count = sum(len(piece.records) for piece in pieces)
        return Added(read=count, new=count, rejected=len(rejected))

    def position(self, name: str) -> str | None:
        return self.positions.get(name)

    @property
    def messages(self) -> list[str]:
        return [message for batch in self.batches for message in batch]


def _message(piece: Decoded) -> str:
    (record,) = piece.records
    assert isinstance(record, Event)
    return record.message_id or ""


def read(store: Notebook, *paths: Path, options: Options | None = None) -> Summary:
    return Ingest(store, options or Options()).read([str(path) for path in paths])


def names(*numbers: int) -> list[str]:
    return [f"m{number}" for number in numbers]


def test_a_file_is_read_in_order(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_bytes(lines(1, 2, 3))
    store = Notebook()
    summary = read(store, tmp_path / "a.ndjson")
    assert store.messages == names(1, 2, 3)
    assert summary.added.read == 3
    assert [feed.format for feed in summary.feeds] == ["parcours"]
    assert summary.warnings == []


def test_a_bad_record_is_set_aside_with_reason_and_place(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_bytes(line(1) + b"garbage\n" + line(2, "nonsense") + line(3))
    store = Notebook()
    summary = read(store, tmp_path / "a.ndjson")
    assert store.messages == names(1, 3)
    assert [(piece.place, piece.raw.strip()) for piece in store.rejected] == [
        ("a.ndjson:2", b"garbage"),
        ("a.ndjson:3", line(2, "nonsense").strip()),
    ]
    assert sum(summary.reasons.values()) == 2
    assert summary.added.rejected == 2


def test_a_folder_of_mixed_formats_is_sorted_out_file_by_file(tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    (folder / "a.ndjson").write_bytes(lines(1))
    (folder / "b.csv").write_bytes(
        b"record,kind,created_at,email,message_id\nevent,sent,2026-03-10T12:00:02Z,x@example.com,m2\n"
    )
    (folder / "c.json.gz").write_bytes(gzip.compress(b"[" + lines(3, 4).replace(b"\n", b",")[:-1] + b"]"))
    (folder / "README.txt").write_bytes(b"about these files\n")
    store = Notebook()
    summary = read(store, folder)
    assert sorted(store.messages) == names(1, 2, 3, 4)
    assert [Path(feed.name).name for feed in summary.failures] == ["README.txt"]
    assert {feed.format for feed in summary.feeds} == {"parcours", "parcours-csv", None}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is an empty file"),
        (b" \n\n", "empty"),
        (b"hello\nworld\n", "not a feed"),
        (b'{"a": 1}\n', "not a feed"),
        (b"\x00\x01\x02" * 100, "not a text file"),
        (b"SQLite format 3\0" + b"\0" * 100, "is a database, not a feed"),
        (b"PK\x03\x04" + b"\0" * 100, "zip archive"),
        ("\ufeff{}".encode("utf-32"), "UTF-32"),
    ],
)
def test_what_is_no_feed_is_told_and_stores_nothing(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "feed"
    path.write_bytes(content)
    store = Notebook()
    (failed,) = read(store, path).failures
    assert isinstance(failed.failure, BadData)
    assert said in str(failed.failure)
    assert str(path) in str(failed.failure)
    assert store.batches == []


def test_a_missing_file_is_told_before_anything_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_bytes(lines(1))
    store = Notebook()
    with pytest.raises(NoSuchSource):
        read(store, tmp_path / "a.ndjson", tmp_path / "absent.ndjson")
    assert store.batches == []


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="there is no file in"):
        read(Notebook(), tmp_path)


def test_an_unknown_format_names_those_that_exist(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_bytes(lines(1))
    with pytest.raises(UsageError, match="parcours"):
        read(Notebook(), tmp_path / "a.ndjson", options=Options(format="nonsense"))


def test_a_line_of_many_megabytes_costs_only_itself(tmp_path: Path) -> None:
    with (tmp_path / "a.ndjson").open("wb") as file:
        file.write(line(1) + b'{"v":1,"record":"event","name":"')
        for _ in range(20):
            file.write(b"x" * (1 << 20))
        file.write(b'"}\n' + line(2))
    store = Notebook()
    read(store, tmp_path / "a.ndjson")
    assert store.messages == names(1, 2)
    assert [piece.reason for piece in store.rejected] == ["larger than 1000000 bytes"]


@pytest.mark.parametrize("harm", ["nan", "deep", "surrogate", "latin1", "absurd date"])
def test_a_record_beyond_reason_costs_at_most_itself(tmp_path: Path, harm: str) -> None:
    bad = {
        "nan": line(2).replace(b'"v":1', b'"v":1,"x":NaN'),
        "deep": line(2).replace(b'"v":1', b'"v":1,"x":' + b"[" * 500 + b"]" * 500),
        "surrogate": line(2).replace(b'"v":1', b'"v":1,"x":"\\udc80"'),
        "latin1": line(2).replace(b'"v":1', b'"v":1,"x":"caf\xe9"'),
        "absurd date": line(2).replace(b"2026-03-10", b"99999-99-99"),
    }[harm]
    (tmp_path / "a.ndjson").write_bytes(line(1) + bad + line(3))
    store = Notebook()
    read(store, tmp_path / "a.ndjson")
    expected = names(1, 2, 3) if harm == "surrogate" else names(1, 3)
    assert store.messages == expected
    assert len(store.rejected) == 3 - len(expected)


def test_a_damaged_archive_gives_what_could_be_read(tmp_path: Path) -> None:
    packed = gzip.compress(b"".join(line(number) for number in range(5_000)))
    (tmp_path / "a.gz").write_bytes(packed[: len(packed) // 2])
    store = Notebook()
    read(store, tmp_path / "a.gz")
    assert store.messages[:3] == names(0, 1, 2)
    assert "the gzip data is damaged or cut off" in [piece.reason for piece in store.rejected]


def test_times_without_a_zone_are_warned_of_once(tmp_path: Path) -> None:
    bare = lines(1, 2).replace(b'Z"', b'"')
    (tmp_path / "a.ndjson").write_bytes(bare)
    (warning,) = read(Notebook(), tmp_path / "a.ndjson").warnings
    assert warning == "times without a zone are read as UTC (a.ndjson); use --tz"


def test_the_same_file_again_is_not_read_again_and_what_was_added_is(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_bytes(lines(1, 2))
    store = Notebook()
    read(store, path)
    (again,) = read(store, path).feeds
    assert again.unchanged
    with path.open("ab") as file:
        file.write(lines(3))
    path.rename(tmp_path / "a.ndjson.1")
    (grown,) = read(store, tmp_path / "a.ndjson.1").feeds
    assert store.messages == names(1, 2, 3)
    assert grown.resumed_at == len(lines(1, 2))


def test_a_file_rewritten_in_place_is_read_from_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_bytes(lines(*range(100)))
    store = Notebook()
    read(store, path)
    with path.open("r+b") as file:
        file.seek(len(lines(*range(50))))
        file.write(lines(*range(150, 250)))
    read(store, path)
    assert store.messages[100:] == names(*range(50), *range(150, 250))


def test_another_account_or_zone_reads_the_file_again(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_bytes(lines(1))
    store = Notebook()
    read(store, path)
    read(store, path, options=Options(account="other"))
    assert store.messages == names(1, 1)


@pytest.mark.parametrize("array", [False, True], ids=["ndjson", "array"])
@pytest.mark.parametrize("fails_at", [0, 1, 2])
def test_a_run_that_fails_in_the_middle_is_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, array: bool, fails_at: int
) -> None:
    monkeypatch.setattr("backend.ingest.ingest.CHUNK_BYTES", 100_000)
    monkeypatch.setattr("backend.ingest.ingest.BATCH_RECORDS", 500)
    content = lines(*range(3_000))
    path = tmp_path / "a.json"
    path.write_bytes(b"[" + content.replace(b"\n", b",\n")[:-2] + b"]" if array else content)
    store = Notebook()
    store.fails_at = fails_at
    with pytest.raises(WriteFailed):
        read(store, path)
    store.fails_at = None
    read(store, path)
    assert store.messages == names(*range(3_000))
    assert store.rejected == []


def test_progress_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_bytes(lines(1, 2) + b"garbage\n")
    told: list[Progress] = []
    Ingest(Notebook(), Options(), tell=told.append).read([str(tmp_path / "a.ndjson")])
    last = told[-1]
    assert (last.records, last.rejected) == (2, 1)
    assert last.read_bytes == last.total_bytes == (tmp_path / "a.ndjson").stat().st_size


class Finished(Exception):
    """Ends a followed ingest: it goes on for ever by itself."""


def follow(store: Notebook, path: Path, *steps: Callable[[], object]) -> None:
    """Follow a file; each time it is caught up with, the next step happens."""
    coming = iter(steps)

    def sleep(_seconds: float) -> None:
        step = next(coming, None)
        if step is None:
            raise Finished
        step()

    with pytest.raises(Finished):
        Ingest(store, Options(), sleep=sleep).follow([str(path)])


def append(path: Path, content: bytes) -> Callable[[], object]:
    def step() -> None:
        with path.open("ab") as file:
            file.write(content)

    return step


def test_follow_reads_what_is_appended_and_waits_for_the_end_of_a_line(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_bytes(lines(1))
    store = Notebook()
    follow(store, path, append(path, lines(2) + line(3)[:20]), append(path, line(3)[20:]))
    assert store.batches == [names(1), names(2), names(3)]
    assert store.rejected == []


def test_follow_waits_for_a_file_that_is_still_empty(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_bytes(b"")
    store = Notebook()
    follow(store, path, append(path, line(1)[:10]), append(path, line(1)[10:]), append(path, lines(2)))
    assert store.messages == names(1, 2)


def test_follow_goes_over_to_the_new_file_when_a_log_is_rotated(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_bytes(lines(1))
    store = Notebook()

    def rotate() -> None:
        append(path, lines(2))()
        path.rename(tmp_path / "a.ndjson.1")
        path.write_bytes(lines(3))

    follow(store, path, rotate, append(path, lines(4)))
    assert store.messages == names(1, 2, 3, 4)


def test_follow_begins_anew_when_a_file_is_truncated(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_bytes(lines(1, 2))
    store = Notebook()

    def truncate() -> None:
        os.truncate(path, 0)

    follow(store, path, truncate, append(path, lines(3)))
    assert store.messages == names(1, 2, 3)


def test_follow_goes_on_where_an_earlier_follow_stopped(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    head = b"record,kind,created_at,email,message_id\n"
    row = b"event,sent,2026-03-10T12:00:0%dZ,x@example.com,m%d\n"
    path.write_bytes(head + row % (1, 1))
    store = Notebook()
    follow(store, path)
    follow(store, path, append(path, row % (2, 2)))
    assert store.messages == names(1, 2)


def test_follow_waits_for_a_store_that_others_keep_busy(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_bytes(lines(1))
    store = Notebook()

    def set_busy(busy: bool) -> None:
        store.is_busy = busy
        append(path, lines(2 if busy else 3))()

    follow(store, path, lambda: set_busy(True), lambda: set_busy(False))
    assert store.batches == [names(1), names(2, 3)]


def test_batches_shrink_where_commits_take_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.ingest.ingest.CHUNK_BYTES", 1)
    monkeypatch.setattr("backend.ingest.ingest.BATCH_RECORDS", 40)
    (tmp_path / "a.csv").write_bytes(
        b"record,kind,created_at,email,message_id\n"
        + b"".join(b"event,sent,2026-03-10T12:00:00Z,x@example.com,m%d\n" % n for n in range(20))
    )
    monkeypatch.setattr("backend.ingest.feed_reading.SAMPLE_BYTES", 60)
    ticks = iter(range(10**6))
    store = Notebook()
    Ingest(store, Options(format="parcours-csv"), monotonic_s=lambda: float(next(ticks))).read(
        [str(tmp_path / "a.csv")]
    )
    assert [len(batch) for batch in store.batches][:3] == [4, 2, 1]


def test_feeding_a_store_twice_changes_no_count(tmp_path: Path) -> None:
    content = lines(*range(200)) + b"garbage\n"
    (tmp_path / "a.ndjson").write_bytes(content)
    (tmp_path / "copy.gz").write_bytes(gzip.compress(lines(*range(200))))
    with Store(tmp_path / "my.db", create=True, now_ms=lambda: START + 86_400_000) as store:
        first = Ingest(store, Options()).read([str(tmp_path / "a.ndjson")])
        second = Ingest(store, Options()).read([str(tmp_path / "copy.gz")])
        assert (first.added.new, first.added.known, first.added.rejected) == (200, 0, 1)
        assert (second.added.new, second.added.known, second.added.rejected) == (0, 200, 0)
        assert store.check(deep=True) == []
