"""Rows and facts of one contact, one delivery and one scenario, to be explained."""

from __future__ import annotations

from typing import Any

from backend.explaining.facts import Facts
from backend.model import (
    HOUR_MS,
    Channel,
    ContactRef,
    LogName,
    LogRow,
    RosterRow,
    RosterState,
    Subject,
    SubjectKind,
)

NOW_MS = 1_773_144_000_000  # 2026-03-10T12:00:00Z
DELIVERY, SCENARIO = 7, 3
MAIL_STEP, WAIT_STEP, OTHER_STEP = 12, 11, 19
BOTH_LOGS = frozenset({LogName.SCENARIO, LogName.EVENT})


def event(kind: str, ago_ms: int = HOUR_MS, **more: Any) -> LogRow:
    """A row of the message m1 of the delivery; id is its age in ms."""
    told: dict[str, Any] = {
        "product": "brevo",
        "delivery_id": DELIVERY,
        "delivery": "Mail A",
        "message_key": "m1",
        "channel": "email",
        **more,
    }
    return LogRow(
        log=LogName.EVENT,
        id=ago_ms,
        at_ms=NOW_MS - ago_ms,
        key=f"{ago_ms:016x}",
        received_ms=NOW_MS,
        kind=kind,
        type=told.pop("type", kind),
        account="main",
        format="f",
        contact_id=1,
        **told,
    )


def step(kind: str, ago_ms: int = HOUR_MS, at: int | None = None, **more: Any) -> LogRow:
    return LogRow(
        log=LogName.SCENARIO,
        id=ago_ms,
        at_ms=NOW_MS - ago_ms,
        key=f"{ago_ms:016x}",
        received_ms=NOW_MS,
        kind=kind,
        type=kind,
        product=more.pop("product", "brevo"),
        account="main",
        format="f",
        contact_id=1,
        scenario="Welcome",
        scenario_id=SCENARIO,
        step_id=at,
        step={WAIT_STEP: "Wait 2 days", MAIL_STEP: "Mail A", OTHER_STEP: "Branch B", None: None}[at],
        **more,
    )


def place(state: str, at: int = WAIT_STEP, until_ms: int | None = None) -> RosterRow:
    return RosterRow(
        contact_id=1,
        contact="ada@example.org",
        scenario_id=SCENARIO,
        scenario="Welcome",
        run="",
        step_id=at,
        step="Wait 2 days",
        state=RosterState(state),
        entered_ms=NOW_MS - 5 * HOUR_MS,
        step_ms=NOW_MS - 3 * HOUR_MS,
        until_ms=until_ms,
    )


def facts(*rows: LogRow, product: str = "brevo", delivery: bool = True, **more: Any) -> Facts:
    ordered = sorted(rows, key=lambda row: row.at_ms)
    subject = Subject(
        kind=SubjectKind.DELIVERY,
        id=DELIVERY,
        key="d1",
        name="Mail A",
        product=product,
        account="main",
        channel=Channel.EMAIL,
    )
    told: dict[str, Any] = {"collected": BOTH_LOGS, "sent_to_anybody": True, **more}
    return Facts(
        now_ms=NOW_MS,
        contact=ContactRef(id=1, shown="ada@example.org", product=product, account="main"),
        delivery=subject if delivery else None,
        steps=[row for row in ordered if row.log is LogName.SCENARIO],
        events=[row for row in ordered if row.log is LogName.EVENT],
        **told,
    )


def in_scenario(*rows: LogRow, **more: Any) -> Facts:
    told = {"scenario_id": SCENARIO, "scenario": "Welcome", "step_id": MAIL_STEP, "step": "Mail A", **more}
    return facts(*rows, **told)


ENTERED = step("entered", 5 * HOUR_MS)
