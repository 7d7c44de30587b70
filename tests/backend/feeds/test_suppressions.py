"""Lists of addresses that a product does not write to: Brevo's and Journey Optimizer's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.errors import DecodeError
from backend.feeds import find_format, recognise
from backend.feeds.format import Frame, Settings
from backend.feeds.framing import open_framer
from backend.record import Rejected, SuppressionRecord

EXAMPLES = Path(__file__).parents[3] / "examples"
T8 = 1_773_129_600_000  # 2026-03-10 08:00:00 UTC


def told(name: str) -> list[tuple[str, str, str, int | None]]:
    raw = (EXAMPLES / name).read_bytes()
    form = recognise(raw)
    framer = open_framer(form.framing, raw)
    return [
        (one.product, one.identity.value, one.reason, one.since_ms)
        for piece in [*framer.feed(raw), *framer.finish()]
        if isinstance(piece, Frame)
        for one in form.decode(piece, Settings())
        if isinstance(one, SuppressionRecord)
    ]


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        (
            "brevo-blocked.json",
            [
                ("brevo", "bo@nowhere.example", "Hard bounce (hardBounce)", T8 + 130_000),
                (
                    *("brevo", "eve@shop.example", "Unsubscribed via email (unsubscribedViaEmail)"),
                    T8 - 3_300_000,
                ),
            ],
        ),
        (
            "brevo-blocked-csv.csv",
            [("brevo", "fay@shop.example", "contactFlaggedAsSpam", T8 + 25 * 3_600_000)],
        ),
        (
            "ajo-suppression.csv",
            [
                ("ajo", "bo@nowhere.example", "Hard: Invalid Recipient", T8 + 130_000),
                ("ajo", "@nowhere.example", "Manual: asked by legal", T8 + 26 * 3_600_000),
            ],
        ),
    ],
)
def test_each_line_says_who_since_when_and_why(name: str, rows: list[Any]) -> None:
    assert told(name) == rows
    assert recognise((EXAMPLES / name).read_bytes()).name == name.partition(".")[0]


VALUES = st.dictionaries(
    st.sampled_from(["email", "reason", "blockedAt", "TYPE", "VALUE", "ADDED ON", "contacts", "COMMENTS"]),
    st.none() | st.text(max_size=9) | st.just("2026-03-10") | st.dictionaries(st.text(max_size=3), st.none()),
)


@pytest.mark.parametrize("name", ["brevo-blocked", "brevo-blocked-csv", "ajo-suppression"])
@given(value=VALUES | st.lists(VALUES, max_size=2) | st.none())
@settings(max_examples=60, deadline=None)
def test_any_value_gives_records_or_a_reason(name: str, value: Any) -> None:
    if name.startswith("ajo") and not isinstance(value, dict):
        return
    try:
        records = list(find_format(name).decode(Frame(raw=b"", value=value), Settings()))
    except DecodeError as error:
        assert str(error)
    else:
        assert all(isinstance(one, SuppressionRecord | Rejected) for one in records)
