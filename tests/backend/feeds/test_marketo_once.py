"""Marketo's pages and extracts tell the same facts: read both, in any order, twice, and all counts once."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.facts import REPEAT
from backend.feeds import find_format, recognise
from backend.feeds.format import Frame, Settings
from backend.feeds.framing import open_framer
from backend.record import Decoded
from backend.sources.book import Book

NOW_MS = 1_774_000_000_000
COLUMNS = (
    *("marketoGUID", "leadId", "activityDate", "activityTypeId", "campaignId"),
    *("primaryAttributeValueId", "primaryAttributeValue", "attributes"),
)


@st.composite
def activities(draw: st.DrawFn) -> dict[str, Any]:
    attributes = {"Campaign Run ID": draw(st.sampled_from(["1", "2"]))}
    if draw(st.booleans()):
        attributes["Bot Activity"] = draw(st.sampled_from(["True", "False"]))
    return {
        "marketoGUID": "",
        "leadId": draw(st.sampled_from([101, 102])),
        "activityDate": f"2026-03-{draw(st.integers(1, 3)):02}T08:{draw(st.integers(0, 59)):02}:00Z",
        "activityTypeId": draw(st.sampled_from([6, 7, 8, 9, 10, 11, 27, 1, 100001])),
        "campaignId": draw(st.sampled_from([5001, 5002, None])),
        "primaryAttributeValueId": 3001,
        "primaryAttributeValue": "Sale",
        "attributes": attributes,
    }


def page(facts: Sequence[dict[str, Any]]) -> bytes:
    listed = [
        {**fact, "attributes": [{"name": n, "value": v} for n, v in fact["attributes"].items()]}
        for fact in facts
    ]
    return json.dumps({"requestId": "r", "result": listed, "success": True}).encode()


def extract(facts: Sequence[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    for fact in facts:
        cells = {name: "null" if value is None else value for name, value in fact.items()}
        writer.writerow({**cells, "attributes": json.dumps(fact["attributes"])})
    return text.getvalue().encode()


def decoded(data: bytes) -> list[Decoded]:
    form = recognise(data)
    framer = open_framer(form.framing, data)
    frames = [piece for piece in (*framer.feed(data), *framer.finish()) if isinstance(piece, Frame)]
    return [
        Decoded(
            format=form.name, raw=frame.raw, records=tuple(find_format(form.name).decode(frame, Settings()))
        )  # type: ignore[arg-type]
        for frame in frames
    ]


def counted(pieces: Sequence[Decoded]) -> Any:
    book = Book(lambda: NOW_MS)
    book.add(pieces)
    settled = book.settle()
    rows = sorted((row.ts, row.h, row.kind, row.bounce_class, row.flags) for row in settled.events)
    states = sorted(
        (book.message_texts[handle][0], str(state.outcome), state.outcome_ms, state.sent_ms, state.open_ms)
        for handle, state in settled.messages.items()
    )
    return rows, states


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(activities(), min_size=1, max_size=14), st.randoms(use_true_random=False), st.integers(0, 14))
def test_pages_extracts_and_both_of_them_count_alike(
    facts: list[dict[str, Any]], random: Any, cut: int
) -> None:
    """R10, R18, R25: also where the page holds one part and the extract the other."""
    for place, fact in enumerate(facts):
        fact["marketoGUID"] = f"guid-{place}"
    alone = counted(decoded(page(facts)))
    assert counted(decoded(extract(facts))) == alone
    both = [*decoded(page(facts)), *decoded(extract(facts))]
    random.shuffle(both)
    assert counted(both) == alone
    parts = [*(decoded(page(facts[:cut])) if facts[:cut] else []), *decoded(extract(facts[cut:] or facts))]
    assert counted(parts) == alone
    opened = [row for row in alone[0] if row[2] == 8 and not row[4] & REPEAT]
    assert len({(row[0], row[1]) for row in opened}) == len(opened)
