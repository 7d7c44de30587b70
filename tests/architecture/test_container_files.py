"""What goes into a container's image: all that the program needs, and nothing that lies about."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[2]
STRANGERS = (
    *(".git/config", ".venv/bin/python", ".pytest_cache/x", ".hypothesis/x", "dist/x.whl"),
    *("my.db", "my.db-wal", "backend/my.db", "tui/sub/my.db-shm", "bench/stores/1000000.db"),
    *(
        "prod.token",
        "tui/prod.token",
        "feeds.toml",
        "backend/server/feeds.toml",
        "key.pem",
        "tui/tls/key.pem",
    ),
    *(
        "backend/__pycache__/model.cpython-311.pyc",
        "__pycache__/x.pyc",
        "tests/conftest.py",
        "exports/crm.csv",
    ),
)


def lets_in(path: str) -> bool:
    """As Docker reads .dockerignore: the last line that matches the path or a folder of it decides."""
    is_in = True
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if line and not line.startswith("#"):
            pattern = re.escape(line.removeprefix("!")).replace(r"\*\*/", "(.*/)?").replace(r"\*", "[^/]*")
            places = (path, *map(str, PurePosixPath(path).parents[:-1]))
            is_in = line.startswith("!") if any(re.fullmatch(pattern, one) for one in places) else is_in
    return is_in


def test_an_image_holds_all_that_the_program_is_built_of() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = ["pyproject.toml", project["project"]["readme"], *project["project"]["license-files"]]
    needed += wheel["force-include"]
    for package in wheel["packages"]:
        files = (ROOT / package).rglob("*")
        needed += [str(one.relative_to(ROOT)) for one in files if "__pycache__" not in one.parts]
    assert len(needed) > 200
    assert [one for one in needed if not lets_in(one)] == []


def test_an_image_holds_no_data_and_no_secret() -> None:
    assert [one for one in STRANGERS if lets_in(one)] == []
