"""What became of everybody whom a delivery was meant for, and who they are."""

from __future__ import annotations

import sqlite3

from backend.explaining.audience import LOOSE_KINDS, SENT, AudienceCounts, Members, Share, outcomes_of
from backend.facts import REPEAT, SKEW, TEST
from backend.model import LogName, Outcome, Page, Subject
from backend.source import Direction
from backend.sources.cursors import decode_log_cursor
from backend.sources.pages import cursor_of, make_page
from backend.sources.sqlite.codes import of_code
from backend.sources.sqlite.rows import read_rows
from backend.sources.sqlite.schema import CLASS_CODE, CLASSES, EVENT_CODE, OUTCOME_CODE, OUTCOMES

MOST_PARTS = 200
_WHO = "coalesce(contact_id, -id)"
_OF_DELIVERY = "FROM message INDEXED BY message_delivery WHERE delivery_id = ? AND NOT test"


def read_audience(connection: sqlite3.Connection, delivery: Subject) -> AudienceCounts:
    """What became of the messages of a delivery, in contacts and messages."""
    sent_codes = ", ".join(str(OUTCOME_CODE[outcome]) for outcome in SENT)
    is_sent = f"outcome IN ({sent_codes})"
    everybody = connection.execute(
        f"SELECT count(*), count(DISTINCT {_WHO}), coalesce(sum({is_sent}), 0), "
        f"count(DISTINCT CASE WHEN {is_sent} THEN {_WHO} END) {_OF_DELIVERY}",
        (delivery.id,),
    ).fetchone()
    outcomes = {
        of_code(OUTCOMES, code) if code else None: Share(contacts, messages)
        for code, messages, contacts in connection.execute(
            f"SELECT outcome, count(*), count(DISTINCT {_WHO}) {_OF_DELIVERY} GROUP BY outcome",
            (delivery.id,),
        )
    }
    with_reasons = ", ".join(
        str(OUTCOME_CODE[outcome]) for outcome in (Outcome.EXCLUDED, Outcome.ERROR, Outcome.BOUNCED)
    )
    parts = connection.execute(
        f"SELECT outcome, class, (SELECT text FROM word WHERE id = reason_id), count(*), "
        f"count(DISTINCT {_WHO}) {_OF_DELIVERY} AND outcome IN ({with_reasons}) "
        f"GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3 LIMIT {MOST_PARTS}",
        (delivery.id,),
    ).fetchall()
    kinds = ", ".join(str(EVENT_CODE[kind]) for kind in LOOSE_KINDS)
    (loose,) = connection.execute(
        "SELECT count(*) FROM event_log INDEXED BY event_delivery WHERE delivery_id = ? "
        f"AND kind IN ({kinds}) AND message_id IS NULL AND NOT flags & {int(REPEAT | SKEW | TEST)}",
        (delivery.id,),
    ).fetchone()
    return AudienceCounts(
        all=Share(everybody[1], everybody[0]),
        sent=Share(everybody[3], everybody[2]),
        outcomes=outcomes,
        parts=[
            (
                of_code(OUTCOMES, code),
                of_code(CLASSES, told) if told else None,
                reason,
                Share(contacts, messages),
            )
            for code, told, reason, messages, contacts in parts
        ],
        loose=loose,
    )


def read_members(
    connection: sqlite3.Connection,
    delivery: Subject,
    members: Members,
    cursor: str | None,
    direction: Direction,
    limit: int,
) -> Page:
    """A page of who is in a slice. Raises UsageError for a slice that there is not."""
    codes = ", ".join(str(OUTCOME_CODE[one]) if one else "0" for one in outcomes_of(members))
    where = f"m.delivery_id = ? AND NOT m.test AND coalesce(m.outcome, 0) IN ({codes})"
    values: list[int | str | None] = [delivery.id]
    if members.is_part:
        where += " AND m.class IS ? AND (SELECT text FROM word WHERE id = m.reason_id) IS ?"
        values += [CLASS_CODE[members.bounce_class] if members.bounce_class else None, members.reason]
    given = decode_log_cursor(cursor)
    newest_first = direction is Direction.OLDER
    beyond = ""
    if given is not None:
        reaches_rank = given.rank > 0 if newest_first else given.rank < 0
        beyond = f"AND (ts, h) {'<' if newest_first else '>'}{'=' if reaches_rank else ''} (?, ?)"
        values += [given.ts, given.h]
    order = "DESC" if newest_first else "ASC"
    places = connection.execute(
        "SELECT id FROM (SELECT e.ts, e.h, e.id, row_number() OVER ("
        "PARTITION BY coalesce(m.contact_id, -m.id) ORDER BY e.ts DESC, e.h DESC) AS place "
        "FROM message AS m INDEXED BY message_delivery "
        "CROSS JOIN event_log AS e INDEXED BY event_message ON e.message_id = m.id "
        f"WHERE {where} AND NOT e.flags & {int(REPEAT | SKEW)}) "
        f"WHERE place = 1 {beyond} ORDER BY ts {order}, h {order} LIMIT ?",
        (*values, limit + 1),
    ).fetchall()
    rows = read_rows(connection, LogName.EVENT, [id_ for (id_,) in places[:limit]])
    return make_page([(row, cursor_of(row)) for row in rows], given, direction, has_more=len(places) > limit)
