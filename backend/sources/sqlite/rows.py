"""Stored rows as values: the page's rows by one statement, their names from the dictionaries."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, TypeVar

from backend.facts import HAS_ID, IMPLIES_SENT, IMPLIES_TARGETED, MACHINE, REPEAT, SKEW, TEST
from backend.key_text import format_key
from backend.model import EventKind, LogName, LogRow
from backend.sources.sqlite.codes import Codes
from backend.sources.sqlite.dictionaries import Dictionaries, dictionaries_of
from backend.sources.sqlite.json_text import as_json, decode_object
from backend.sources.sqlite.schema import CHANNELS, CLASSES, EVENT_KINDS, ORIGINS, STEP_KINDS
from backend.sources.sqlite.searching import FORGOTTEN_NAME

# The list of handles stands first and every table is met by its own id: the planner has no choice.
EVENT_SQL = """SELECT t.id, t.ts, t.h, t.received, t.account_id, t.format_id, t.kind, t.class, t.channel,
 t.origin, t.flags, t.type_id, i.namespace, i.shown, t.contact_id, m.message_id, m.key, t.delivery_id,
 t.scenario_id, t.step_id, t.campaign_id, t.reason_id, t.domain_id, t.platform_id, t.name_id, t.url_id,
 t.agent_id, t.ip, t.run, t.fields, t.data
 FROM json_each(?) AS w CROSS JOIN event_log AS t ON t.id = w.value
 LEFT JOIN identity AS i ON i.id = t.identity_id LEFT JOIN message AS m ON m.id = t.message_id"""
SCENARIO_SQL = """SELECT t.id, t.ts, t.h, t.received, t.account_id, t.format_id, t.kind, t.flags, t.type_id,
 t.text_id, i.namespace, i.shown, t.contact_id, t.scenario_id, t.step_id, t.named_delivery, t.run,
 t.reason_id, t.origin_id, t.start_id, t.workflow_points, t.until, t.once, t.fields, t.data
 FROM json_each(?) AS w CROSS JOIN scenario_log AS t ON t.id = w.value
 LEFT JOIN identity AS i ON i.id = t.identity_id"""

T = TypeVar("T")


def _or_none(values: Sequence[T]) -> Codes[T | None]:
    codes = Codes[T | None](values)
    codes[None] = codes[0] = None
    return codes


EVENT_KIND_OF, STEP_KIND_OF = Codes(EVENT_KINDS), Codes(STEP_KINDS)
CLASS_OF, CHANNEL_OF, ORIGIN_OF = _or_none(CLASSES), _or_none(CHANNELS), _or_none(ORIGINS)


def read_rows(connection: sqlite3.Connection, log: LogName, ids: Iterable[int]) -> list[LogRow]:
    """The rows of these ids, in the order of (time, key)."""
    sql = SCENARIO_SQL if log == LogName.SCENARIO else EVENT_SQL
    rows = connection.execute(sql, (as_json(ids),)).fetchall()
    rows.sort(key=itemgetter(1, 2))
    names = dictionaries_of(connection)
    if log == LogName.SCENARIO:
        return [_scenario_row(row, names) for row in rows]
    return [_event_row(row, names, log) for row in rows]


def _event_row(columns: tuple[Any, ...], names: Dictionaries, log: LogName) -> LogRow:
    id_, ts, h, received, account_id, format_id, kind, bounce_class, channel, origin = columns[:10]
    flags, type_id, namespace, shown, contact_id, message_id, message_key, delivery_id = columns[10:18]
    scenario_id, step_id, campaign_id, reason_id, domain_id, platform_id, name_id = columns[18:25]
    url_id, agent_id, ip, run, fields, data = columns[25:]
    product, account = names.accounts[account_id]
    machine, test, repeat, skew, has_id, implied = _flag_fields(flags)
    scenario, scenario_id, scenario_key = names.scenarios[scenario_id]
    step, step_id, step_key = names.steps[step_id]
    campaign, campaign_id, campaign_key = names.campaigns[campaign_id]
    delivery, delivery_id, delivery_key = names.deliveries[delivery_id]
    words = names.words
    return LogRow(
        log=log,
        id=id_,
        at_ms=ts,
        key=format_key(h),
        received_ms=received,
        kind=EVENT_KIND_OF[kind],
        type=words[type_id] or "",
        product=product,
        account=account,
        format=words[format_id] or "",
        contact=_shown(namespace, shown),
        contact_namespace=namespace if shown else None,
        contact_id=contact_id,
        scenario=scenario,
        scenario_id=scenario_id,
        scenario_key=scenario_key,
        step=step,
        step_id=step_id,
        step_key=step_key,
        campaign=campaign,
        campaign_id=campaign_id,
        campaign_key=campaign_key,
        delivery=delivery,
        delivery_id=delivery_id,
        delivery_key=delivery_key,
        channel=CHANNEL_OF[channel],
        bounce_class=CLASS_OF[bounce_class],
        origin=ORIGIN_OF[origin],
        reason=words[reason_id],
        message=message_id,
        message_key=message_key or None,
        run=run or None,
        name=words[name_id],
        url=names.urls[url_id],
        domain=words[domain_id],
        platform=words[platform_id],
        ip=ip,
        user_agent=words[agent_id],
        machine=machine,
        test=test,
        repeat=repeat,
        implied=implied,
        has_id=has_id,
        skew=skew,
        fields=decode_object(fields),
        data=decode_object(data),
    )


def _scenario_row(columns: tuple[Any, ...], names: Dictionaries) -> LogRow:
    id_, ts, h, received, account_id, format_id, kind, flags, type_id, text_id = columns[:10]
    namespace, shown, contact_id, scenario_id, step_id, named_delivery, run, reason_id = columns[10:18]
    origin_id, start_id, workflow_points, until, once, fields, data = columns[18:]
    product, account = names.accounts[account_id]
    _, test, repeat, skew, has_id, _ = _flag_fields(flags)
    scenario, scenario_id, scenario_key = names.scenarios[scenario_id]
    step, step_id, step_key = names.steps[step_id]
    delivery, delivery_id, delivery_key = names.deliveries[named_delivery]
    words = names.words
    return LogRow(
        log=LogName.SCENARIO,
        id=id_,
        at_ms=ts,
        key=format_key(h),
        received_ms=received,
        kind=STEP_KIND_OF[kind],
        type=words[type_id] or "",
        product=product,
        account=account,
        format=words[format_id] or "",
        contact=_shown(namespace, shown),
        contact_namespace=namespace if shown else None,
        contact_id=contact_id,
        scenario=scenario,
        scenario_id=scenario_id,
        scenario_key=scenario_key,
        step=step,
        step_id=step_id,
        step_key=step_key,
        delivery=delivery,
        delivery_id=delivery_id,
        delivery_key=delivery_key,
        origin=words[origin_id],
        reason=words[reason_id],
        message=words[text_id],
        run=run or None,
        start_id=start_id,
        workflow_points=workflow_points,
        until_ms=until,
        test=test,
        repeat=repeat,
        has_id=has_id,
        once=None if once is None else format_key(once),
        skew=skew,
        fields=decode_object(fields),
        data=decode_object(data),
    )


def _shown(namespace: str | None, shown: str | None) -> str | None:
    """The identity as written; None where the row has none, and who was forgotten has that in its place."""
    return shown or (FORGOTTEN_NAME if namespace else None)


@lru_cache(maxsize=4_096)
def _flag_fields(flags: int) -> tuple[bool, bool, bool, bool, bool, tuple[str, ...]]:
    """machine, test, repeat, skew, has_id, and the kinds that the row stands for as well."""
    implied = ((IMPLIES_TARGETED, EventKind.TARGETED), (IMPLIES_SENT, EventKind.SENT))
    return (
        bool(flags & MACHINE),
        bool(flags & TEST),
        bool(flags & REPEAT),
        bool(flags & SKEW),
        bool(flags & HAS_ID),
        tuple(str(kind) for bit, kind in implied if flags & bit),
    )
