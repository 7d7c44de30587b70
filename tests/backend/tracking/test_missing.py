"""Why there is no data: each check passes, fails or cannot tell, with evidence and a next step."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from backend.model import HOUR_MS, Subject, SubjectKind
from backend.record import WorkflowRun
from backend.tracking.missing import Evidence, State, why_no_data

NOW_MS = 1_795_300_000_000
DELIVERY = Subject(
    kind=SubjectKind.DELIVERY,
    id=1,
    key="682",
    name="Spring",
    product="adobe_campaign",
    account="default",
    tracking=True,
)


def ran(hours_ago: float, status: str = "done", error: str | None = None) -> WorkflowRun:
    started = NOW_MS - int(hours_ago * HOUR_MS)
    return WorkflowRun(
        product="adobe_campaign",
        account="default",
        workflow="tracking",
        started_ms=started,
        ended_ms=started + 1000,
        status=status,
        error=error,
    )


FINE = Evidence(
    delivery=DELIVERY,
    now_ms=NOW_MS,
    sent_ms=NOW_MS - 5 * HOUR_MS,
    runs=(ran(0.5),),
    links=4,
    rows=12,
    newest_ms=NOW_MS - HOUR_MS,
)
P, F, U = State.PASSED, State.FAILED, State.UNKNOWN


def states(**changes: Any) -> list[State]:
    return [check.state for check in why_no_data(msgspec.structs.replace(FINE, **changes))]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, [P, P, P, P, P]),
        ({"delivery": msgspec.structs.replace(DELIVERY, tracking=False)}, [F, P, P, P, P]),
        ({"delivery": msgspec.structs.replace(DELIVERY, tracking=None), "rows": 0}, [U, P, P, F, P]),
        ({"delivery": msgspec.structs.replace(DELIVERY, tracking=None)}, [P, P, P, P, P]),
        ({"runs": ()}, [P, U, P, P, P]),
        ({"runs": (ran(0.5, "failed", "no such file"), ran(1.5))}, [P, F, P, P, P]),
        ({"runs": (ran(2.5),)}, [P, F, P, P, P]),
        ({"damaged": 3}, [P, P, F, P, P]),
        ({"links": 0}, [P, P, U, P, P]),
        ({"rows": 0, "machine": 7}, [P, P, P, F, P]),
        ({"rows": 0, "sent_ms": None}, [P, P, P, U, P]),
        ({"runs": (ran(6),), "newest_ms": NOW_MS - 6 * HOUR_MS}, [P, F, P, P, F]),
        ({"runs": (), "newest_ms": None}, [P, U, P, P, U]),
    ],
)
def test_each_check_finds_its_own_failure(changes: dict[str, Any], expected: list[State]) -> None:
    assert states(**changes) == expected


def test_what_failed_or_cannot_be_told_has_a_next_step_and_all_have_evidence() -> None:
    empty = Evidence(delivery=msgspec.structs.replace(DELIVERY, tracking=None), now_ms=NOW_MS, sent_ms=None)
    for seen in (FINE, empty, msgspec.structs.replace(FINE, damaged=1, runs=(ran(1, "failed", "disk"),))):
        for check in why_no_data(seen):
            assert check.evidence
            assert bool(check.next_step) == (check.state is not P)


def test_the_evidence_names_the_error_and_the_time() -> None:
    (_, workflow, *_) = why_no_data(msgspec.structs.replace(FINE, runs=(ran(0.5, "failed", "no such file"),)))
    assert "failed, no such file" in workflow.evidence
    assert "parcours tracking run" in workflow.next_step
