"""Panes of reasons and origins of a scenario, counted by hand: inside the window by rollups, at its edges by
rows."""

from __future__ import annotations

from typing import Any

import pytest

from backend.errors import UsageError
from backend.model import StepKind as S
from backend.reports.counts import MOST_VALUES
from backend.reports.drill import Drill, figure_drill, row_drill, rule_of
from backend.reports.panes import RowsOf
from backend.reports.report import tab_of

ERROR = S.ACTION_ERROR


@pytest.fixture
def failing(feed: Any) -> Any:
    """Two actions that fail for three reasons, hours ago and at both edges of the day."""
    feed.step(ERROR, 24 * 60, step="Webhook", reason="timeout")  # the first millisecond of the window
    feed.step(ERROR, 24 * 60 + 1, step="Webhook", reason="timeout")  # before it
    feed.step(ERROR, 600, step="Webhook", reason="timeout")
    feed.step(ERROR, 600, step="Webhook", reason="http 503", who="bob")
    feed.step(ERROR, 500, step="SMS", reason="timeout")
    feed.step(ERROR, 1, step="SMS")  # told no reason
    feed.step(ERROR, 1, reason="timeout")  # at no step that was told
    feed.step(ERROR, 1, step="SMS", reason="timeout", test=True)
    feed.step(S.DISCARDED, 30, reason="capped")
    feed.step(S.DISCARDED, 700, reason="capped", who="bob")
    feed.step(S.EVENT, 700, step="Order", origin="api")
    feed.step(S.EVENT, 600, step="Order", origin="api", who="bob")
    feed.step(S.EVENT, 2, step="Cart", origin="segment")
    feed.step(S.EVENT, 2, step="Cart", reason="not an error's")
    return feed


def test_action_errors_by_reason(failing: Any) -> None:
    assert failing.report("journey").table("action_error_reasons") == {
        "timeout": (4, 4 / 6),
        "(not told)": (1, 1 / 6),
        "http 503": (1, 1 / 6),
    }


def test_action_errors_by_action_and_reason(failing: Any) -> None:
    assert failing.report("journey").table("error_type_by_action") == {
        "Webhook: timeout": (2, 2 / 6),
        "(not told): timeout": (1, 1 / 6),
        "SMS: (not told)": (1, 1 / 6),
        "SMS: timeout": (1, 1 / 6),
        "Webhook: http 503": (1, 1 / 6),
    }


def test_discards_by_reason_and_events_by_origin(failing: Any) -> None:
    seen = failing.report("journey")
    assert seen.table("discard_reasons") == {"capped": (2, 1.0)}
    assert seen.table("events_by_origin") == {
        "api": (2, 0.5),
        "(not told)": (1, 0.25),
        "segment": (1, 0.25),
    }


def test_R36_test_rows_are_let_in_by_the_switch(failing: Any) -> None:
    table = failing.report("journey", include_test=True).table("error_type_by_action")
    assert table["SMS: timeout"] == (2, 2 / 7)


def test_each_action_keeps_its_own_rarest_reasons_together(feed: Any) -> None:
    for place in range(MOST_VALUES + 3):
        feed.step(ERROR, 60, step="Webhook", reason=f"reason {place:03}")
    feed.step(ERROR, 60, step="SMS", reason="reason 102")
    table = feed.report("journey").table("error_type_by_action")
    assert len(table) == MOST_VALUES + 2
    assert table["Webhook: (all others)"][0] == 3
    assert table["SMS: reason 102"][0] == 1


def test_a_row_opens_its_action_and_reason_and_the_rest_of_an_action_what_its_rows_do_not_say(
    feed: Any,
) -> None:
    for place in range(MOST_VALUES + 1):
        feed.step(ERROR, 60, step="Webhook", reason=f"reason {place:03}")
    feed.step(ERROR, 60, step="SMS", reason="other")
    report = feed.report("journey").report
    pane = next(pane for pane in tab_of(report.subject, "journey").panes if pane.id == "error_type_by_action")
    data = next(data for data in report.panes if data.pane == pane.id)
    drills = {
        row.label: row_drill(figure_drill(report, pane, "action_errors"), pane, data, row)
        for row in data.rows
    }
    one, sms, rest = (drills[name] for name in ("Webhook: reason 000", "SMS: other", "Webhook: (all others)"))
    assert (one.value, one.rows_of, one.beyond) == ("reason 000", RowsOf.REASON_OF_STEP, None)
    assert one.step_id and one.step_id == rest.step_id != sms.step_id
    assert rest.beyond == tuple(f"reason {place:03}" for place in range(MOST_VALUES))


@pytest.mark.parametrize(
    ("metric", "rows_of"),
    [("opens", RowsOf.ORIGIN), ("action_errors", RowsOf.DOMAIN), ("opens", RowsOf.DELIVERY)],
)
def test_what_a_log_does_not_tell_cannot_be_opened(feed: Any, metric: str, rows_of: RowsOf) -> None:
    feed.step(ERROR, 1)
    report = feed.report("journey").report
    drill = Drill(subject=report.subject, tab="journey", metric=metric, window=report.window, rows_of=rows_of)
    with pytest.raises(UsageError, match=metric):
        rule_of(drill)
