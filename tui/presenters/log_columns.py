"""Which columns a log can show, and those that a person chose, in his order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from backend.model import LogName, LogRow
from tui.presenters.log_rows import COLUMNS
from widgets.columns import Column

MORE: Mapping[str, str] = {
    "kind": "kind",
    "scenario": "scenario",
    "step": "step",
    "campaign": "campaign",
    "delivery": "delivery",
    "reason": "reason",
    "message": "message",
    "run": "run",
    "origin": "origin",
    "product": "product",
    "account": "account",
    "format": "feed",
    "received": "received",
}
"""Key and title of what every log can show beside its documented columns."""
MORE_OF_EVENTS: Mapping[str, str] = {
    "channel": "channel",
    "class": "class",
    "url": "URL",
    "domain": "domain",
    "platform": "platform",
    "ip": "IP address",
    "user_agent": "user agent",
    "name": "name",
}
LEAST = 8
MOST = 40


def columns_of(log: LogName, keys: Sequence[str]) -> tuple[Column, ...]:
    """The columns of these keys; the documented ones for no keys. Keys that mean nothing are left out."""
    if not keys:
        return COLUMNS[log]
    own = {column.key: column._replace(drop=0) for column in COLUMNS[log]}
    more = titles(log)
    made = [own.get(key) or _made(key, more) for key in dict.fromkeys(keys)]
    found = [column for column in made if column is not None]
    # Where it is narrow the last ones go first, never the first one.
    return tuple(column._replace(drop=place) for place, column in enumerate(found))


def titles(log: LogName) -> Mapping[str, str]:
    """Key and title of every column that a log can show, but those of its data."""
    documented = {column.key: column.title for column in COLUMNS[log]}
    return {**documented, **{key: title for key, title in _more(log).items() if key not in documented}}


def data_keys(rows: Iterable[LogRow]) -> tuple[str, ...]:
    """The names in the data of rows, as columns have them: `data.order_id`."""
    return tuple(dict.fromkeys(f"data.{name}" for row in rows for name in row.data))


def _more(log: LogName) -> Mapping[str, str]:
    return MORE if log is LogName.SCENARIO else {**MORE, **MORE_OF_EVENTS}


def _made(key: str, known: Mapping[str, str]) -> Column | None:
    title = known.get(key) or (key if key.startswith(("data.", "fields.")) else None)
    return None if title is None else Column(key, title, least=LEAST, most=MOST, grow=2)
