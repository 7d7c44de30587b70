"""What the tracking of one delivery needs, read from a store in one transaction.

Reactions are read by the delivery's index, so a tab costs what the delivery's own rows cost.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping

import msgspec

from backend.feeds.campaign.words import STATUSES, fold
from backend.model import DAY_MS, EventKind, Outcome, Subject, TrackedLink
from backend.record import WorkflowRun
from backend.sources.sqlite.rows import of_code
from backend.sources.sqlite.schema import (
    CLASSES,
    EVENT_CODE,
    EVENT_KINDS,
    OUTCOME_CODE,
    OUTCOMES,
    Facet,
    Grain,
    RollupFlag,
    RowFlag,
    SubjectCode,
)
from backend.sources.sqlite.workflows import read_workflow_runs
from backend.tracking.facts import PLATFORM_DAYS, DeliveryFacts, Platform, is_text_only, is_tracking
from backend.tracking.hits import DAMAGED_LINK
from backend.tracking.indicators import Ending
from backend.tracking.missing import Evidence
from backend.tracking.reactions import REACTIONS, Reaction, Reactions, count_reactions, link_of

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
 json_extract(e.fields, '$.url_id')
 FROM event_log AS e INDEXED BY event_delivery LEFT JOIN message AS m ON m.id = e.message_id
 LEFT JOIN identity AS i ON i.id = m.identity_id LEFT JOIN url AS u ON u.id = e.url_id
 LEFT JOIN word AS n ON n.id = e.name_id
 WHERE e.delivery_id = :delivery AND e.kind IN ({REACTION_CODES}) AND NOT e.flags & :left_out"""
LINKS_SQL = """SELECT t.url_key, u.url, t.label, t.type, t.category FROM tracked_url AS t
 CROSS JOIN url AS u ON u.id = t.url_id CROSS JOIN account AS a ON a.id = t.account_id
 WHERE a.product = ? AND a.account = ? AND t.delivery_id IN (0, ?) ORDER BY t.delivery_id"""
STATUS_SQL = f"""SELECT w.text, count(DISTINCT m.id) FROM event_log AS e INDEXED BY event_delivery
 CROSS JOIN message AS m ON m.id = e.message_id CROSS JOIN word AS w ON w.id = e.type_id
 WHERE e.delivery_id = :delivery AND e.kind = {EVENT_CODE[EventKind.SENT]}
 AND m.outcome = {OUTCOME_CODE[Outcome.PENDING]} AND (NOT m.test OR :test) GROUP BY 1"""
FORMAT_SQL = f"""SELECT e.message_id, e.fields FROM event_log AS e INDEXED BY event_delivery
 WHERE e.delivery_id = ? AND e.kind IN ({SENDING_CODES}) AND e.fields IS NOT NULL
 AND e.message_id IS NOT NULL AND NOT e.flags & ? LIMIT ?"""
QUARANTINE_SQL = """SELECT count(DISTINCT s.identity_id) FROM message AS m INDEXED BY message_delivery
 CROSS JOIN suppression AS s ON s.identity_id = m.identity_id
 WHERE m.delivery_id = :delivery AND (NOT m.test OR :test)
 AND s.since_ms >= coalesce(m.sent_ms, m.outcome_ms)"""
PLATFORM_SQL = f"""SELECT coalesce(sum(r.n) FILTER (WHERE r.kind = :delivered), 0),
 coalesce(sum(r.n) FILTER (WHERE r.kind = :clicked AND r.flags & {int(RollupFlag.FIRST)}), 0),
 coalesce(sum(r.n) FILTER (WHERE r.kind = :clicked), 0)
 FROM delivery AS own CROSS JOIN delivery AS d ON d.account_id = own.account_id AND d.channel IS own.channel
 CROSS JOIN rollup AS r ON r.subject = {int(SubjectCode.DELIVERY)} AND r.subject_id = d.id
 AND r.facet = {int(Facet.EVENT)} AND r.grain = {int(Grain.DAY)} AND r.bucket >= :day
 WHERE own.id = :delivery AND NOT r.flags & {int(RollupFlag.MACHINE | RollupFlag.TEST)}"""
NEWEST_SQL = """SELECT ts, received FROM event_log INDEXED BY event_delivery WHERE delivery_id = ?
 AND kind = ? ORDER BY ts DESC, h DESC LIMIT 1"""
NEWEST_OF_ALL_SQL = (
    "SELECT ts FROM event_log INDEXED BY event_kind WHERE kind = ? ORDER BY ts DESC, h DESC LIMIT 1"
)


def read_delivery(
    connection: sqlite3.Connection,
    delivery: Subject,
    *,
    period_ms: int | None,
    include_test: bool,
    now_ms: int,
) -> DeliveryFacts:
    """All of it. period_ms: reactions within so long after the first sending."""
    asked = {"delivery": delivery.id, "test": include_test}
    endings = tuple(
        Ending(
            outcome=of_code(OUTCOMES, outcome) if outcome else None,
            bounce_class=of_code(CLASSES, bounce_class) if bounce_class else None,
            reason=reason,
            domain=domain,
            n=n,
        )
        for outcome, bounce_class, reason, domain, n in connection.execute(ENDINGS_SQL, asked)
    )
    (sent_ms,) = connection.execute(
        "SELECT min(sent_ms) FROM message WHERE delivery_id = :delivery AND (NOT test OR :test)", asked
    ).fetchone()
    listed = _listed(connection, delivery)
    left_out = UNCOUNTED if include_test else UNCOUNTED | TEST
    rows = connection.execute(REACTIONS_SQL, {"delivery": delivery.id, "left_out": left_out})
    until_ms = None if period_ms is None or sent_ms is None else sent_ms + period_ms
    reactions = count_reactions(_each(rows, listed), until_ms)
    newest = [
        row for kind in REACTIONS for row in connection.execute(NEWEST_SQL, (delivery.id, EVENT_CODE[kind]))
    ]
    content = connection.execute("SELECT html FROM delivery_content WHERE delivery_id = ?", (delivery.id,))
    html = content.fetchone()
    return DeliveryFacts(
        delivery=delivery,
        now_ms=now_ms,
        include_test=include_test,
        endings=endings,
        taken_into_account=sum(
            n
            for word, n in connection.execute(STATUS_SQL, asked)
            if STATUSES.get(fold(word)) == "taken into account"
        ),
        text=_text_only(connection, delivery.id, include_test=include_test),
        quarantined=_quarantined(connection, delivery, asked),
        sent_ms=sent_ms,
        newest_ms=max((at for at, _ in newest), default=None),
        received_ms=max((at for _, at in newest), default=None),
        reactions=reactions,
        period_ms=period_ms,
        html=html[0] if html else None,
        listed=listed,
        platform=_platform(connection, delivery.id, now_ms),
        evidence=_evidence(connection, delivery, reactions, sent_ms, now_ms),
    )


def _each(rows: sqlite3.Cursor, listed: Mapping[str, TrackedLink]) -> Iterator[Reaction]:
    for at_ms, kind, flags, message, source, domain, url, label, category, url_id in rows:
        key = None if url_id is None else str(url_id)
        yield Reaction(
            at_ms,
            EVENT_KINDS[kind - 1],
            bool(flags & MACHINE),
            message,
            "" if source is None else str(source),
            domain,
            link_of(url, label, category, key, listed.get(key or "")),
        )


def _listed(connection: sqlite3.Connection, delivery: Subject) -> dict[str, TrackedLink]:
    """The tracked URLs that this delivery may have, by their key; its own come last and win."""
    rows = connection.execute(LINKS_SQL, (delivery.product, delivery.account, delivery.id))
    return {
        key: TrackedLink(url=url, label=label, type=type, category=category)
        for key, url, label, type, category in rows
    }


def _text_only(connection: sqlite3.Connection, delivery_id: int, *, include_test: bool) -> int | None:
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


def _quarantined(connection: sqlite3.Connection, delivery: Subject, asked: Mapping[str, int]) -> int | None:
    known = connection.execute(
        "SELECT 1 FROM suppression AS s CROSS JOIN account AS a ON a.id = s.account_id "
        "WHERE a.product = ? AND a.account = ? LIMIT 1",
        (delivery.product, delivery.account),
    ).fetchone()
    return int(connection.execute(QUARANTINE_SQL, asked).fetchone()[0]) if known else None


def _platform(connection: sqlite3.Connection, delivery_id: int, now_ms: int) -> Platform | None:
    asked = {
        "delivery": delivery_id,
        "day": now_ms // DAY_MS - PLATFORM_DAYS,
        "delivered": EVENT_CODE[EventKind.DELIVERED],
        "clicked": EVENT_CODE[EventKind.CLICKED],
    }
    delivered, recipients, clicks = connection.execute(PLATFORM_SQL, asked).fetchone()
    if not delivered:
        return None
    return Platform(delivered=delivered, recipient_clicks=recipients, total_clicks=clicks)


def _evidence(
    connection: sqlite3.Connection,
    delivery: Subject,
    reactions: Reactions,
    sent_ms: int | None,
    now_ms: int,
) -> Evidence:
    (links,) = connection.execute(
        "SELECT count(*) FROM tracked_url WHERE delivery_id = ?", (delivery.id,)
    ).fetchone()
    (damaged,) = connection.execute(
        "SELECT count(*) FROM rejected AS r CROSS JOIN account AS a ON a.id = r.account_id "
        "WHERE r.reason = ? AND a.product = ? AND a.account = ?",
        (DAMAGED_LINK, delivery.product, delivery.account),
    ).fetchone()
    newest = [
        at_ms for kind in REACTIONS for (at_ms,) in connection.execute(NEWEST_OF_ALL_SQL, (EVENT_CODE[kind],))
    ]
    return Evidence(
        delivery=delivery,
        now_ms=now_ms,
        sent_ms=sent_ms,
        runs=_runs_of(read_workflow_runs(connection, 100), delivery),
        links=links,
        damaged=damaged,
        rows=sum(reactions.rows.values()),
        machine=reactions.machine,
        newest_ms=max(newest, default=None),
    )


def _runs_of(runs: tuple[WorkflowRun, ...], delivery: Subject) -> tuple[WorkflowRun, ...]:
    owner = (delivery.product, delivery.account)
    return tuple(run for run in runs if (run.product, run.account) == owner and is_tracking(run.workflow))
