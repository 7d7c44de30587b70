"""Removals as they are kept: the answers by key, the audit, and what the product has still to hear.

Telling the product is done by one program at a time, which holds a lease; what it has told is noted
after the telling, so that a crash in between tells it again rather than never.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any

import msgspec

from backend.record import NamedBy
from backend.removals.removal import AuditLine, RemovalAnswer, RemovalLine, state_of
from backend.sources.sqlite.searching import FORGOTTEN_NAME, SHOWN_NAME

LEASE = "outbox"

_LINES = f"""SELECT o.id, o.removal_id, r.key, r.at_ms, r.actor, a.product, a.account, s.id,
 (SELECT {SHOWN_NAME} FROM scenario WHERE id = s.id), s.key_kind, s.key, i.contact_id, i.shown,
 (SELECT {SHOWN_NAME} FROM step WHERE id = o.step_id), o.attempts, o.told_ms, o.confirmed_ms, o.refuted_ms,
 o.next_try_ms, o.error
 FROM outbox AS o CROSS JOIN removal AS r ON r.id = o.removal_id
 CROSS JOIN identity AS i ON i.id = o.identity_id
 CROSS JOIN scenario AS s ON s.id = coalesce(
  (SELECT alias_of FROM scenario WHERE id = r.scenario_id), r.scenario_id)
 CROSS JOIN account AS a ON a.id = s.account_id"""


def read_answer(connection: sqlite3.Connection, key: str) -> tuple[str, RemovalAnswer] | None:
    """The hash of the request and the answer that are kept under a key; None: it never happened."""
    row = connection.execute("SELECT body_sha256, answer FROM removal WHERE key = ?", (key,)).fetchone()
    return (row[0], msgspec.json.decode(row[1], type=RemovalAnswer)) if row else None


def read_removals(connection: sqlite3.Connection, after: int, limit: int) -> tuple[RemovalLine, ...]:
    """Removals with an id above `after`, in their order."""
    sql = f"{_LINES} WHERE o.id > ? ORDER BY o.id LIMIT ?"
    return tuple(_line(connection, row) for row in connection.execute(sql, (after, limit)))


def read_untold(connection: sqlite3.Connection, limit: int) -> tuple[RemovalLine, ...]:
    """The oldest removals of which the product has not been told."""
    sql = f"{_LINES} WHERE o.told_ms IS NULL ORDER BY o.id LIMIT ?"
    return tuple(_line(connection, row) for row in connection.execute(sql, (limit,)))


def read_audit(connection: sqlite3.Connection, after: int, limit: int) -> tuple[AuditLine, ...]:
    sql = (
        "SELECT id, at_ms, actor, action, removal_id, scenario_id, contact_id, outcome FROM audit "
        "WHERE id > ? ORDER BY id LIMIT ?"
    )
    names = AuditLine.__struct_fields__
    rows = connection.execute(sql, (after, limit))
    return tuple(AuditLine(**dict(zip(names, row, strict=True))) for row in rows)


def _line(connection: sqlite3.Connection, row: tuple[Any, ...]) -> RemovalLine:
    names = (
        *("id", "removal_id", "key", "at_ms", "actor", "product", "account", "scenario_id", "scenario"),
        *("key_kind", "scenario_key", "contact_id", "contact", "step", "attempts", "told_ms", "confirmed_ms"),
        *("refuted_ms", "next_try_ms", "error"),
    )
    values: dict[str, Any] = dict(zip(names, row, strict=True))
    by = NamedBy(values.pop("key_kind")).name.lower()
    values["scenario_key"] = f"{by}:{values['scenario_key']}"
    values["contact"] = values["contact"] or FORGOTTEN_NAME
    is_told = values["told_ms"] is not None
    values["next_try_ms"] = None if is_told or not values["attempts"] else values["next_try_ms"]
    identities = connection.execute(
        "SELECT namespace, shown FROM identity INDEXED BY identity_contact "
        "WHERE contact_id = ? AND shown <> '' ORDER BY namespace, shown",
        (values["contact_id"],),
    ).fetchall()
    state = state_of(values["told_ms"], values["confirmed_ms"], values["refuted_ms"])
    return msgspec.convert({**values, "identities": identities, "state": state}, RemovalLine)


# --- telling the product -------------------------------------------------------------------------------


def take_lease(connection: sqlite3.Connection, holder: str, now_ms: int, until_ms: int) -> bool:
    """Whether `holder` may tell the product until then: nobody else may meanwhile."""
    return (
        connection.execute(
            "INSERT INTO lease(name, holder, until_ms) VALUES(?1, ?2, ?3) ON CONFLICT DO UPDATE SET "
            "holder = excluded.holder, until_ms = excluded.until_ms "
            "WHERE lease.holder = excluded.holder OR lease.until_ms <= ?4",
            (LEASE, holder, until_ms, now_ms),
        ).rowcount
        > 0
    )


def give_lease(connection: sqlite3.Connection, holder: str) -> None:
    connection.execute("DELETE FROM lease WHERE name = ? AND holder = ?", (LEASE, holder))


def note_told(connection: sqlite3.Connection, lines: Iterable[int], now_ms: int) -> None:
    """Notes that the product heard of these removals."""
    connection.executemany(
        "UPDATE outbox SET told_ms = ?, attempts = attempts + 1, error = NULL "
        "WHERE id = ? AND told_ms IS NULL",
        [(now_ms, line) for line in lines],
    )


def note_failure(connection: sqlite3.Connection, lines: Iterable[int], error: str, next_try_ms: int) -> None:
    """Notes why these could not be told, and when to try again."""
    connection.executemany(
        "UPDATE outbox SET attempts = attempts + 1, error = ?, next_try_ms = ? WHERE id = ?",
        [(error, next_try_ms, line) for line in lines],
    )
