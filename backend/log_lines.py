"""One row of a log as a line of CSV or JSON, for commands, files and what is copied."""

from __future__ import annotations

import msgspec

from backend.csv_cells import Value
from backend.json_lines import json_escaped
from backend.model import LogRow
from backend.query.text import write_time

CSV_COLUMNS = (
    *("event_id", "log", "time", "kind", "class", "type", "channel", "contact", "scenario", "step"),
    *("campaign", "delivery", "reason", "message", "run", "name", "url", "domain", "platform", "ip"),
    *("user_agent", "origin", "machine", "test", "repeat", "product", "account", "format", "received_at"),
)


def log_cells(row: LogRow) -> tuple[Value, ...]:
    """The row's values in the order of CSV_COLUMNS."""
    return (
        *(row.key, row.log, write_time(row.at_ms), row.kind, row.bounce_class, row.type, row.channel),
        *(row.contact, row.scenario, row.step, row.campaign, row.delivery, row.reason, row.message),
        *(row.run, row.name, row.url, row.domain, row.platform, row.ip, row.user_agent, row.origin),
        *(row.machine, row.test, row.repeat, row.product, row.account, row.format),
        write_time(row.received_ms),
    )


def json_line(row: LogRow) -> bytes:
    """The row in our own format, as `parcours ingest` reads it again."""
    from backend.feeds.own.writing import encode_row  # the feed modules: only JSON needs them

    return json_escaped(msgspec.json.encode(encode_row(row))) + b"\n"
