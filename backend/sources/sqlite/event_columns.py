"""Event rows and messages as the columns of their tables, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from backend.facts import MessageState
from backend.settling import EventRow
from backend.sources.sqlite.entities import Entities
from backend.sources.sqlite.schema import OUTCOME_CODE

KEPT_COLUMNS = """id, ts, h, kind, class, format_id, flags, url_id, reason_id, named_delivery,
 named_scenario, named_step, named_campaign, channel, origin, domain_id, platform_id, message_id,
 account_id, contact_id, delivery_id, scenario_id, step_id, campaign_id, owner_id, identity_id, run"""
INSERT_EVENT = f"""INSERT INTO event_log(ts, h, received, account_id, format_id, kind, class, channel,
 origin, flags, type_id, identity_id, owner_id, contact_id, message_id, delivery_id, scenario_id, step_id,
 campaign_id, named_delivery, named_scenario, named_step, named_campaign, reason_id, domain_id,
 platform_id, name_id, url_id, agent_id, ip, run, fields, data, raw)
 VALUES({",".join("?" * 34)})"""
UPDATE_EVENT = """UPDATE event_log SET flags = ?, contact_id = ?, delivery_id = ?, scenario_id = ?,
 step_id = ?, campaign_id = ? WHERE id = ?"""
MESSAGE_COLUMNS = """identity_id, owner_id, contact_id, delivery_id, scenario_id, step_id, campaign_id, test,
 outcome, class, reason_id, outcome_ms, targeted_ms, sent_ms, open_ms, machine_open_ms, click_ms,
 machine_click_ms, unsubscribed_ms, complained_ms"""
UPDATE_MESSAGE = f"UPDATE message SET ({MESSAGE_COLUMNS}) = ({','.join('?' * 20)}) WHERE id = ?"
INSERT_MESSAGE = (
    f"INSERT INTO message({MESSAGE_COLUMNS}, id, account_id, h, key, message_id) VALUES({','.join('?' * 25)})"
)
_encode = msgspec.json.Encoder().encode


def text_or_none(fields: Mapping[str, Any]) -> str | None:
    """Fields as the JSON of their column; None where there are none."""
    return _encode(fields).decode() if fields else None


def stored_event(columns: tuple[Any, ...], entities: Entities) -> EventRow:
    """A row as stored, from KEPT_COLUMNS."""
    (id_, ts, h, kind, klass, format_id, flags, url, reason, delivery, scenario, step, campaign) = columns[
        :13
    ]
    row = EventRow(
        ts=ts,
        h=h,
        kind=kind,
        bounce_class=klass or 0,
        format=format_id,
        flags=flags,
        url=url or 0,
        reason=reason or 0,
        delivery=(entities.join_of(delivery).rank, delivery) if delivery else None,
        scenario=None,
        step=None,
        campaign=campaign,
        id=id_,
        named_scenario=scenario,
        named_step=step,
    )
    row.channel, row.origin, row.domain, row.platform = (value or 0 for value in columns[13:17])
    row.message, row.account, row.contact = columns[17:20]
    row.delivery_id, row.scenario_id, row.step_id, row.campaign_id, row.owner, row.identity = columns[20:26]
    row.run = columns[26]
    return row


def insert_values(row: EventRow) -> tuple[Any, ...]:
    """What INSERT_EVENT takes."""
    return (
        row.ts,
        row.h,
        row.received,
        row.account,
        row.format,
        row.kind,
        row.bounce_class or None,
        row.channel or None,
        row.origin or None,
        row.flags,
        row.type,
        row.identity,
        row.owner,
        row.contact,
        row.message,
        row.delivery_id,
        row.scenario_id,
        row.step_id,
        row.campaign_id,
        row.delivery[1] if row.delivery else None,
        row.named_scenario,
        row.named_step,
        row.campaign,
        row.reason or None,
        row.domain or None,
        row.platform or None,
        row.name or None,
        row.url or None,
        row.agent or None,
        row.ip,
        row.run,
        row.fields,
        row.data,
        row.raw,
    )


def message_values(state: MessageState, place: EventRow, person: EventRow) -> tuple[Any, ...]:
    """What MESSAGE_COLUMNS take: the state, where the row `place` belongs, whom the row `person` names."""
    return (
        person.identity,
        person.owner,
        person.contact,
        state.delivery,
        place.scenario_id,
        place.step_id,
        place.campaign_id,
        int(state.test),
        OUTCOME_CODE[state.outcome] if state.outcome else None,
        state.bounce_class or None,
        state.reason or None,
        state.outcome_ms,
        state.targeted_ms,
        state.sent_ms,
        state.open_ms,
        state.machine_open_ms,
        state.click_ms,
        state.machine_click_ms,
        state.unsubscribed_ms,
        state.complained_ms,
    )
