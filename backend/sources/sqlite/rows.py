"""Stored rows as values: handles become names again, one statement for each dictionary and page."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from backend.errors import SourceDamaged
from backend.facts import IMPLIES_SENT, IMPLIES_TARGETED, MACHINE, REPEAT, SKEW, TEST, RowFlag
from backend.keys import format_key
from backend.model import EventKind, LogName, LogRow
from backend.record import NamedBy
from backend.sources.sqlite.compile import table_of
from backend.sources.sqlite.json_text import decode_object
from backend.sources.sqlite.schema import CHANNELS, CLASSES, EVENT_KINDS, ORIGINS, STEP_KINDS
from backend.sources.sqlite.searching import FORGOTTEN_NAME, as_json

EVENT_COLUMNS = (
    *("id", "ts", "h", "received", "account_id", "format_id", "kind", "class", "channel", "origin", "flags"),
    *("type_id", "identity_id", "contact_id", "message_id", "delivery_id", "scenario_id", "step_id"),
    *("campaign_id", "reason_id", "domain_id", "platform_id", "name_id", "url_id", "agent_id", "ip", "run"),
    *("fields", "data"),
)
SCENARIO_COLUMNS = (
    *("id", "ts", "h", "received", "account_id", "format_id", "kind", "flags", "type_id", "text_id"),
    *("identity_id", "contact_id", "scenario_id", "step_id", "named_delivery", "run", "reason_id"),
    *("origin_id", "start_id", "workflow_points", "until", "once", "fields", "data"),
)
WORD_COLUMNS = (
    *("format_id", "type_id", "reason_id", "domain_id", "platform_id", "name_id", "agent_id", "text_id"),
    "origin_id",
)
BY_NAMES = tuple(by.name.lower() for by in NamedBy)

Row = Mapping[str, Any]
T = TypeVar("T")


def of_code(values: Sequence[T], code: int) -> T:
    """What a stored code stands for. Raises SourceDamaged for a code that no version of ours writes."""
    if not 1 <= code <= len(values):
        raise SourceDamaged(f"the store is damaged: a row has the code {code}, which stands for nothing")
    return values[code - 1]


class Names:
    """The dictionaries, as far as some rows need them."""

    def __init__(self, connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
        self._rows = rows
        self._db = connection
        self.words = self._read("SELECT id, text FROM word", *WORD_COLUMNS)
        self.accounts = self._read("SELECT id, product, account FROM account", "account_id")
        self.identities = self._read("SELECT id, namespace, shown FROM identity", "identity_id")
        self.messages = self._read("SELECT id, message_id, key FROM message", "message_id")
        self.urls = self._read("SELECT id, url FROM url", "url_id")
        named = "SELECT id, name, key_kind, key FROM"
        self.scenarios = self._read(f"{named} scenario", "scenario_id")
        self.steps = self._read(f"{named} step", "step_id")
        self.campaigns = self._read(f"{named} campaign", "campaign_id")
        self.deliveries = self._read(f"{named} delivery", "delivery_id", "named_delivery")

    def _read(self, select: str, *columns: str) -> dict[int | None, tuple[Any, ...]]:
        wanted = {row[column] for row in self._rows for column in columns if row.get(column)}
        if not wanted:
            return {}
        found = self._db.execute(f"{select} WHERE id IN (SELECT value FROM json_each(?))", (as_json(wanted),))
        return {row[0]: row[1:] for row in found}

    def word(self, handle: int | None) -> str | None:
        found = self.words.get(handle)
        return found[0] if found else None


def read_rows(connection: sqlite3.Connection, log: LogName, ids: Iterable[int]) -> list[LogRow]:
    """The rows of these ids, in the order of (time, key)."""
    columns = SCENARIO_COLUMNS if log == LogName.SCENARIO else EVENT_COLUMNS
    sql = f"SELECT {', '.join(columns)} FROM {table_of(log)} WHERE id IN (SELECT value FROM json_each(?))"
    rows = [dict(zip(columns, row, strict=True)) for row in connection.execute(sql, (as_json(ids),))]
    rows.sort(key=lambda row: (row["ts"], row["h"]))
    names = Names(connection, rows)
    if log == LogName.SCENARIO:
        return [_scenario_row(row, names) for row in rows]
    return [_event_row(row, names, log) for row in rows]


def _shared(row: Row, names: Names) -> dict[str, Any]:
    """What rows of all logs have."""
    product, account = names.accounts.get(row["account_id"], ("", ""))
    flags = row["flags"]
    return {
        "id": row["id"],
        "at_ms": row["ts"],
        "key": format_key(row["h"]),
        "received_ms": row["received"],
        "type": names.word(row["type_id"]) or "",
        "product": product,
        "account": account,
        "format": names.word(row["format_id"]) or "",
        "contact_id": row["contact_id"],
        "reason": names.word(row["reason_id"]),
        "run": row["run"] or None,
        "test": bool(flags & TEST),
        "repeat": bool(flags & REPEAT),
        "skew": bool(flags & SKEW),
        "has_id": bool(flags & RowFlag.HAS_ID),
        "fields": decode_object(row["fields"]),
        "data": decode_object(row["data"]),
        **_contact(row, names),
        **_named("scenario", row["scenario_id"], names.scenarios),
        **_named("step", row["step_id"], names.steps),
    }


def _contact(row: Row, names: Names) -> dict[str, Any]:
    namespace, shown = names.identities.get(row["identity_id"], (None, None))
    if shown:
        return {"contact": shown, "contact_namespace": namespace}
    return {"contact": FORGOTTEN_NAME if namespace else None}


def _named(field: str, handle: int | None, known: Mapping[int | None, tuple[Any, ...]]) -> dict[str, Any]:
    found = known.get(handle)
    if not found:
        return {}
    name, by, key = found
    return {field: name or key, f"{field}_id": handle, f"{field}_key": f"{of_code(BY_NAMES, by + 1)}:{key}"}


def _event_row(row: Row, names: Names, log: LogName) -> LogRow:
    flags = row["flags"]
    message_id, message_key = names.messages.get(row["message_id"], (None, None))
    url = names.urls.get(row["url_id"])
    return LogRow(
        log=log,
        kind=of_code(EVENT_KINDS, row["kind"]),
        bounce_class=of_code(CLASSES, row["class"]) if row["class"] else None,
        channel=of_code(CHANNELS, row["channel"]) if row["channel"] else None,
        origin=of_code(ORIGINS, row["origin"]) if row["origin"] else None,
        message=message_id,
        message_key=message_key or None,
        domain=names.word(row["domain_id"]),
        platform=names.word(row["platform_id"]),
        name=names.word(row["name_id"]),
        url=url[0] if url else None,
        user_agent=names.word(row["agent_id"]),
        ip=row["ip"],
        machine=bool(flags & MACHINE),
        implied=implied_kinds(flags),
        **_named("campaign", row["campaign_id"], names.campaigns),
        **_named("delivery", row["delivery_id"], names.deliveries),
        **_shared(row, names),
    )


def _scenario_row(row: Row, names: Names) -> LogRow:
    return LogRow(
        log=LogName.SCENARIO,
        kind=of_code(STEP_KINDS, row["kind"]),
        origin=names.word(row["origin_id"]),
        message=names.word(row["text_id"]),
        start_id=row["start_id"],
        workflow_points=row["workflow_points"],
        until_ms=row["until"],
        once=None if row["once"] is None else format_key(row["once"]),
        **_named("delivery", row["named_delivery"], names.deliveries),
        **_shared(row, names),
    )


def implied_kinds(flags: int) -> tuple[str, ...]:
    """The kinds that a row stands for as well, by its flags."""
    implied = ((IMPLIES_TARGETED, EventKind.TARGETED), (IMPLIES_SENT, EventKind.SENT))
    return tuple(str(kind) for bit, kind in implied if flags & bit)
