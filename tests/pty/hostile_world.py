"""A feed in our own format with every string of the corpus in every field that a stranger can fill."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.pty.corpus import EVERY

EVERYWHERE = "Everything at once"
"""The scenario that all contacts and deliveries belong to, beside one scenario of each name."""
MINUTE_MS = 60_000
LONGEST = 2_000
"""Longer texts are kept for `message` and `data` alone: names have a limit of their own at intake."""


def write_feed(path: Path, now_ms: int) -> int:
    """Write the feed, its newest row a minute before `now_ms`; answers how many records it has."""
    records = [
        record
        for place, text in enumerate(EVERY)
        if text.strip()
        for record in records_of(place, text, now_ms)
    ]
    path.write_text("".join(json.dumps(record) + "\n" for record in records), "ascii")
    return len(records)


def records_of(place: int, text: str, now_ms: int) -> Iterator[dict[str, Any]]:
    """One contact's story, told with `text`."""
    name = text[:LONGEST]
    at_ms = now_ms - (place + 1) * MINUTE_MS
    who = {"product": "own", "contact_id": str(place), "email": name}
    whole = {"scenario_id": "whole", "scenario": EVERYWHERE, "step_id": f"s{place}", "step": name}
    mail = {"delivery_id": f"d{place}", "delivery": name, "message_id": f"m{place}"}
    yield {
        "record": "delivery",
        "product": "own",
        **mail,
        "name": name,
        "subject": name,
        **whole,
        "tracking": True,
    }
    yield {"record": "campaign", "product": "own", "campaign_id": f"c{place}", "name": name}
    for number, (scenario, kind) in enumerate(
        [
            (whole, "entered"),
            (whole, "action_error" if place % 3 == 0 else "step"),
            ({"scenario_id": f"x{place}", "scenario": name, "step_id": "1", "step": name}, "entered"),
        ]
    ):
        yield {
            "record": "scenario_log",
            "event_id": f"s{place}-{number}",
            "date": at_ms + number * 1_000,
            "kind": kind,
            "type": name,
            "message": text,
            "reason": name,
            "run": f"r{place}",
            "data": {name: text},
            **who,
            **scenario,
        }
    for number, kind in enumerate(
        ["sent", "bounced" if place % 2 else "delivered", "opened", "clicked", "track"]
    ):
        yield {
            "record": "event",
            "event_id": f"e{place}-{number}",
            "created_at": at_ms + 5_000 + number * 1_000,
            "kind": kind,
            "type": name,
            "class": "hard" if kind == "bounced" else None,
            "channel": "email",
            "origin": "transactional" if kind in ("opened", "clicked") else None,
            "name": name,
            "reason": name,
            "url": name,
            "platform": name,
            "ip": name,
            "user_agent": name,
            "data": {name: {name: [text]}} if kind == "track" else None,
            "campaign_id": f"c{place}" if place % 5 == 0 else None,
            "unknown field": text,
            **who,
            **mail,
        }
