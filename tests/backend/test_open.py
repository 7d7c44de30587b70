"""What a SOURCE text stands for."""

from __future__ import annotations

import os
from pathlib import Path

from backend.open import is_database


def test_a_database_is_known_by_its_content(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"SQLite format 3\0...")
    (tmp_path / "b.db").write_bytes(b"{}")
    os.mkfifo(tmp_path / "pipe")
    assert is_database(tmp_path / "a.json")
    assert not is_database(tmp_path / "b.db")
    assert not is_database(tmp_path / "pipe")
    assert not is_database(tmp_path / "absent")
