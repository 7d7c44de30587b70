"""The bytes of feeds: plain, compressed, in folders, growing, rotated, cut off."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest
import zstandard

from backend.errors import BadData, NoSuchSource
from backend.ingest.feed_input import Damaged, FeedInput, find_files

CONTENT = b"".join(b'{"n":%d}\n' % n for n in range(5_000))


def read_all(path: Path, size: int = 1 << 16) -> bytes:
    feed = FeedInput(str(path))
    try:
        return b"".join(iter(lambda: feed.read(size), b""))
    finally:
        feed.close()


def two_frames() -> bytes:
    half = len(CONTENT) // 2
    pack = zstandard.ZstdCompressor(write_checksum=True).compress
    return pack(CONTENT[:half]) + pack(CONTENT[half:])


@pytest.mark.parametrize(
    "packed",
    [
        CONTENT,
        gzip.compress(CONTENT),
        gzip.compress(CONTENT[:99]) + gzip.compress(CONTENT[99:]),
        two_frames(),
    ],
    ids=["plain", "gzip", "gzip of two members", "zstd of two frames"],
)
@pytest.mark.parametrize("size", [100, 1 << 20])
def test_every_packing_gives_the_same_bytes(tmp_path: Path, packed: bytes, size: int) -> None:
    path = tmp_path / "feed"
    path.write_bytes(packed)
    assert read_all(path, size) == CONTENT


@pytest.mark.parametrize("packed", [gzip.compress(CONTENT), two_frames()], ids=["gzip", "zstd"])
@pytest.mark.parametrize("harm", ["cut", "flip"])
def test_damage_is_told_after_what_could_be_read(tmp_path: Path, packed: bytes, harm: str) -> None:
    middle = len(packed) * 3 // 4
    flipped = packed[:middle] + bytes([packed[middle] ^ 0xFF]) + packed[middle + 1 :]
    path = tmp_path / "feed"
    path.write_bytes(packed[:middle] if harm == "cut" else flipped)
    feed = FeedInput(str(path))
    read = b""
    with pytest.raises(Damaged):
        while chunk := feed.read(4096):
            read += chunk
    feed.close()
    assert CONTENT.startswith(read) or harm == "flip"


def test_a_zstd_bomb_is_unfolded_in_small_steps(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zst"
    path.write_bytes(zstandard.ZstdCompressor().compress(b"\0" * (200 << 20)))
    feed = FeedInput(str(path))
    assert feed.read(1 << 20) == b"\0" * (1 << 20)
    feed.close()


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (b"SQLite format 3\0rest", "is a database, not a feed; open it with: parcours"),
        (b"PK\x03\x04rest", "is a zip archive or a spreadsheet"),
        (b"%PDF-1.7", "is a PDF document"),
    ],
)
def test_what_is_no_feed_is_named(tmp_path: Path, head: bytes, said: str) -> None:
    path = tmp_path / "feed"
    path.write_bytes(head)
    with pytest.raises(BadData, match=said):
        FeedInput(str(path))


def test_folders_stand_for_their_files_in_order(tmp_path: Path) -> None:
    for name in ("b.json", "a.csv", "deep/c.json", ".hidden", ".git/d.json"):
        path = tmp_path / "feeds" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"{}")
    (tmp_path / "one.json").write_bytes(b"{}")
    names = [str(tmp_path / "one.json"), str(tmp_path / "feeds"), str(tmp_path / "one.json"), "-"]
    found = [os.path.relpath(name, tmp_path) if name != "-" else name for name in find_files(names)]
    assert found == ["one.json", "feeds/a.csv", "feeds/b.json", "feeds/deep/c.json", "-"]


def test_a_missing_name_is_told_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(NoSuchSource, match=r"no such file: .*absent"):
        find_files([str(tmp_path), str(tmp_path / "absent.json")])


def test_a_renamed_file_is_the_same_and_a_rewritten_one_has_another_tail(
    tmp_path: Path,
) -> None:
    path = tmp_path / "log"
    path.write_bytes(CONTENT)
    feed = FeedInput(str(path))
    before = feed.identity
    path.rename(tmp_path / "log.1")
    moved = FeedInput(str(tmp_path / "log.1"))
    assert moved.identity == before
    tail = moved.tail_digest(100)
    (tmp_path / "log.1").write_bytes(b"x" * 1000)
    assert moved.identity == before
    assert moved.tail_digest(100) != tail
    feed.close()
    moved.close()


def test_rotation_and_truncation_are_noticed(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(CONTENT)
    feed = FeedInput(str(path))
    feed.read(1000)
    assert not feed.was_replaced()
    assert not feed.was_truncated()
    os.truncate(path, 10)
    assert feed.was_truncated()
    path.rename(tmp_path / "log.1")
    assert not feed.was_replaced()
    path.write_bytes(b"new")
    assert feed.was_replaced()
    feed.close()


def test_reading_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(CONTENT)
    feed = FeedInput(str(path))
    assert feed.size_bytes == len(CONTENT)
    first = feed.read(100)
    digest = feed.tail_digest(100)
    feed.close()
    again = FeedInput(str(path))
    assert again.tail_digest(100) == digest
    again.seek(100)
    assert first + again.read(1 << 20) == CONTENT
    assert again.read_bytes == len(CONTENT)
    again.close()
