"""Rows of the logs as columns and technical fields, worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from backend.model import LogName, LogRow
from tui.presenters.log_rows import (
    COLUMNS,
    INTERNAL_REQUEST,
    detail_fields,
    field_text,
    log_row,
    raw_text,
    trace_row,
)

AT_MS = int(datetime(2026, 3, 10, 19, 42, 10, tzinfo=UTC).timestamp() * 1000)


def row(**changes: Any) -> LogRow:
    values: dict[str, Any] = {
        "log": LogName.EVENT,
        "id": 7,
        "at_ms": AT_MS,
        "key": "00ff",
        "received_ms": AT_MS + 5000,
        "kind": "clicked",
        "type": "click",
        "product": "brevo",
        "account": "default",
        "format": "brevo-webhook",
        "contact": "a@b.example",
    }
    return LogRow(**{**values, **changes})


def scenario_row(**changes: Any) -> LogRow:
    values = {
        "log": LogName.SCENARIO,
        "kind": "action",
        "type": "email_sent",
        "scenario": "Welcome",
        "step": "Mail A",
    }
    return row(**{**values, **changes})


def cells(found: LogRow, log: LogName) -> dict[str, str]:
    return dict(zip((column.key for column in COLUMNS[log]), log_row(found, log, UTC).cells, strict=True))


def test_the_scenario_log_has_the_documented_columns() -> None:
    assert cells(scenario_row(message="sent"), LogName.SCENARIO) == {
        "time": "03-10 19:42:10",
        "level": "   ",
        "contact": "a@b.example",
        "scenario": "Welcome",
        "step": "Mail A",
        "message": "sent",
    }


def test_an_event_without_a_caller_says_internal_request() -> None:
    assert cells(row(), LogName.EVENT)["ip"] == INTERNAL_REQUEST
    assert cells(row(ip="192.0.2.7"), LogName.EVENT)["ip"] == "192.0.2.7"


def test_the_tracking_log_shows_delivery_and_url() -> None:
    found = cells(row(delivery="Offer", url="https://x.example/a"), LogName.TRACKING)
    assert (found["type"], found["delivery"], found["url"]) == ("click", "Offer", "https://x.example/a")


@pytest.mark.parametrize(
    ("changes", "mark", "level"),
    [
        ({}, "   ", "info"),
        ({"kind": "bounced", "bounce_class": "hard"}, "ERR", "error"),
        ({"kind": "bounced", "bounce_class": "soft"}, "WRN", "warning"),
        ({"skew": True}, "WRN", "warning"),
        ({"kind": "error", "skew": True}, "ERR", "error"),
    ],
)
def test_the_level_is_a_word_as_well_as_a_colour(changes: dict[str, Any], mark: str, level: str) -> None:
    shown = log_row(row(**changes), LogName.EVENT, UTC)
    assert (shown.cells[1], shown.level) == (mark, level)


def test_scenario_fields_come_in_the_documented_order_and_only_where_they_apply() -> None:
    found = scenario_row(message="sent", start_id="s1", workflow_points="start", step_key="id:st-14")
    names = [name for name, _ in detail_fields(found, UTC)]
    assert names[:8] == [
        "message", "type", "scenario_name", "start_id", "workflow_points", "date", "user_email", "step_id",
    ]  # fmt: skip
    assert dict(detail_fields(found, UTC))["step_id"] == "st-14"
    every = dict(detail_fields(scenario_row(), UTC, everything=True))
    assert every["start_id"] == every["campaign"] == "(none)" and "scenario" not in every
    without = [name for name, _ in detail_fields(scenario_row(), UTC)]
    assert without[:5] == ["type", "scenario_name", "date", "user_email", "step_id"]


def test_event_fields_come_in_the_documented_order_then_others_then_data_then_ours() -> None:
    found = row(
        message="<m1>",
        delivery_key="id:42",
        fields={"contact_id": 17, "camp": {"a": 1}},
        data={"order_id": 9},
        reason="full",
    )
    fields = detail_fields(found, UTC)
    assert fields[:8] == (
        ("contact_id", "17"),
        ("created_at", "2026-03-10T19:42:10.000Z"),
        ("email_id", "a@b.example"),
        ("message_id", "<m1>"),
        ("sib_type", "click"),
        ("template_id", "42"),
        ("camp", '{"a": 1}'),
        ("data.order_id", "9"),
    )
    assert fields[8] == ("kind", "clicked")
    assert ("reason", "full") in fields
    assert ("ip", INTERNAL_REQUEST) in fields
    assert ("received", "2026-03-10 19:42:15.000 (5 s later)") in fields
    assert fields[-1] == ("event_id", "00ff")


def test_what_a_row_counts_as_is_said_in_words() -> None:
    found = dict(detail_fields(row(repeat=True, test=True, implied=("targeted", "sent")), UTC))
    assert found["counts as"] == "a repeat: kept, not counted; a test; clicked, and implies targeted and sent"
    assert "counts as" not in dict(detail_fields(row(), UTC))


def test_the_story_of_a_contact_shows_gaps_as_spans() -> None:
    first = trace_row(scenario_row(message="sent"), None, UTC)
    second = trace_row(row(url="/offer"), AT_MS - 4_800_000, UTC)
    assert first.cells == ("03-10 19:42:10", "", "   ", "scn", "email_sent", "Welcome", "Mail A, sent")
    assert second.cells[1] == "1 h 20"
    assert first.key != second.key


@pytest.mark.parametrize(
    ("value", "text"), [("a", "a"), (1, "1"), (None, "null"), ({"é": [1]}, '{"é": [1]}'), (b"x", "\"b'x'\"")]
)
def test_field_values_are_text(value: object, text: str) -> None:
    assert field_text(value) == text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (None, "(the raw record was not kept)"),
        (b'{"a":[1]}', '{\n  "a": [\n    1\n  ]\n}'),
        (b"a;b\xff", "a;b\ufffd"),
        (b"[" * 100_000, "[" * 100_000),
    ],
)
def test_the_raw_record_is_laid_out_where_it_is_json(raw: bytes | None, text: str) -> None:
    assert raw_text(raw) == text
