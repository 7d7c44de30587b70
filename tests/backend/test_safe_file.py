"""Files that hold people's data: complete or absent, private, and never through somebody else's name."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.errors import CannotWrite, WriteFailed
from backend.safe_file import slug, write_new


def test_a_new_file_is_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        size = write_new(tmp_path / "export.csv", [b"one,", b"two"])
    finally:
        os.umask(before)
    written = tmp_path / "export.csv"
    assert size == 7
    assert written.read_bytes() == b"one,two"
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["export.csv"]


def hostile(folder: Path) -> dict[str, Path]:
    """Nine targets that must not be written: what stands there is named by the key."""
    victim = folder / "victim"
    victim.write_bytes(b"untouched")
    (folder / "file").write_bytes(b"untouched")
    (folder / "link").symlink_to(victim)
    (folder / "dangling").symlink_to(folder / "made-by-accident")
    (folder / "folder").mkdir()
    (folder / "folder-link").symlink_to(folder / "folder")
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "socket"))
    names = ("file", "link", "dangling", "folder", "folder-link", "pipe", "socket")
    return {
        **{name: folder / name for name in names},
        "missing folder": folder / "nowhere" / "export.csv",
        "long name": folder / ("x" * 300),
    }


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize(
    "name",
    ["file", "link", "dangling", "folder", "folder-link", "pipe", "socket", "missing folder", "long name"],
)
def test_a_hostile_target_is_refused_and_left_as_it_was(tmp_path: Path, name: str, force: bool) -> None:
    targets = hostile(tmp_path)
    before = sorted(entry.name for entry in tmp_path.iterdir())
    if name == "file" and force:
        write_new(targets[name], [b"new"], force=True)
        assert targets[name].read_bytes() == b"new"
        return
    with pytest.raises(CannotWrite):
        write_new(targets[name], [b"new"], force=force)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == before
    assert (tmp_path / "victim").read_bytes() == b"untouched"
    assert (tmp_path / "file").read_bytes() == b"untouched"


def test_a_full_disk_leaves_no_partial_file(tmp_path: Path) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"begun"
        raise OSError(28, "No space left on device")

    with pytest.raises(WriteFailed, match="No space left"):
        write_new(tmp_path / "export.csv", pieces())
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_the_caller_leaves_no_partial_file(tmp_path: Path) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"begun"
        raise KeyError("row")

    with pytest.raises(KeyError):
        write_new(tmp_path / "export.csv", pieces())
    assert list(tmp_path.iterdir()) == []


def test_without_hard_links_the_name_is_still_never_taken_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    write_new(tmp_path / "export.csv", [b"first"])
    with pytest.raises(CannotWrite, match="exists already"):
        write_new(tmp_path / "export.csv", [b"second"])
    assert (tmp_path / "export.csv").read_bytes() == b"first"
    assert [entry.name for entry in tmp_path.iterdir()] == ["export.csv"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Welcome series", "Welcome-series"),
        ("../../etc/passwd", "etc-passwd"),
        ("/absolute", "absolute"),
        ("..", "export"),
        ("", "export"),
        ("CON", "export-CON"),
        ("nul.txt", "export-nul.txt"),
        (".hidden", "hidden"),
        ("-rf", "rf"),
        ("a\0b\nc", "a-b-c"),
        ("\x1b]52;c;eA==\x07", "52-c-eA"),
        ("Été à Nîmes", "Ete-a-Nimes"),
        ("日本", "export"),
        ("x" * 500, "x" * 80),
        ("\udcff$(id)`ls`", "id-ls"),
    ],
)
def test_slug_makes_a_plain_name(text: str, name: str) -> None:
    assert slug(text) == name
