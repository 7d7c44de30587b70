"""Looking for people by any text that can be typed or pasted: it finds what is there and ends nothing."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.model import DAY_MS, EventKind
from backend.query.language import parse
from backend.record import ContactRecord, Decoded, Event, Identity
from backend.source import Direction
from backend.sources.sqlite import compile, identity_search, searching
from backend.sources.sqlite.identity_search import containing_identities, listed_identities
from backend.sources.sqlite.opening import open_reader
from backend.sources.sqlite.paging import read_page
from backend.sources.sqlite.pool import Deadline
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


# --- the index and its sample decide what a search costs, never what it finds ------------------------------

AT_MS = 1_773_144_000_000
LETTERS = "aAbB1.@é山É "
MADE = [("email", f"ann{number}@Example.com") for number in range(300)]
MADE += [("id", f"Ab{number}-Xé{number % 7}") for number in range(60)]


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[sqlite3.Connection, list[str]]]:
    """A store of a few hundred people, each with an event, and what their identities are shown as."""
    path = tmp_path_factory.mktemp("crowd") / "my.db"
    chance = random.Random(5)
    odd = [("id", "x" + "".join(chance.choices(LETTERS, k=7)).strip() + "x") for _ in range(140)]
    events = tuple(
        Event(
            product="own",
            account="default",
            key=(str(number),),
            at_ms=AT_MS + number % 90,
            kind=EventKind.OPENED,
            type="opened",
            identities=(Identity(*identity),),
        )
        for number, identity in enumerate(MADE + odd)
    )
    with Store(path, create=True, now_ms=lambda: AT_MS + DAY_MS) as store:
        store.add([Decoded(format="made", raw=b"raw", records=events)])
    connection = open_reader(path)
    shown = [text for (text,) in connection.execute("SELECT shown FROM identity ORDER BY id")]
    yield connection, shown
    connection.close()


def parts(shown: list[str]) -> list[str]:
    """Texts of three letters and more from what is there, in any case, and some from what is not."""
    chance = random.Random(7)
    found = [
        "ann",
        "example",
        "@EXAMPLE.com",
        "ab5",
        "AB5-x",
        "xé3",
        "nn29",
        '"a"',
        "a*b",
        "***",
        "not there",
    ]
    for _ in range(150):
        text = chance.choice(shown)
        start = chance.randrange(max(1, len(text) - 3))
        found.append(text[start : start + chance.randrange(3, 9)])
    found += ["".join(chance.choices(LETTERS, k=3)) for _ in range(50)]
    return [text.casefold() for text in found if len(text) >= 3]


@pytest.mark.parametrize(
    ("spans", "rows", "common"), [(32, 64, 0.02), (1, 3, 0.02), (4, 4, 0.5), (8, 8, 0.0)]
)
def test_every_identity_with_a_text_is_found_whatever_the_sample_says(
    crowd: tuple[sqlite3.Connection, list[str]],
    monkeypatch: pytest.MonkeyPatch,
    spans: int,
    rows: int,
    common: float,
) -> None:
    monkeypatch.setattr(identity_search, "SAMPLED_SPANS", spans)
    monkeypatch.setattr(identity_search, "SPAN_ROWS", rows)
    monkeypatch.setattr(identity_search, "COMMON", common)
    monkeypatch.setattr(identity_search, "FIRST_CANDIDATES", 20)
    connection, shown = crowd
    monkeypatch.setattr(connection, "sample", None)
    for text in parts(shown):
        holding = [number for number, name in enumerate(shown, 1) if text in name.casefold()]
        for limit in (1, 5, 1_000):
            found = containing_identities(connection, text, limit)
            assert [identity for identity, _ in found or ()] == holding[:limit], text
        listed = listed_identities(connection, text, 40)
        assert listed is None or [identity for identity, _ in listed] == holding, text
        assert listed is not None or len(holding) > 3, text


def test_rows_of_many_contacts_come_in_the_order_of_the_log(
    crowd: tuple[sqlite3.Connection, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether their contacts are listed, few or many, or each row is looked at: the pages are the same."""
    connection, shown = crowd

    def pages(text: str, direction: Direction) -> list[int]:
        query = parse(f'"{text}"', now_ms=AT_MS + DAY_MS)
        ids: list[int] = []
        cursor = None
        while True:
            page = read_page(connection, Deadline(60), query, cursor, direction, 7, 60)
            rows = [row.id for row in page.rows]
            ids += reversed(rows) if direction is Direction.OLDER else rows
            more = page.older is not None if direction is Direction.OLDER else page.has_newer
            if not more:
                return ids
            cursor = page.older if direction is Direction.OLDER else page.newer

    for text in ("ann1", "example", "ab1"):
        for direction in Direction:
            answers = []
            for most_arms, most in ((120, 2_000), (2, 2_000), (2, 1)):
                monkeypatch.setattr(compile, "MOST_ARMS", most_arms)
                monkeypatch.setattr(searching, "MOST_IDENTITIES", most)
                answers.append(pages(text, direction))
            holding = [number for number, name in enumerate(shown, 1) if text in name.casefold()]
            assert len(answers[0]) == len(holding)
            assert answers[0] == answers[1] == answers[2]
