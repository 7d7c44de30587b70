"""Where a client's token comes from: a file that nobody else can read, or the environment. Never argv, which
every user of the machine can see."""

from __future__ import annotations

import errno
import os
import re
import stat
from pathlib import Path

from backend.errors import ConfigError

VARIABLE = "PARCOURS_TOKEN"
LONGEST_BYTES = 4_096
_TOKEN = re.compile(r"[!-~]{8,1000}")


def find_token(path: Path | None) -> str | None:
    """The token in the file, else in $PARCOURS_TOKEN; None where there is neither. Raises: ConfigError."""
    if path is not None:
        return _checked(read_private(path), str(path))
    told = os.environ.get(VARIABLE)
    return _checked(told, f"${VARIABLE}") if told else None


def read_private(path: Path, most_bytes: int = LONGEST_BYTES) -> str:
    """The text of a file that holds a secret. Raises: ConfigError where others could read or change it."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        file = os.fdopen(handle, "rb")
    except OSError as error:
        why = "it is a link; name the file itself" if error.errno == errno.ELOOP else error.strerror
        raise ConfigError(f"cannot read {path}: {why}") from error
    with file:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise ConfigError(f"{path} is not a regular file")
        if status.st_mode & 0o077:
            raise ConfigError(f"{path} can be read by others: chmod 600 {path}")
        if status.st_uid not in (os.geteuid(), 0):
            raise ConfigError(f"{path} belongs to another user")
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise ConfigError(f"{path} is too long")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text") from error


def _checked(text: str, place: str) -> str:
    """The token without the line's end. The message never holds it."""
    token = text.strip()
    if not _TOKEN.fullmatch(token):
        raise ConfigError(f"{place} holds no token: one line of ASCII letters is wanted")
    return token
