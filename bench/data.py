"""Made-up feeds of any size, the same every time: messages with their opens over many scenarios."""

from __future__ import annotations

import random
from collections.abc import Iterator

from backend.feeds import find_format
from backend.feeds.format import Frame, Settings
from backend.feeds.intake import parse_json
from backend.record import Decoded, DeliveryRecord, NamedBy, Ref

START_MS = 1_760_000_000_000
SPACING_MS = 670
"""1.5 events a second: one million are 7.6 days, ten million are 77."""
FATES = (("request",), ("request", "delivered"), ("request", "delivered", "unique_opened"))
WEIGHTS = (5, 60, 35)
DELIVERIES = 200
CONTACTS = 1_000_000


def definitions() -> list[Decoded]:
    """Joins each delivery to a step of a scenario."""
    return [
        Decoded(
            format="parcours",
            raw=b"",
            records=(
                DeliveryRecord(
                    product="brevo",
                    account="bench",
                    delivery=Ref(str(number)),
                    scenario=Ref(f"Scenario {number % 50}", NamedBy.NAME, f"Scenario {number % 50}"),
                    step=Ref(f"step-{number % 7}"),
                ),
            ),
        )
        for number in range(DELIVERIES)
    ]


def webhook_lines(events: int) -> Iterator[bytes]:
    """Brevo webhook bodies, one a line, in order of time."""
    dice = random.Random(7)
    made = 0
    message = 0
    while made < events:
        message += 1
        contact = int(CONTACTS * dice.random() ** 2)
        delivery = int(DELIVERIES * dice.random() ** 2)
        for stage, word in enumerate(dice.choices(FATES, WEIGHTS)[0]):
            if made == events:
                return
            at_ms = START_MS + made * SPACING_MS + stage * 1500
            made += 1
            yield (
                f'{{"event":"{word}","email":"person{contact}@domain{contact % 2000}.example","id":77,'
                f'"date":"2025-10-09 10:00:00","ts":{at_ms // 1000},"ts_event":{at_ms // 1000},'
                f'"ts_epoch":{at_ms},"message-id":"<{message}.bench@smtp-relay.example>",'
                f'"subject":"Offer {delivery}","template_id":{delivery},"tag":"bench",'
                f'"contact_id":{contact + 1},"sending_ip":"192.0.2.7"}}\n'
            ).encode()


def decoded(lines: Iterator[bytes]) -> Iterator[Decoded]:
    """The lines as ingest would hand them to a store."""
    format = find_format("brevo-webhook")
    settings = Settings(account="bench")
    for line in lines:
        frame = Frame(raw=line, value=parse_json(line))
        records = tuple(record for record in format.decode(frame, settings))
        yield Decoded(format=format.name, raw=line, records=records)  # type: ignore[arg-type]
