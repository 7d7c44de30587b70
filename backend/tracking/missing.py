"""Why a delivery shows no tracking data: the checks of the product's own guide, in order (F087, F088). Pure.

Each says what was found, and where it failed or cannot be told, what to do next and whom to ask.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from backend.model import HOUR_MS, Subject
from backend.query.text import write_time
from backend.record import WorkflowRun

ADMINISTRATOR = "your Adobe Campaign administrator"
LATE_AFTER_MS = 2 * HOUR_MS
"""The workflow runs hourly: after twice that it is late."""


class State(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One check. next_step: "" where there is nothing to do."""

    name: str
    state: State
    evidence: str
    next_step: str = ""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What the checks look at."""

    delivery: Subject
    now_ms: int
    sent_ms: int | None
    """When the first message was sent."""
    runs: Sequence[WorkflowRun] = ()
    """Of the tracking workflow of the delivery's account, the latest first."""
    links: int = 0
    """Tracked URLs of the delivery that the list knows."""
    damaged: int = 0
    """Tracked links in the access logs that could not be read."""
    rows: int = 0
    """Tracking rows of the delivery by people."""
    machine: int = 0
    newest_ms: int | None = None
    """Own time of the newest tracking row of the account."""


def why_no_data(seen: Evidence) -> tuple[Check, ...]:
    """All checks, in the order in which to look."""
    return (_enabled(seen), _workflow(seen), _urls(seen), _reactions(seen), _collected(seen))


def _enabled(seen: Evidence) -> Check:
    name = "Tracking is enabled in the delivery"
    if seen.delivery.tracking is None:
        if seen.rows or seen.machine:
            return Check(name=name, state=State.PASSED, evidence="there are tracking rows of it")
        return Check(
            name=name,
            state=State.UNKNOWN,
            evidence="no list of deliveries says so",
            next_step="export the list of deliveries with its tracking column and ingest it; or look whether "
            '"Activate tracking" and "Opens tracking" are checked in the delivery',
        )
    if seen.delivery.tracking:
        return Check(name=name, state=State.PASSED, evidence="the list of deliveries says that it is")
    return Check(
        name=name,
        state=State.FAILED,
        evidence="the list of deliveries says that it was not",
        next_step="what was sent without tracking stays without; for the next one, ask whoever builds it "
        'to check "Activate tracking" and "Opens tracking"',
    )


def _workflow(seen: Evidence) -> Check:
    name = "The tracking workflow runs without errors"
    if not seen.runs:
        return Check(
            name=name,
            state=State.UNKNOWN,
            evidence="no run is recorded here",
            next_step="start it: parcours tracking run --from ACCESS.LOG; in the product, look at "
            f"Administration > Production > Technical workflows > Tracking, or ask {ADMINISTRATOR}",
        )
    last = seen.runs[0]
    told = f"the last run started {write_time(last.started_ms)}: {last.status}"
    if last.error:
        told += f", {last.error}"
    if last.error or last.status in ("failed", "interrupted"):
        return Check(
            name=name,
            state=State.FAILED,
            evidence=told,
            next_step="mend what the error says and run it again: parcours tracking run; "
            f"if it is the product's own workflow, ask {ADMINISTRATOR}",
        )
    if last.started_ms < seen.now_ms - LATE_AFTER_MS:
        return Check(
            name=name,
            state=State.FAILED,
            evidence=f"{told}; that is more than two hours ago",
            next_step=f"let it run by schedule: parcours tracking daemon --every 1h; or ask {ADMINISTRATOR}",
        )
    return Check(name=name, state=State.PASSED, evidence=told)


def _urls(seen: Evidence) -> Check:
    name = "The tracked URLs are well formed"
    if seen.damaged:
        return Check(
            name=name,
            state=State.FAILED,
            evidence=f"{seen.damaged:,} requests held a tracked link that is damaged",
            next_step="look at them: parcours rejected; a link that something rewrites or cuts is mended "
            f"in the message or with {ADMINISTRATOR}",
        )
    if seen.links:
        return Check(
            name=name, state=State.PASSED, evidence=f"{seen.links:,} tracked URLs are known, none damaged"
        )
    return Check(
        name=name,
        state=State.UNKNOWN,
        evidence="no list of tracked URLs names this delivery",
        next_step="export its tracked URLs and ingest them; or open the message and see whether its links "
        "begin with the tracking server and /r/?id=",
    )


def _reactions(seen: Evidence) -> Check:
    name = "Recipients opened and clicked"
    if seen.rows:
        return Check(name=name, state=State.PASSED, evidence=f"{seen.rows:,} rows by people")
    if seen.sent_ms is None:
        return Check(
            name=name,
            state=State.UNKNOWN,
            evidence="no message of it is known to have been sent",
            next_step="ingest its delivery logs; then see whether it was sent at all",
        )
    told = f"none by people, {seen.machine:,} rows by machines" if seen.machine else "no row of anybody"
    return Check(
        name=name,
        state=State.FAILED,
        evidence=f"{told} since {write_time(seen.sent_ms)}",
        next_step="open a proof yourself and click: a mail client that blocks images tells no open; then run "
        "the workflow and look again",
    )


def _collected(seen: Evidence) -> Check:
    name = "The hits of its time have been collected"
    ended = next((run.ended_ms for run in seen.runs if run.status == "done" and run.ended_ms), None)
    upto = max((at for at in (ended, seen.newest_ms) if at is not None), default=None)
    if upto is None:
        return Check(
            name=name,
            state=State.UNKNOWN,
            evidence="nothing was ever collected",
            next_step="wait for the workflow, which runs hourly, or run it now: parcours tracking run",
        )
    told = f"collected up to {write_time(upto)}"
    if seen.sent_ms is not None and upto < seen.sent_ms:
        return Check(
            name=name,
            state=State.FAILED,
            evidence=f"{told}, before it was sent ({write_time(seen.sent_ms)})",
            next_step="wait for the next run, or run it now: parcours tracking run",
        )
    return Check(name=name, state=State.PASSED, evidence=told)
