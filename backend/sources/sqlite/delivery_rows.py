"""The rows of one delivery that its tracking counts, read by the delivery's index.

A tab costs what the delivery's own rows cost.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping

import msgspec

from backend.feeds.campaign.words import STATUSES, fold
from backend.model import EventKind, Outcome, TrackedLink
from backend.sources.sqlite.codes import of_code
from backend.sources.sqlite.schema import CLASSES, EVENT_CODE, EVENT_KINDS, OUTCOME_CODE, OUTCOMES, RowFlag
from backend.tracking.facts import is_text_only
from backend.tracking.indicators import Ending
from backend.tracking.reactions import REACTIONS, Reaction, Reactions, count_reactions, link_of, number_of

UNCOUNTED = int(RowFlag.REPEAT | RowFlag.SKEW)
TEST, MACHINE = int(RowFlag.TEST), int(RowFlag.MACHINE)
REACTION_CODES = ", ".join(str(EVENT_CODE[kind]) for kind in REACTIONS)
SENDING_CODES = ", ".join(
    str(EVENT_CODE[kind])
    for kind in (EventKind.TARGETED, EventKind.SENT, EventKind.DELIVERED, EventKind.BOUNCED)
)
PROBED = 200
"""Rows looked at to find out whether a feed tells a message's format."""
DOMAIN = (
    "CASE WHEN i.namespace = 'email' AND instr(i.value, '@') THEN substr(i.value, instr(i.value, '@') + 1) "
    "ELSE '' END"
)
ENDINGS_SQL = f"""SELECT m.outcome, m.class, coalesce(w.text, ''), {DOMAIN}, count(*)
 FROM message AS m INDEXED BY message_delivery LEFT JOIN identity AS i ON i.id = m.identity_id
 LEFT JOIN word AS w ON w.id = m.reason_id
 WHERE m.delivery_id = :delivery AND (NOT m.test OR :test) AND (m.outcome IS NOT NULL OR EXISTS(
 SELECT 1 FROM event_log AS e INDEXED BY event_message WHERE e.message_id = m.id
 AND e.kind = {EVENT_CODE[EventKind.TARGETED]})) GROUP BY 1, 2, 3, 4"""
REACTIONS_SQL = f"""SELECT e.ts, e.kind, e.flags, e.message_id, json_extract(e.fields, '$.source_id'),
 {DOMAIN}, u.url, coalesce(u.label, n.text), coalesce(u.category, json_extract(e.fields, '$.category')),
 json_extract(e.fields, '$.url_id'), json_extract(e.fields, '$.amount'), json_extract(e.fields, '$.articles')
 FROM event_log AS e INDEXED BY event_delivery LEFT JOIN message AS m ON m.id = e.message_id
 LEFT JOIN identity AS i ON i.id = m.identity_id LEFT JOIN url AS u ON u.id = e.url_id
 LEFT JOIN word AS n ON n.id = e.name_id
 WHERE e.delivery_id = :delivery AND e.kind IN ({REACTION_CODES}) AND NOT e.flags & :left_out"""
STATUS_SQL = f"""SELECT w.text, {DOMAIN}, count(DISTINCT m.id)
 FROM event_log AS e INDEXED BY event_delivery CROSS JOIN message AS m ON m.id = e.message_id
 CROSS JOIN word AS w ON w.id = e.type_id LEFT JOIN identity AS i ON i.id = m.identity_id
 WHERE e.delivery_id = :delivery AND e.kind = {EVENT_CODE[EventKind.SENT]}
 AND m.outcome = {OUTCOME_CODE[Outcome.PENDING]} AND (NOT m.test OR :test) GROUP BY 1, 2"""
FORMAT_SQL = f"""SELECT e.message_id, e.fields FROM event_log AS e INDEXED BY event_delivery
 WHERE e.delivery_id = ? AND e.kind IN ({SENDING_CODES}) AND e.fields IS NOT NULL
 AND e.message_id IS NOT NULL AND NOT e.flags & ? LIMIT ?"""


def read_endings(
    connection: sqlite3.Connection, delivery_id: int, *, include_test: bool
) -> tuple[Ending, ...]:
    """How its messages ended."""
    asked = {"delivery": delivery_id, "test": include_test}
    return tuple(
        Ending(
            outcome=of_code(OUTCOMES, outcome) if outcome else None,
            bounce_class=of_code(CLASSES, bounce_class) if bounce_class else None,
            reason=reason,
            domain=domain,
            n=n,
        )
        for outcome, bounce_class, reason, domain, n in connection.execute(ENDINGS_SQL, asked)
    )


def read_taken(connection: sqlite3.Connection, delivery_id: int, *, include_test: bool) -> Mapping[str, int]:
    """By mail domain, its pending messages that the service provider has taken."""
    found: Counter[str] = Counter()
    asked = {"delivery": delivery_id, "test": include_test}
    for word, domain, n in connection.execute(STATUS_SQL, asked):
        if STATUSES.get(fold(word)) == "taken into account":
            found[domain] += n
    return found


def read_reactions(
    connection: sqlite3.Connection,
    delivery_id: int,
    listed: Mapping[str, TrackedLink],
    *,
    until_ms: int | None = None,
    include_test: bool,
) -> Reactions:
    """What people did with it. listed: the tracked URLs by key, which name links."""
    left_out = UNCOUNTED if include_test else UNCOUNTED | TEST
    rows = connection.execute(REACTIONS_SQL, {"delivery": delivery_id, "left_out": left_out})
    return count_reactions(_each(rows, listed), until_ms)


def _each(rows: sqlite3.Cursor, listed: Mapping[str, TrackedLink]) -> Iterator[Reaction]:
    for at_ms, kind, flags, message, source, domain, url, label, category, url_id, amount, articles in rows:
        key = None if url_id is None else str(url_id)
        yield Reaction(
            at_ms,
            EVENT_KINDS[kind - 1],
            bool(flags & MACHINE),
            message,
            "" if source is None else str(source),
            domain,
            link_of(url, label, category, key, listed.get(key or "")),
            number_of(amount),
            number_of(articles),
        )


def read_text_only(connection: sqlite3.Connection, delivery_id: int, *, include_test: bool) -> int | None:
    """Messages that are text only; None where no row tells the format of any."""
    left_out = UNCOUNTED if include_test else UNCOUNTED | TEST

    def read(limit: int) -> dict[int, bool]:
        found: dict[int, bool] = {}
        for message, fields in connection.execute(FORMAT_SQL, (delivery_id, left_out, limit)):
            is_text = is_text_only(msgspec.json.decode(fields))
            if is_text is not None:
                found[message] = is_text
        return found

    return sum(read(-1).values()) if read(PROBED) else None
