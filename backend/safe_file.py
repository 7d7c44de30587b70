"""New files that hold people's data: readable by their owner only, complete or not there at all.

A stranger's text may become part of a name, and a name may already be taken by a link, a pipe or a
device. Nothing here ever writes through one, waits on one or replaces one.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from backend.errors import CannotWrite, WriteFailed

MAX_NAME = 80
"""Characters of a slug: leaves room for a suffix under the 255 bytes of most file systems."""

RESERVED = frozenset({"CON", "PRN", "AUX", "NUL", *(f"{n}{i}" for n in ("COM", "LPT") for i in range(1, 10))})
"""Names that are devices on Windows, with any suffix: a share may be opened from there."""

_FRESH = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_NO_HARD_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK}
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


def slug(text: str, fallback: str = "export") -> str:
    """`text` as a part of a file name: ASCII letters, digits, `.`, `_` and `-`; never hidden, never empty."""
    flat = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    safe = re.sub(r"[^A-Za-z0-9._]+", "-", flat)
    safe = re.sub(r"\.{2,}", "-", safe)
    safe = re.sub(r"-{2,}", "-", safe).strip("-._")[:MAX_NAME].rstrip("-._")
    if not safe:
        return fallback
    if safe.split(".")[0].upper() in RESERVED:
        return f"{fallback}-{safe}"
    return safe


def write_new(path: Path, pieces: Iterable[bytes], *, force: bool = False) -> int:
    """Write a file of mode 0600 and answer its size in bytes; after an error there is no trace of it.

    The name must be free; with force a regular file of that name is replaced, nothing else ever is.
    Raises: CannotWrite where the name is taken or the folder cannot be used, WriteFailed where the disk
    gave up.
    """
    try:
        if not force and os.path.lexists(path):  # known before a million rows were read for it
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        temporary = path.with_name(f".parcours-{os.urandom(8).hex()}.tmp")
        handle = os.open(temporary, _FRESH, 0o600)
    except (OSError, ValueError) as error:
        raise _not_written(path, error) from error
    try:
        size = _fill(handle, pieces)
        if force:
            _replace(temporary, path)
        else:
            _place(temporary, path)
        _sync_folder(path.parent)
    except (OSError, ValueError) as error:
        raise _not_written(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)
    return size


def _fill(handle: int, pieces: Iterable[bytes]) -> int:
    with os.fdopen(handle, "wb") as file:
        for piece in pieces:
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
        return file.tell()


def _place(temporary: Path, path: Path) -> None:
    """Give the file its name, which must be free: link() never follows and never replaces."""
    try:
        os.link(temporary, path, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        claim = os.open(path, _FRESH, 0o600)
        os.close(claim)
        temporary.replace(path)


def _replace(temporary: Path, path: Path) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        mode = stat.S_IFREG
    if not stat.S_ISREG(mode):
        raise CannotWrite(f"{path} is not a regular file; it is left as it is")
    temporary.replace(path)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _not_written(path: Path, error: OSError | ValueError) -> CannotWrite:
    if isinstance(error, ValueError):
        return CannotWrite(f"not a file name: {str(path)!r}")
    if error.errno in _DISK_FULL:
        return WriteFailed(f"cannot write {path}: {error.strerror}; nothing is left of it")
    if error.errno == errno.EEXIST:
        return CannotWrite(f"{path} exists already; it is left as it is")
    return CannotWrite(f"cannot write {path}: {error.strerror}")
