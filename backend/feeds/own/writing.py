"""Log rows as objects of our own format: the JSON output, which read again rebuilds the same rows.

Fields have the names that the products document, beside our own. A field of a product's record whose
name is taken, or whose value would not come back from a bare field, goes under `fields`. What follows
from other rows (repeat, implied, skew, domain) is told for the reader and found again when read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backend.feeds.own import names
from backend.model import LogName, LogRow
from backend.rfc3339 import format_rfc3339

CONTACT_NAMES = {"id": "contact_id", "phone": "phone", "token": "token"}


def encode_row(row: LogRow) -> dict[str, Any]:
    """The row as one object; fields that do not apply are left out (R39), flags are always there."""
    return _scenario_row(row) if row.log is LogName.SCENARIO else _event(row)


def _event(row: LogRow) -> dict[str, Any]:
    shown = {
        **_head(row, "tracking" if row.log is LogName.TRACKING else "event", "created_at"),
        "kind": row.kind,
        "type": row.type,
        "sib_type": row.type,
        "class": row.bounce_class,
        "origin": row.origin,
        "channel": row.channel,
        **_contact(row, "email_id"),
        "name": row.name,
        "ip": row.ip,
        "message_id": row.message,
        "message_key": row.message_key if row.message_key != row.message else None,
        **_ref("scenario", row.scenario, row.scenario_key),
        **_ref("step", row.step, row.step_key),
        **_ref("campaign", row.campaign, row.campaign_key),
        **_ref("delivery", row.delivery, row.delivery_key),
        "template_id": _template(row),
        "run": row.run,
        "reason": row.reason,
        "domain": row.domain,
        "platform": row.platform,
        "url": row.url,
        "user_agent": row.user_agent,
    }
    return {**_told(shown), "machine": row.machine, **_tail(row, names.EVENT)}


def _scenario_row(row: LogRow) -> dict[str, Any]:
    shown = {
        **_head(row, "scenario_log", "date"),
        "message": row.message,
        "type": row.type,
        "scenario_name": row.scenario,
        **_key("scenario", row.scenario, row.scenario_key),
        "start_id": row.start_id,
        "workflow_points": row.workflow_points,
        **_contact(row, "user_email"),
        **_ref("step", row.step, row.step_key),
        "kind": row.kind,
        "run": row.run,
        "reason": row.reason,
        "origin": row.origin,
        "until": None if row.until_ms is None else format_rfc3339(row.until_ms),
        "once": row.once,
        **_ref("delivery", row.delivery, row.delivery_key),
    }
    return {**_told(shown), **_tail(row, names.SCENARIO_ROW)}


def _head(row: LogRow, record: str, time_name: str) -> dict[str, Any]:
    return {
        "v": 1,
        "record": record,
        "event_id": row.key,
        "content_key": None if row.has_id else True,
        time_name: format_rfc3339(row.at_ms),
        "received_at": format_rfc3339(row.received_ms),
    }


def _tail(row: LogRow, known: frozenset[str]) -> dict[str, Any]:
    derived = {"implied": list(row.implied) or None, "skew": row.skew or None}
    plain = {
        name: value
        for name, value in row.fields.items()
        if name not in known and not name.startswith(names.FOLDERS) and value is not None and value != ""
    }
    carried = {name: value for name, value in row.fields.items() if name not in plain}
    return {
        "test": row.test,
        "repeat": row.repeat,
        **_told(derived),
        "product": row.product,
        "account": row.account,
        "format": row.format,
        **plain,
        **({"data": dict(row.data)} if row.data else {}),
        **({"fields": carried} if carried else {}),
    }


def _contact(row: LogRow, address_name: str) -> dict[str, Any]:
    """The identity that the row came with, first; then the product's own id of the contact."""
    product_id = _scalar(row.fields, "contact_id")
    if row.contact is None:
        return {"contact_id": product_id}
    namespace = row.contact_namespace or ("email" if "@" in row.contact else "id")
    if namespace == "email":
        return {"contact_id": product_id, "email": row.contact, address_name: row.contact}
    if namespace in CONTACT_NAMES and (product_id is None or namespace == "id"):
        return {CONTACT_NAMES[namespace]: row.contact}
    return {"contact": row.contact, "contact_namespace": namespace, "contact_id": product_id}


def _template(row: LogRow) -> str | int | None:
    key = row.delivery_key or ""
    return _scalar(row.fields, "template_id") or (key[3:] if key.startswith("id:") else None)


def _scalar(fields: Mapping[str, Any], name: str) -> str | int | None:
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return value or None


def _ref(noun: str, name: str | None, key: str | None) -> dict[str, Any]:
    return {noun: name, **_key(noun, name, key)}


def _key(noun: str, name: str | None, key: str | None) -> dict[str, Any]:
    """What the product knows it by: its id as such; anything else with the word that says what it is."""
    if key is None or key == f"name:{name}":
        return {}
    return {f"{noun}_id": key[3:]} if key.startswith("id:") else {f"{noun}_key": key}


def _told(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
