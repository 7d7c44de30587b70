"""The commands that read: each as a person runs it, with what it prints and its exit code."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
"""Answers code, out and err."""
FORBIDDEN = {"Cc", "Cf", "Cs"}


def objects(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_logs_print_rows_oldest_first(run: Run, filled: Path) -> None:
    ran = run("logs", "event", "-s", str(filled))
    assert ran.code == 0
    assert ran.err == ""
    kinds = [line.split()[1] if "ERR" not in line else line.split()[2] for line in ran.out.splitlines()]
    assert kinds == ["sent", "delivered", "sent", "bounced/hard", "clicked"]


@pytest.mark.parametrize("form", ["before", "option", "environment", "settings", "named"])
def test_source_may_stand_in_five_places(
    run: Run, filled: Path, home: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    arguments = ["logs", "event", "--filter", "kind:clicked", "--format", "json"]
    config = home / "config" / "parcours" / "config.toml"
    config.parent.mkdir(parents=True)
    if form == "before":
        arguments = [str(filled), *arguments]
    elif form == "option":
        arguments += ["-s", str(filled)]
    elif form == "environment":
        monkeypatch.setenv("PARCOURS_SOURCE", str(filled))
    elif form == "settings":
        config.write_text(f'source = "{filled}"\n')
    else:
        config.write_text(f'[sources]\nprod = "{filled}"\n')
        arguments = ["prod", *arguments]
    ran = run(*arguments)
    assert (ran.code, len(objects(ran.out))) == (0, 1), ran.err


def test_limit_takes_the_newest_and_all_takes_everything(run: Run, filled: Path) -> None:
    newest = run(str(filled), "logs", "event", "--limit", "2", "--format", "json")
    assert [row["kind"] for row in objects(newest.out)] == ["bounced", "clicked"]
    everything = run(str(filled), "logs", "event", "--limit", "all", "--format", "json")
    assert len(objects(everything.out)) == 5


def test_since_and_until_bound_the_rows(run: Run, filled: Path) -> None:
    ran = run(
        *(str(filled), "logs", "event", "--format", "json"),
        *("--since", "2026-03-10T12:02:05Z", "--until", "2026-03-10T12:03:10Z"),
    )
    assert [row["kind"] for row in objects(ran.out)] == ["delivered", "sent"]


def test_raw_gives_the_bytes_of_the_feed(run: Run, filled: Path) -> None:
    ran = run(str(filled), "logs", "event", "--filter", "kind:clicked", "--format", "raw")
    feed = (Path(__file__).parent / "feed.ndjson").read_text().splitlines()
    assert ran.out.splitlines() == [line for line in feed if '"clicked"' in line]


def test_csv_is_read_back_and_starts_no_formula(run: Run, filled: Path) -> None:
    ran = run(str(filled), "logs", "event", "--filter", "kind:bounced", "--format", "csv")
    (row,) = csv.DictReader(io.StringIO(ran.out, newline=""))
    assert row["class"] == "hard"
    assert row["reason"] == "'=cmd|' /C calc'!A0 \\x1b[31m\\x9b \\u202e"


@pytest.mark.parametrize("form", ["text", "json", "csv"])
def test_no_control_of_a_stranger_reaches_stdout(run: Run, filled: Path, form: str) -> None:
    ran = run(str(filled), "logs", "event", "--format", form)
    bad = [c for c in ran.out if unicodedata.category(c) in FORBIDDEN and c not in "\r\n"]
    assert bad == []
    if form == "json":
        (bounced,) = [row for row in objects(ran.out) if row["kind"] == "bounced"]
        assert bounced["reason"] == "=cmd|' /C calc'!A0 \x1b[31m\x9b \u202e"


def test_logs_as_json_rebuild_the_same_log(run: Run, filled: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.db"
    for log in ("event", "scenario"):
        exported = tmp_path / f"{log}.ndjson"
        exported.write_text(run(str(filled), "logs", log, "--limit", "all", "--format", "json").out)
        assert run("ingest", str(exported), "--db", str(again)).code == 0
        first = objects(exported.read_text())
        second = objects(run(str(again), "logs", log, "--limit", "all", "--format", "json").out)
        assert [row["event_id"] for row in first] == [row["event_id"] for row in second]


def test_nothing_found_is_exit_code_1(run: Run, filled: Path) -> None:
    ran = run(str(filled), "logs", "event", "--filter", "kind:complained")
    assert (ran.code, ran.out, ran.err) == (1, "", "no row matches\n")


def test_a_query_that_does_not_parse_points_at_the_column(run: Run, filled: Path) -> None:
    ran = run(str(filled), "logs", "event", "--filter", "kind:sent kin:sent")
    assert ran.code == 2
    message, query, caret = ran.err.splitlines()
    assert 'no field "kin", did you mean kind?' in message
    assert query == "  kind:sent kin:sent"
    assert caret == "            ^"


def test_contacts_lists_who_is_inside(run: Run, filled: Path) -> None:
    ran = run(str(filled), "contacts", "--scenario", "Welcome", "--format", "json")
    assert objects(ran.out) == [
        {
            "contact": "ada@example.com",
            "scenario": "Welcome",
            "state": "active",
            "entered_at": "2026-03-10T12:00:00.000Z",
            "since": "2026-03-10T12:00:00.000Z",
        }
    ]
    assert run(str(filled), "contacts").out.startswith("ada@example.com")
    assert (
        run(str(filled), "contacts", "--format", "csv")
        .out.splitlines()[0]
        .startswith("contact,product_id,scenario")
    )


def test_an_unknown_scenario_names_those_that_exist(run: Run, filled: Path) -> None:
    ran = run(str(filled), "contacts", "--scenario", "Wel")
    assert ran.code == 1
    assert 'nothing named "Wel"; there are: Welcome' in ran.err


def test_contacts_are_sorted_and_counted_by_step(run: Run, filled: Path) -> None:
    for words in (("--sort", "contact"), ("--sort", "at_step", "--backwards")):
        assert run(str(filled), "contacts", *words).out.startswith("ada@example.com")
    counted = run(str(filled), "contacts", "--steps", "--format", "csv")
    assert counted.out.splitlines()[0] == "scenario,step,active,waiting,usual_s"
    assert len(counted.out.splitlines()) == 2
    assert run(str(filled), "contacts", "--steps", "--sort", "contact").code == 2


def test_trace_merges_both_logs(run: Run, filled: Path) -> None:
    ran = run(str(filled), "trace", "ADA@example.com", "--format", "json")
    assert [row["kind"] for row in objects(ran.out)] == ["entered", "sent", "delivered", "clicked"]
    assert "ada@example.com" in ran.err


@pytest.mark.parametrize(
    ("who", "code", "said"),
    [("nobody@example.com", 1, "no contact is known"), ("example.com", 1, "names 2 contacts, say which")],
)
def test_trace_of_nobody_or_of_several_is_refused(
    run: Run, filled: Path, who: str, code: int, said: str
) -> None:
    ran = run(str(filled), "trace", who)
    assert ran.code == code
    assert said in ran.err


def test_rejected_tells_reason_place_and_record(run: Run, filled: Path) -> None:
    ran = run("rejected", "--db", str(filled), "--format", "json")
    (row,) = objects(ran.out)
    assert (row["place"], row["reason"]) == ("feed.ndjson:10", "not a JSON object")
    assert row["record"].strip() == "not a record"
    assert "not a record" in run("rejected", "--db", str(filled)).out


def test_report_in_three_forms(run: Run, filled: Path) -> None:
    text = run(str(filled), "report", "--delivery", "Mail A")
    assert (text.code, "Delivered" in text.out) == (0, True), text.err
    figures = objects(run(str(filled), "report", "--delivery", "Mail A", "--format", "json").out)
    assert {f["metric"]: f["value"] for f in figures if f["record"] == "figure"}["delivered"] == 1
    table = run(str(filled), "report", "--delivery", "Mail A", "--window", "7d", "--format", "csv")
    assert "Email sending statistics" in table.out


def test_report_beside_another_window_and_of_one_step(run: Run, filled: Path) -> None:
    beside = run(str(filled), "report", "--delivery", "Mail A", "--compare", "before", "--format", "json")
    first, *others = objects(beside.out)
    assert beside.code == 0 and set(first["compared"]) == {"start", "end"}
    delivered = next(row for row in others if row.get("label") == "Delivered")
    assert delivered["cells"]["This window"] == 1
    for wrong in (["--compare", "soon"], ["--step", "no such step"]):
        said = run(str(filled), "report", "--scenario", "Welcome", *wrong)
        assert (said.code, wrong[0] in said.err) == (2, True), said.err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["report"], 2),
        (["report", "--scenario", "Welcome", "--campaign", "x"], 2),
        (["report", "--scenario", "Welcome", "--tab", "fax"], 2),
        (["report", "--scenario", "Welcome", "--window", "soon"], 2),
        (["report", "--scenario", "Goodbye"], 1),
        (["logs", "everything"], 2),
        (["logs", "event", "--limit", "0"], 2),
        (["logs", "event", "--since", "yesterday"], 2),
        (["logs", "event", "--frobnicate"], 2),
    ],
)
def test_a_wrong_question_is_one_line_and_its_code(
    run: Run, filled: Path, arguments: list[str], code: int
) -> None:
    ran = run(str(filled), *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.startswith("parcours: ")
    assert "Traceback" not in ran.err


def test_doctor_says_what_is_there_and_warns_of_what_was_set_aside(run: Run, filled: Path) -> None:
    ran = run("doctor", "-s", str(filled))
    assert ran.code == 1
    assert "5 event rows, 3 scenario rows, 2 contacts, 2 messages" in ran.out
    assert "warning   set aside 1 records of parcours: not a JSON object" in ran.out


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (None, 66, "no such file"),
        (b"", 65, "empty"),
        (b'{"record":"event"}\n', 65, "is not a database; to look at a feed: parcours"),
        (b"SQLite format 3\0" + b"\0" * 2_000, 65, ""),
    ],
)
def test_what_is_no_database_is_told(
    run: Run, tmp_path: Path, content: bytes | None, code: int, said: str
) -> None:
    path = tmp_path / "x.db"
    if content is not None:
        path.write_bytes(content)
    ran = run("logs", "event", "-s", str(path))
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert "Traceback" not in ran.err
    assert path.exists() == (content is not None)


def test_doctor_tells_failures_apart(run: Run, tmp_path: Path) -> None:
    assert run("doctor", "-s", str(tmp_path / "absent.db")).code == 3
    (tmp_path / "broken.db").write_bytes(b"SQLite format 3\0" + b"\0" * 2_000)
    assert run("doctor", "-s", str(tmp_path / "broken.db")).code == 2
