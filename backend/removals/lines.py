"""Removals and their audit as JSON lines: what a product is told, and what an auditor can check.

Each line of the audit holds the SHA-256 of the line before it, so that one taken out or changed is seen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from backend.removals.removal import AuditLine, RemovalLine
from backend.rfc3339 import format_rfc3339

START = "0" * 64
"""What the first line of an audit holds in place of a hash."""


def encode_removal(line: RemovalLine) -> bytes:
    """One removed contact, by the field names of the documents beside our own."""
    told: dict[str, Any] = {
        "id": line.id,
        "removal": line.key,
        "requested_at": format_rfc3339(line.at_ms),
        "actor": line.actor,
        "product": line.product,
        "account": line.account,
        "scenario_name": line.scenario,
        "scenario_key": line.scenario_key,
        "contact": line.contact,
        "identities": [{"namespace": name, "value": value} for name, value in line.identities],
        "step": line.step,
        "state": line.state,
        "attempts": line.attempts or None,
        "error": line.error,
    }
    for name, at_ms in (
        ("told_at", line.told_ms),
        ("confirmed_at", line.confirmed_ms),
        ("still_listed_at", line.refuted_ms),
        ("next_try_at", line.next_try_ms),
    ):
        told[name] = None if at_ms is None else format_rfc3339(at_ms)
    return msgspec.json.encode({name: value for name, value in told.items() if value is not None})


def encode_audit(lines: Iterable[AuditLine], previous: str = START) -> Iterator[bytes]:
    """The audit as lines of a chain. previous: SHA-256 of the line before the first of these."""
    for line in lines:
        told = {
            "id": line.id,
            "at": format_rfc3339(line.at_ms),
            "actor": line.actor,
            "action": line.action,
            "removal_id": line.removal_id,
            "scenario_id": line.scenario_id,
            "contact_id": line.contact_id,
            "outcome": line.outcome,
            "previous": previous,
        }
        encoded = msgspec.json.encode(told)
        previous = hashlib.sha256(encoded).hexdigest()
        yield encoded
