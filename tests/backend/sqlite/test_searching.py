"""Looking for people by any text that can be typed or pasted: it finds what is there and ends nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from backend.record import ContactRecord, Decoded, Identity
from backend.sources.sqlite.opening import open_reader
from backend.sources.sqlite.searching import find_contacts
from backend.sources.sqlite.writing import Store

PEOPLE = (
    "a\x1b[0031mred",
    "[link=https://e.example]x[/link]",
    "ada*lovelace@example.org",
    "ada.lovelace@example.org",
    "山田太郎[0031]@example.jp",
)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "people.db"
    people = tuple(
        ContactRecord(product="own", account="default", identities=(Identity("email", address),))
        for address in PEOPLE
    )
    with Store(path, create=True) as store:
        store.add([Decoded(format="made", raw=b"raw", records=people)])
    return path


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("*lovelace", [PEOPLE[2]]),
        ("ada*love", [PEOPLE[2]]),
        ("LOVELACE@", [PEOPLE[2], PEOPLE[3]]),
        ("m[0031", []),
        ("[0031", [PEOPLE[0], PEOPLE[4]]),
        ("太郎[0031]", [PEOPLE[4]]),
        ("?", []),
        ("[*?", []),
    ],
)
def test_signs_of_patterns_are_looked_for_as_they_are(database: Path, text: str, found: list[str]) -> None:
    connection = open_reader(database)
    try:
        assert sorted(contact.shown for contact in find_contacts(connection, text, 10)) == sorted(found)
    finally:
        connection.close()


@pytest.mark.parametrize(
    "text", ["a␛[0031mred", "␛?0031", "␛[link=https", "éé[abcd", "山[山*山?山山山", "é*é*é*abcdef"]
)
def test_no_text_ends_the_process(database: Path, text: str) -> None:
    """SQLite 3.40 dies of a wildcard beside few letters of many bytes, so this asks in another process."""
    code = (
        "import sys; from pathlib import Path; from backend.sources.sqlite.opening import open_reader; "
        "from backend.sources.sqlite.searching import find_contacts; "
        "find_contacts(open_reader(Path(sys.argv[1])), sys.argv[2], 10)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(database), text], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
