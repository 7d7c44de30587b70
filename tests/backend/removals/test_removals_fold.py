"""Removals among everything else, in any order and any batches: the store keeps what a book counts."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.model import StepKind
from backend.record import Decoded, Identity, Record, Ref, RosterComplete, RosterRecord, ScenarioRow
from backend.removals.removal import REMOVAL_FORMAT
from tests.backend import test_store_equals_book as oracle

START_MS = 1_773_000_000_000
NAMED: dict[str, Any] = {"product": "brevo", "account": "main", "scenario": Ref("s1")}

rows = st.builds(
    lambda kind, at, who, run, once, ours: (
        ScenarioRow(
            key=("row", kind, str(at), str(who), run, str(ours)),
            at_ms=START_MS + at,
            kind=kind,
            type=kind,
            identities=(Identity("email", f"u{who}@example.org"),),
            run="" if ours else run,
            once=(f"{kind} {who} {at // 3}",) if once and not ours else (),
            **NAMED,
        ),
        REMOVAL_FORMAT if ours and kind is StepKind.REMOVED else "made",
    ),
    st.sampled_from([*[StepKind.REMOVED] * 3, StepKind.ENTERED, StepKind.STEP, StepKind.EXITED]),
    st.integers(0, 8),
    st.integers(0, 1),
    st.sampled_from(["", "", "r1"]),
    st.booleans(),
    st.booleans(),
)
listed = st.builds(
    lambda at, who: (
        RosterRecord(
            identities=(Identity("email", f"u{who}@example.org"),),
            entered_ms=START_MS,
            as_of_ms=START_MS + at,
            **NAMED,
        ),
        "made",
    ),
    st.integers(0, 8),
    st.integers(0, 1),
)
complete = st.builds(lambda at: (RosterComplete(as_of_ms=START_MS + at, **NAMED), "made"), st.integers(0, 8))
same_person: tuple[Record, str] = (
    ScenarioRow(
        key=("joins",),
        at_ms=START_MS - 1,
        kind=StepKind.OTHER,
        type="other",
        identities=(Identity("email", "u0@example.org"), Identity("id", "7")),
        **NAMED,
    ),
    "made",
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.one_of(rows, rows, listed, complete, st.just(same_person)), max_size=14), st.integers(1, 5)
)
def test_what_became_of_removals_does_not_hang_on_the_order_of_arrival(
    told: list[tuple[Record, str]], size: int
) -> None:
    """R41"""
    pieces = [Decoded(format=format, raw=b"", records=(record,)) for record, format in told]
    batches = [pieces[start : start + size] for start in range(0, len(pieces), size)]
    with oracle.store_of(batches) as db:
        kept = oracle.stored_facts(db)
    counted = oracle.book_facts(batches)
    assert kept["steps"] == counted["steps"]
    assert kept["roster"] == counted["roster"]
    with oracle.store_of([list(reversed(pieces))]) as db:
        turned = oracle.stored_facts(db)
    assert turned["roster"] == kept["roster"]
