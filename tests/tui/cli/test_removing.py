"""parcours remove, removals and explain as a person or a script runs them."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
"""Answers code, out and err."""


@pytest.fixture
def database(filled: Path, tmp_path: Path) -> str:
    """A copy of the filled database, to be written to; ada is inside Welcome, bob has left."""
    return str(shutil.copy(filled, tmp_path / "my.db"))


@pytest.fixture
def told(home: Path, tmp_path: Path) -> Path:
    """The file in which the product's command writes what it hears."""
    heard = tmp_path / "heard.ndjson"
    script = "import sys; open(sys.argv[1], 'ab').write(sys.stdin.buffer.read())"
    folder = home / "config" / "parcours"
    folder.mkdir(parents=True)
    command = json.dumps([sys.executable, "-c", script, str(heard)])
    (folder / "config.toml").write_text(f"on_removal = {command}\n")
    return heard


def test_a_removal_is_made_listed_and_told(run: Run, database: str, told: Path) -> None:
    ran = run(database, "remove", "--scenario", "Welcome", "ADA@example.com", "--yes")
    assert (ran.code, ran.out) == (0, "ada@example.com\n")
    assert "1 removed from Welcome" in ran.err
    assert "1 told to the product by" in ran.err
    assert run(database, "contacts").code == 1
    (line,) = told.read_bytes().splitlines()
    assert json.loads(line)["contact"] == "ada@example.com"
    listed = json.loads(run(database, "removals", "--format", "json").out)
    assert (listed["state"], listed["scenario_name"]) == ("told", "Welcome")
    log = run(database, "logs", "scenario", "--filter", "kind:removed", "--format", "json")
    row = json.loads(log.out)
    assert row["message"] == "Le contact a été supprimé manuellement du scénario"
    assert row["workflow_points"] == "exit"


def test_without_a_command_it_says_that_nobody_tells_the_product(run: Run, database: str) -> None:
    ran = run(database, "remove", "--scenario", "Welcome", "ada@example.com")
    assert (ran.code, ran.out) == (1, "")
    assert "Nobody tells parcours" in ran.err or "Nobody tells" in ran.err
    assert "the count was not typed" in ran.err
    assert run(database, "contacts").code == 0
    assert run(database, "removals", "--deliver").code == 78


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["ada@example.com", "bob@example.com"], "1 of 2 is no longer in the scenario: bob@example.com"),
        (["ada@example.com", "ada@example.com"], "named more than once: ada@example.com"),
        (["ada@example"], 'no contact is known as exactly "ada@example"'),
        ([f"user{n}@example.com" for n in range(51)], "51 contacts were named and at most 50"),
    ],
)
def test_a_wrong_request_is_refused_as_a_whole(
    run: Run, database: str, names: list[str], reason: str
) -> None:
    """R40"""
    ran = run(database, "remove", "--scenario", "Welcome", "--yes", *names)
    assert (ran.code, ran.out) == (1, "")
    assert reason in ran.err
    assert run(database, "contacts").code == 0
    assert "nobody was removed" in run(database, "removals").err


def test_the_same_key_again_removes_nobody_else(run: Run, database: str) -> None:
    arguments = (database, "remove", "--scenario", "Welcome", "--yes", "--key", "k1", "ada@example.com")
    assert run(*arguments).code == 0
    again = run(*arguments)
    assert again.code == 0
    assert "had been removed before under this key" in again.err
    assert len(run(database, "removals", "--format", "json").out.splitlines()) == 1


def test_a_file_that_may_not_be_written_says_why(run: Run, database: str, monkeypatch: Any) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: mode == 4)
    ran = run(database, "remove", "--scenario", "Welcome", "--yes", "ada@example.com")
    assert ran.code == 1
    assert "may not be written by you" in ran.err


def test_explain_says_it_in_one_sentence_with_the_row_and_what_to_try(run: Run, database: str) -> None:
    ran = run(database, "explain", "ada@example.com", "--delivery", "Mail A", "--format", "json")
    told = json.loads(ran.out)
    assert ran.code == 0
    assert (told["contact"], told["delivery"]) == ("ada@example.com", "Mail A")
    assert told["rests_on"] == "event log" and told["row_id"] > 0
    assert "\n" not in told["sentence"]
    text = run(database, "explain", "ada@example.com").out
    assert text.startswith("ada@example.com: ")


def test_many_are_explained_at_once_and_a_stranger_has_an_answer_too(run: Run, database: str) -> None:
    ran = run(database, "explain", "ada@example.com", "nobody@example.com", "--format", "csv")
    assert ran.code == 1
    rows = ran.out.splitlines()
    assert rows[0].startswith("asked,contact,delivery,verdict,sentence")
    assert rows[2].startswith("nobody@example.com,,,no_such_contact,")
    assert run(database, "explain", "nobody@example.com").code == 1
    assert run(database, "explain").code == 2


def test_without_contacts_it_prints_the_audience_as_a_waterfall(run: Run, database: str) -> None:
    members = run(database, "explain", "--delivery", "Mail A", "--slice", "targeted", "--format", "csv")
    ran = run(database, "explain", "--delivery", "Mail A", "--format", "csv")
    everybody = next(line for line in ran.out.splitlines() if line.startswith("targeted,"))
    assert len(members.out.splitlines()) - 1 == int(everybody.split(",")[3])
    assert run(database, "explain", "--delivery", "Mail A", "--slice", "lost").code == 2
    assert ran.code == 0
    header, targeted, *_ = ran.out.splitlines()
    assert header == "slice,class,reason,contacts,messages"
    assert targeted.startswith("targeted,,,2,2")


def test_addresses_are_masked_in_all_output_and_never_to_the_product(
    run: Run, database: str, home: Path, told: Path
) -> None:
    settings = home / "config" / "parcours" / "config.toml"
    settings.write_text(f"mask_contacts = true\n{settings.read_text()}")
    for words in (
        ("contacts",),
        ("contacts", "--format", "json"),
        ("contacts", "--format", "csv"),
        ("logs", "scenario", "--format", "raw"),
        ("logs", "event", "--format", "json"),
        ("trace", "ada@example.com", "--format", "csv"),
        ("explain", "ada@example.com"),
        ("remove", "--scenario", "Welcome", "--yes", "ada@example.com"),
        ("removals", "--format", "json"),
    ):
        ran = run(database, *words)
        assert "ada@" not in ran.out + ran.err, words
        assert words[0] == "logs" or "a***@example.com" in ran.out + ran.err, words
        if "json" in words:
            assert all(json.loads(line) for line in ran.out.splitlines())
    assert "ada@example.com" in told.read_text()
