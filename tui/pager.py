"""Plain text in the person's pager, for as long as he reads it."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping

from widgets.shown import maskable_bytes

PAGER = "less"


def pager_command(environment: Mapping[str, str]) -> list[str]:
    """$PAGER as a command and its arguments. Raises: ValueError for an open quote."""
    return shlex.split(environment.get("PAGER", "")) or [PAGER]


def read_in_pager(text: str) -> str | None:
    """Show text until the pager is left; what went wrong, or None. `less` may start no shell from there."""
    try:
        command = pager_command(os.environ)
        environment = {**os.environ, "LESSSECURE": "1"}
        subprocess.run(command, input=maskable_bytes(text.encode()), env=environment, check=False)  # noqa: S603 - their own
    except (OSError, ValueError) as error:
        return f"the pager did not start: {error}"
    return None
