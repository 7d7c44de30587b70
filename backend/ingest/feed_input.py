"""The bytes of feeds: files, folders of them, standard input; plain, gzip or zstd; also while they grow.

Knows nothing of formats. A file is told from others by its device and inode, not by its name, so that a
log that was rotated away under another name is the same file still; that it is so is proved by the bytes
before the place to which it was read.
"""

from __future__ import annotations

import errno
import gzip
import hashlib
import os
import select
import stat
import sys
import zlib
from collections.abc import Iterator, Sequence
from io import BufferedReader
from pathlib import Path
from typing import Protocol, cast

from backend.errors import BadData, NoSuchSource, SourceUnavailable
from backend.open import DATABASE_MAGIC

STDIN = "-"
CHUNK_BYTES = 1 << 20
HEAD_BYTES = 1024
"""First bytes, by which a packing and an encoding are known."""
TAIL_BYTES = 4096
"""Bytes before a position that must still be the same for reading to go on there."""

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_PACKED = {
    b"PK\x03\x04": "a zip archive or a spreadsheet: unpack it, or export it as CSV",
    b"\xfd7zXZ\x00": "an xz archive: unpack it first",
    b"BZh": "a bzip2 archive: unpack it first",
    b"7z\xbc\xaf": "a 7z archive: unpack it first",
    b"%PDF": "a PDF document",
    b"\x89PNG": "a picture",
    b"PAR1": "a Parquet file: export it as NDJSON or CSV",
}


class Unreadable(SourceUnavailable):
    """The machine could not read the feed."""


class Damaged(Exception):
    """The compressed data ends early or is broken: what was read before it counts."""


def find_files(names: Sequence[str]) -> list[str]:
    """The feeds that the names stand for: a folder is every file in and below it, hidden ones left out.

    Raises: NoSuchSource for a name that is not there.
    """
    found: dict[str, None] = {}
    for name in names:
        if name != STDIN and Path(name).is_dir():
            found.update(dict.fromkeys(str(path) for path in _below(Path(name))))
        elif name == STDIN or Path(name).exists():
            found[name] = None
        else:
            raise NoSuchSource(f"no such file: {name}")
    return list(found)


def _below(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if not hidden and path.is_file():
            yield path


class FeedInput:
    """One feed, opened: reads its bytes, decompressed, from the place where it stands.

    Plain files can be resumed and followed; what is compressed, or no file, is read from its beginning.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.shown = "stdin" if name == STDIN else Path(name).name
        """What places of records call it."""
        self.offset = 0
        """Bytes handed out so far, as decompressed."""
        self._file = _open(name)
        self._status = os.fstat(self._file.fileno())
        try:
            head = self._head()
            _refuse_packed(name, head)
        except BaseException:
            self._file.close()
            raise
        self._stream, self.is_plain = _unpacked(self._file, head)
        self.is_file = stat.S_ISREG(self._status.st_mode)
        """Whether it is a regular file, and no pipe or device."""

    @property
    def size_bytes(self) -> int | None:
        """Bytes on disk, compressed ones as they lie there; None where there is no end to know."""
        return os.fstat(self._file.fileno()).st_size if self.is_file else None

    @property
    def read_bytes(self) -> int:
        """How many of `size_bytes` are read."""
        return self.offset if self.is_plain else self._file.tell()

    @property
    def identity(self) -> str | None:
        """Which file this is, whatever it is called; None where reading cannot be resumed. Inodes are used
        again: hold what `tail_digest` says against what it said."""
        if not (self.is_file and self.is_plain):
            return None
        return f"{self._status.st_dev}:{self._status.st_ino}"

    def read(self, size: int = CHUNK_BYTES) -> bytes:
        """The next bytes; b"" at the (present) end. Raises: Damaged, Unreadable."""
        try:
            # read1 waits for no more than one piece of a pipe, and keeps what comes before damage
            is_simple = self.is_file and self.is_plain
            chunk = self._file.read(size) if is_simple else self._stream.read1(size)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise Damaged("the gzip data is damaged or cut off") from error
        except OSError as error:
            raise Unreadable(f"cannot read {self.name}: {error.strerror}") from error
        self.offset += len(chunk)
        return chunk

    @property
    def head(self) -> bytes:
        """The first bytes of a plain file."""
        return os.pread(self._file.fileno(), HEAD_BYTES, 0)

    def is_waiting(self) -> bool:
        """Whether whoever writes into a pipe has written all for now."""
        return not self.is_file and not select.select([self._file], [], [], 0)[0]

    @property
    def changed_s(self) -> int:
        """When the file was last written to when it was opened, in whole seconds; packing keeps it."""
        return int(self._status.st_mtime)

    def tail_digest(self, end: int) -> str:
        """A digest of the bytes before `end`: the proof that a file was not rewritten in place."""
        start = max(0, end - TAIL_BYTES)
        return _digest(os.pread(self._file.fileno(), end - start, start))

    def passes(self, end: int, tail: str) -> bool:
        """Passes over the first `end` bytes of a file, packed or not; whether they end in the bytes of that
        digest. Where they do not, it stands anywhere. Raises: Damaged, Unreadable."""
        if self.is_plain:
            self.seek(end)
            return self.tail_digest(end) == tail
        last = b""
        while self.offset < end:
            chunk = self.read(min(CHUNK_BYTES, end - self.offset))
            if not chunk:
                return False
            last = (last + chunk)[-TAIL_BYTES:]
        return _digest(last) == tail

    def seek(self, offset: int) -> None:
        """Go on reading a plain file there."""
        self._file.seek(offset)
        self.offset = offset

    def was_truncated(self) -> bool:
        """Whether the file is shorter than what was read of it already."""
        size = self.size_bytes
        return size is not None and self.is_plain and size < self.offset

    def was_replaced(self) -> bool:
        """Whether the name now stands for another file: a rotated log."""
        if not self.is_file:
            return False
        try:
            now = Path(self.name).stat()
        except OSError:
            return False
        return (now.st_dev, now.st_ino) != (self._status.st_dev, self._status.st_ino)

    def close(self) -> None:
        if self._stream is not self._file:
            self._stream.close()
        if self.name != STDIN:
            self._file.close()

    def _head(self) -> bytes:
        if stat.S_ISREG(self._status.st_mode) and self.name != STDIN:
            return os.pread(self._file.fileno(), HEAD_BYTES, 0)
        return self._file.peek(HEAD_BYTES)[:HEAD_BYTES]


class _Bytes(Protocol):
    """A stream to read from; `read1` waits for no more than one piece."""

    def read1(self, size: int, /) -> bytes: ...
    def close(self) -> None: ...


def _digest(tail: bytes) -> str:
    return hashlib.blake2b(tail, digest_size=8).hexdigest()


def _open(name: str) -> BufferedReader:
    if name == STDIN:
        return cast(BufferedReader, sys.stdin.buffer)
    try:
        return Path(name).open("rb")
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            raise NoSuchSource(f"no such file: {name}") from error
        raise Unreadable(f"cannot read {name}: {error.strerror}") from error


def _refuse_packed(name: str, head: bytes) -> None:
    if head.startswith(DATABASE_MAGIC):
        raise BadData(f"{name} is a database, not a feed; open it with: parcours {name}")
    for magic, what in _PACKED.items():
        if head.startswith(magic):
            raise BadData(f"{name} is {what}")


def _unpacked(file: BufferedReader, head: bytes) -> tuple[_Bytes, bool]:
    """The stream to read from, and whether that is the file itself."""
    if head.startswith(_GZIP):
        return gzip.GzipFile(fileobj=file, mode="rb"), False
    if head.startswith(_ZSTD):
        return _Zstd(file), False
    return file, True


class _Zstd:
    """A zstd stream whose errors are the same as those of gzip, and that notices a missing end.

    It is fed in small pieces: one kilobyte may unfold to 32 MB, and a piece is unfolded whole.
    """

    PIECE_BYTES = 1024

    def __init__(self, file: BufferedReader) -> None:
        import zstandard

        self._file = file
        self._failure = zstandard.ZstdError
        self._new = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj
        self._frame = self._new()
        self._inside = False
        self._is_damaged = False
        self._rest = b""
        self._ready = bytearray()

    def read1(self, size: int, /) -> bytes:
        while not self._ready and not self._is_damaged:
            piece = self._rest or self._file.read1(self.PIECE_BYTES)
            if not piece:
                self._is_damaged = self._inside
                break
            self._unfold(piece)
        content = bytes(self._ready[:size])
        del self._ready[:size]
        if not content and self._is_damaged:
            raise Damaged("the zstd data is damaged or cut off")
        return content

    def close(self) -> None:
        self._ready.clear()

    def _unfold(self, piece: bytes) -> None:
        try:
            self._ready += self._frame.decompress(piece)
        except self._failure:
            self._is_damaged = True
            return
        self._inside, self._rest = True, b""
        if self._frame.eof:
            self._inside, self._rest = False, self._frame.unused_data
            self._frame = self._new()
