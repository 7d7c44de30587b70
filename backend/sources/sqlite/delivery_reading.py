"""What the tracking of one delivery needs, read from a store in one transaction.

Reactions are read by the delivery's index, so a tab costs what the delivery's own rows cost.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from backend.model import Subject, TrackedLink
from backend.record import WorkflowRun
from backend.sources.sqlite.delivery_rows import read_endings, read_reactions, read_taken, read_text_only
from backend.sources.sqlite.platform_reading import read_platform
from backend.sources.sqlite.schema import EVENT_CODE
from backend.sources.sqlite.workflows import read_workflow_runs
from backend.tracking.facts import DeliveryFacts, is_tracking
from backend.tracking.hits import DAMAGED_LINK
from backend.tracking.missing import Evidence
from backend.tracking.reactions import REACTIONS, Reactions

LINKS_SQL = """SELECT t.url_key, u.url, t.label, t.type, t.category FROM tracked_url AS t
 CROSS JOIN url AS u ON u.id = t.url_id CROSS JOIN account AS a ON a.id = t.account_id
 WHERE a.product = ? AND a.account = ? AND t.delivery_id IN (0, ?) ORDER BY t.delivery_id"""
QUARANTINE_SQL = """SELECT count(DISTINCT s.identity_id) FROM message AS m INDEXED BY message_delivery
 CROSS JOIN suppression AS s ON s.identity_id = m.identity_id
 WHERE m.delivery_id = :delivery AND (NOT m.test OR :test)
 AND s.since_ms >= coalesce(m.sent_ms, m.outcome_ms)"""
NEWEST_SQL = """SELECT ts, received FROM event_log INDEXED BY event_delivery WHERE delivery_id = ?
 AND kind = ? ORDER BY ts DESC, h DESC LIMIT 1"""
NEWEST_OF_ACCOUNT_SQL = """SELECT max((SELECT e.ts FROM event_log AS e INDEXED BY event_delivery
 WHERE e.delivery_id = d.id AND e.kind = ? ORDER BY e.ts DESC, e.h DESC LIMIT 1))
 FROM delivery AS own CROSS JOIN delivery AS d ON d.account_id = own.account_id WHERE own.id = ?"""


def read_delivery(
    connection: sqlite3.Connection,
    delivery: Subject,
    *,
    period_ms: int | None,
    include_test: bool,
    now_ms: int,
    with_platform: bool = False,
) -> DeliveryFacts:
    """All of it. period_ms: reactions within so long after the first sending. with_platform: what all
    deliveries came to, too."""
    asked = {"delivery": delivery.id, "test": include_test}
    (sent_ms,) = connection.execute(
        "SELECT min(sent_ms) FROM message WHERE delivery_id = :delivery AND (NOT test OR :test)", asked
    ).fetchone()
    listed = _listed(connection, delivery)
    until_ms = None if period_ms is None or sent_ms is None else sent_ms + period_ms
    reactions = read_reactions(connection, delivery.id, listed, until_ms=until_ms, include_test=include_test)
    newest = [
        row for kind in REACTIONS for row in connection.execute(NEWEST_SQL, (delivery.id, EVENT_CODE[kind]))
    ]
    content = connection.execute("SELECT html FROM delivery_content WHERE delivery_id = ?", (delivery.id,))
    html = content.fetchone()
    return DeliveryFacts(
        delivery=delivery,
        now_ms=now_ms,
        include_test=include_test,
        endings=read_endings(connection, delivery.id, include_test=include_test),
        taken_into_account=read_taken(connection, delivery.id, include_test=include_test),
        text=read_text_only(connection, delivery.id, include_test=include_test),
        quarantined=_quarantined(connection, delivery, asked),
        sent_ms=sent_ms,
        newest_ms=max((at for at, _ in newest), default=None),
        received_ms=max((at for _, at in newest), default=None),
        reactions=reactions,
        period_ms=period_ms,
        html=html[0] if html else None,
        listed=listed,
        platform=read_platform(connection, delivery.id, now_ms) if with_platform else None,
        evidence=_evidence(connection, delivery, reactions, sent_ms, now_ms),
    )


def _listed(connection: sqlite3.Connection, delivery: Subject) -> dict[str, TrackedLink]:
    """The tracked URLs that this delivery may have, by their key; its own come last and win."""
    rows = connection.execute(LINKS_SQL, (delivery.product, delivery.account, delivery.id))
    return {
        key: TrackedLink(url=url, label=label, type=type, category=category)
        for key, url, label, type, category in rows
    }


def _quarantined(connection: sqlite3.Connection, delivery: Subject, asked: Mapping[str, int]) -> int | None:
    known = connection.execute(
        "SELECT 1 FROM suppression AS s CROSS JOIN account AS a ON a.id = s.account_id "
        "WHERE a.product = ? AND a.account = ? LIMIT 1",
        (delivery.product, delivery.account),
    ).fetchone()
    return int(connection.execute(QUARANTINE_SQL, asked).fetchone()[0]) if known else None


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
    asked = [(EVENT_CODE[kind], delivery.id) for kind in REACTIONS]
    newest = [connection.execute(NEWEST_OF_ACCOUNT_SQL, one).fetchone()[0] for one in asked]
    return Evidence(
        delivery=delivery,
        now_ms=now_ms,
        sent_ms=sent_ms,
        runs=_runs_of(read_workflow_runs(connection, 100), delivery),
        links=links,
        damaged=damaged,
        rows=sum(reactions.rows.values()),
        machine=reactions.machine,
        newest_ms=max((at_ms for at_ms in newest if at_ms is not None), default=None),
    )


def _runs_of(runs: tuple[WorkflowRun, ...], delivery: Subject) -> tuple[WorkflowRun, ...]:
    owner = (delivery.product, delivery.account)
    return tuple(run for run in runs if (run.product, run.account) == owner and is_tracking(run.workflow))
