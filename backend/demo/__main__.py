"""The process behind the demonstration: `python -m backend.demo PATH --parent PID`.

It ends when its standard input closes, or when its parent is gone.
"""

from __future__ import annotations

import argparse
import os
import select
import sys
import time
from pathlib import Path

from backend.clean import clean
from backend.demo.living import live
from backend.errors import ParcoursError


def main() -> int:
    """Run until the parent ends. Answers the exit code."""
    parser = argparse.ArgumentParser(prog="python -m backend.demo", description=__doc__)
    parser.add_argument("path", type=Path, help="the demonstration's file")
    parser.add_argument("--parent", type=int, required=True, help="the process with which to end")
    given = parser.parse_args()

    def has_ended(wait_s: float) -> bool:
        readable, _, _ = select.select([sys.stdin], [], [], wait_s)
        return bool(readable) or os.getppid() != given.parent

    try:
        live(given.path, now_ms=lambda: time.time_ns() // 1_000_000, has_ended=has_ended)
    except ParcoursError as error:
        parser.exit(error.exit_code, f"{clean(error)}\n")
    return 0


sys.exit(main())
