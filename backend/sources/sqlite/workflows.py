"""What a tracking workflow needs to know of a store: the list of tracked links, and earlier runs."""

from __future__ import annotations

import sqlite3

from backend.model import TrackedLink
from backend.record import WorkflowRun

LINKS_SQL = """SELECT coalesce(d.key, ''), t.url_key, u.url, t.label, t.type, t.category
 FROM account AS a CROSS JOIN tracked_url AS t ON t.account_id = a.id CROSS JOIN url AS u ON u.id = t.url_id
 LEFT JOIN delivery AS d ON d.id = t.delivery_id WHERE a.product = ? AND a.account = ?"""
HTML_SQL = """SELECT c.html FROM account AS a CROSS JOIN delivery AS d ON d.account_id = a.id
 CROSS JOIN delivery_content AS c ON c.delivery_id = d.id
 WHERE a.product = ? AND a.account = ? AND d.key = ? ORDER BY d.key_kind LIMIT 1"""
RUNS_SQL = """SELECT a.product, a.account, w.workflow, w.started_ms, w.ended_ms, w.status, w.read, w.written,
 w.rejected, w.error, w.log FROM workflow_run AS w CROSS JOIN account AS a ON a.id = w.account_id
 ORDER BY w.started_ms DESC, w.id DESC LIMIT ?"""


def read_tracked_links(
    connection: sqlite3.Connection, product: str, account: str
) -> dict[tuple[str, str], TrackedLink]:
    """The list by (delivery's key, URL's key); "" where a link names no delivery."""
    return {
        (delivery, key): TrackedLink(url=url, label=label, type=type, category=category)
        for delivery, key, url, label, type, category in connection.execute(LINKS_SQL, (product, account))
    }


def read_message_html(
    connection: sqlite3.Connection, product: str, account: str, delivery: str
) -> str | None:
    """The message of the delivery of this key; None where it is not known."""
    row = connection.execute(HTML_SQL, (product, account, delivery)).fetchone()
    return row[0] if row else None


def read_workflow_runs(connection: sqlite3.Connection, limit: int) -> tuple[WorkflowRun, ...]:
    """Runs of technical jobs, the latest first."""
    fields = WorkflowRun.__struct_fields__
    return tuple(
        WorkflowRun(**dict(zip(fields, row, strict=True))) for row in connection.execute(RUNS_SQL, (limit,))
    )
