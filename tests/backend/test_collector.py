"""A long-lived program's collector leaves what its start has loaded alone."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import gc
from backend.collector import LEAST_NEW, NEW_AT_START, leave_in_peace, start_without
start_without()
assert gc.isenabled() and gc.get_threshold()[0] == NEW_AT_START
leave_in_peace()
assert gc.isenabled() and gc.get_freeze_count() > 0
assert gc.get_threshold()[0] == LEAST_NEW
"""


def test_what_is_there_is_not_gone_through_again_and_what_comes_is_rarely() -> None:
    subprocess.run([sys.executable, "-c", SCRIPT], check=True)
