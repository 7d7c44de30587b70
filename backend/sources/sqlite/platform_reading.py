"""What all deliveries of an account on one channel came to in the last six months (F103).

Where their rows are too many to be read again and again, and where some were pruned, the day counts tell
what they can: people and estimated opens are then not known.
"""

from __future__ import annotations

import sqlite3

from backend.model import DAY_MS, EventKind
from backend.sources.sqlite.delivery_rows import read_endings, read_reactions, read_taken, read_text_only
from backend.sources.sqlite.schema import EVENT_CODE, Facet, Grain, RollupFlag, SubjectCode
from backend.tracking.facts import PLATFORM_DAYS, Platform
from backend.tracking.indicators import indicators, population
from backend.tracking.platform import Part, platform_of

MOST_ROWS = 20_000
"""Rows read for an average: they take about a fifth of a second."""
_HUMAN = f"NOT r.flags & {int(RollupFlag.MACHINE | RollupFlag.TEST)}"
DELIVERIES_SQL = f"""SELECT d.id, sum(r.n),
 coalesce(sum(r.n) FILTER (WHERE {_HUMAN} AND r.kind = :delivered), 0),
 coalesce(sum(r.n) FILTER (WHERE {_HUMAN} AND r.kind = :clicked AND r.flags & {int(RollupFlag.FIRST)}), 0),
 coalesce(sum(r.n) FILTER (WHERE {_HUMAN} AND r.kind = :clicked), 0)
 FROM delivery AS own CROSS JOIN delivery AS d ON d.account_id = own.account_id AND d.channel IS own.channel
 CROSS JOIN rollup AS r ON r.subject = {int(SubjectCode.DELIVERY)} AND r.subject_id = d.id
 AND r.facet = {int(Facet.EVENT)} AND r.grain = {int(Grain.DAY)}
 WHERE own.id = :delivery GROUP BY d.id HAVING min(r.bucket) >= :day"""


def read_platform(connection: sqlite3.Connection, delivery_id: int, now_ms: int) -> Platform | None:
    """Of the deliveries that began within the six months; None where nothing was delivered."""
    asked = {
        "delivery": delivery_id,
        "day": now_ms // DAY_MS - PLATFORM_DAYS,
        "delivered": EVENT_CODE[EventKind.DELIVERED],
        "clicked": EVENT_CODE[EventKind.CLICKED],
    }
    counted = connection.execute(DELIVERIES_SQL, asked).fetchall()
    delivered, recipients, clicks = (sum(row[place] for row in counted) for place in (2, 3, 4))
    if sum(rows for _, rows, *_ in counted) <= MOST_ROWS:
        found = platform_of(_part(connection, handle) for handle, *_ in counted)
        if found is None or found.total_click == clicks:
            return found
    if not delivered:
        return None
    return Platform(success=delivered, recipient_click=recipients, total_click=clicks, is_counted_by_day=True)


def _part(connection: sqlite3.Connection, delivery_id: int) -> Part:
    counts = population(
        read_endings(connection, delivery_id, include_test=False),
        sum(read_taken(connection, delivery_id, include_test=False).values()),
    )
    reactions = read_reactions(connection, delivery_id, {}, include_test=False)
    text = read_text_only(connection, delivery_id, include_test=False)
    return Part(counts, indicators(reactions, counts.to_deliver, text))
