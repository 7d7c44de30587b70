"""What is wrong with feeds and technical workflows, for the status screen and `parcours doctor`. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from backend.model import HOUR_MS, FeedStatus
from backend.numbers import format_age, format_span
from backend.products import ADOBE_CAMPAIGN
from backend.record import WorkflowRun
from backend.tracking.facts import is_tracking
from backend.tracking.missing import LATE_AFTER_MS

LAG_MS = HOUR_MS
"""A feed whose newest row is older than this when it was received lags behind."""


class Alert(msgspec.Struct, frozen=True):
    """One thing to look after. critical: data is missing until somebody does."""

    text: str
    critical: bool = False


def alerts(feeds: Sequence[FeedStatus], runs: Sequence[WorkflowRun], now_ms: int) -> tuple[Alert, ...]:
    """What to look after: runs that failed, workflows that are late or run not at all. runs: latest first."""
    told: list[Alert] = []
    latest: dict[tuple[str, str, str], WorkflowRun] = {}
    for run in runs:
        latest.setdefault((run.product, run.account, run.workflow), run)
    for run in latest.values():
        told += _of_run(run, now_ms)
    tracked = {(product, account) for product, account, workflow in latest if is_tracking(workflow)}
    campaign = {(feed.product, feed.account) for feed in feeds if feed.product == ADOBE_CAMPAIGN}
    for product, account in sorted(campaign - tracked):
        told.append(Alert(f"no run of the tracking workflow is recorded for {product} {account}"))
    return tuple(told)


def _of_run(run: WorkflowRun, now_ms: int) -> list[Alert]:
    name = f"workflow {run.workflow} of {run.product} {run.account}"
    if run.error or run.status in ("failed", "interrupted"):
        why = f": {run.error}" if run.error else ""
        return [Alert(f"{name}: the last run {run.status} {format_age(run.started_ms, now_ms)}{why}", True)]
    if now_ms - run.started_ms > LATE_AFTER_MS:
        return [Alert(f"{name}: the last run is {format_age(run.started_ms, now_ms)}")]
    return []


def lag_words(feed: FeedStatus) -> str:
    """How far behind a feed's newest row was when it came; "" where it was not."""
    if feed.newest_ms is None or feed.last_received_ms is None:
        return ""
    lag_ms = feed.last_received_ms - feed.newest_ms
    return format_span(lag_ms) if lag_ms > LAG_MS else ""
