"""What a source's feeds and technical workflows give reason to look after."""

from __future__ import annotations

from typing import Any

import pytest

from backend.model import HOUR_MS, FeedStatus
from backend.record import WorkflowRun
from backend.tracking.alerts import alerts, lag_words

NOW_MS = 1_795_300_000_000


def feed(product: str = "adobe_campaign", **more: Any) -> FeedStatus:
    told = {"records": 1, "rejected": 0, "newest_ms": NOW_MS, "last_received_ms": NOW_MS, **more}
    return FeedStatus(product=product, account="default", format="made", **told)


def ran(hours_ago: float, status: str = "done", error: str | None = None) -> WorkflowRun:
    return WorkflowRun(
        product="adobe_campaign",
        account="default",
        workflow="tracking",
        started_ms=NOW_MS - int(hours_ago * HOUR_MS),
        status=status,
        error=error,
    )


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ((ran(0.5),), []),
        ((ran(0.5), ran(1.5, "failed", "no disk")), []),
        (
            (ran(0.5, "failed", "no disk"), ran(1.5)),
            [("workflow tracking of adobe_campaign default: the last run failed 30 min ago: no disk", True)],
        ),
        ((ran(3),), [("workflow tracking of adobe_campaign default: the last run is 3 h ago", False)]),
        ((), [("no run of the tracking workflow is recorded for adobe_campaign default", False)]),
    ],
)
def test_the_last_run_tells(runs: tuple[WorkflowRun, ...], expected: list[tuple[str, bool]]) -> None:
    assert [(alert.text, alert.critical) for alert in alerts([feed()], runs, NOW_MS)] == expected


def test_products_without_such_a_workflow_are_not_asked_for_one() -> None:
    assert alerts([feed("brevo")], (), NOW_MS) == ()


def test_a_feed_that_came_late_says_by_how_much() -> None:
    assert lag_words(feed(newest_ms=NOW_MS - 3 * HOUR_MS)) == "3 h"
    assert lag_words(feed(newest_ms=NOW_MS - 60_000)) == ""
    assert lag_words(feed(newest_ms=None)) == ""
