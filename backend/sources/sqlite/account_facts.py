"""What is known of the account that a subject belongs to: how far back its rows go, which feeds it has had.

Rows of other accounts say nothing of it. No index leads from an account to its rows, so its oldest one is
looked for among the first rows of the log, and else among those of its scenarios, campaigns and deliveries:
an hour late at most, where these are no more than `MOST_SUBJECTS`; with more of them later, where what was
heard of last has the older rows. All of it is bounded, whatever the size of the log.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping

from backend.model import HOUR_MS, LogName, Subject, SubjectKind
from backend.record import NamedBy
from backend.sources.sqlite.schema import Facet, Grain, SubjectCode

MOST_ROWS = 500
"""Rows at the beginning of a log among which the account's oldest one is looked for."""
MOST_SUBJECTS = 1_000
"""Of each kind, those that were heard of first: whose rows are looked for when others come before them."""
TABLES: Mapping[SubjectKind, tuple[str, SubjectCode]] = {
    SubjectKind.SCENARIO: ("scenario", SubjectCode.SCENARIO),
    SubjectKind.CAMPAIGN: ("campaign", SubjectCode.CAMPAIGN),
    SubjectKind.DELIVERY: ("delivery", SubjectCode.DELIVERY),
}
LOGS: Mapping[LogName, tuple[str, Facet, tuple[SubjectKind, ...]]] = {
    LogName.EVENT: ("event_log", Facet.EVENT, tuple(SubjectKind)),
    LogName.SCENARIO: ("scenario_log", Facet.STEP, (SubjectKind.SCENARIO,)),
}


class AccountFacts:
    """Reads what is known of the account of a subject, inside the caller's transaction."""

    def __init__(self, connection: sqlite3.Connection, subject: Subject) -> None:
        self._rows = connection.execute
        self._subject = subject
        table, _ = TABLES[subject.kind]
        row = self._rows(f"SELECT account_id FROM {table} WHERE id = ?", (subject.id,)).fetchone()
        self._account = 0 if row is None else int(row[0])

    def oldest_ms(self) -> dict[LogName, int]:
        """Own time of the account's oldest row of each log; a log without any row of it is absent."""
        found = {log: self._oldest_of(log) for log in LOGS}
        return {log: at_ms for log, at_ms in found.items() if at_ms is not None}

    def _oldest_of(self, log: LogName) -> int | None:
        table, facet, kinds = LOGS[log]
        looked = 0
        for account, at_ms in self._rows(f"SELECT account_id, ts FROM {table} ORDER BY ts LIMIT {MOST_ROWS}"):
            looked += 1
            if account == self._account:
                return int(at_ms)
        if looked < MOST_ROWS:
            return None
        hours = [hour for kind in kinds for hour in self._first_hours(kind, facet)]
        return (min(hours) + 1) * HOUR_MS if hours else None

    def _first_hours(self, kind: SubjectKind, facet: Facet) -> Iterator[int]:
        """The first hour of each of the account's subjects of a kind."""
        table, code = TABLES[kind]
        rows = self._rows(
            "SELECT (SELECT bucket FROM rollup WHERE subject = ? AND subject_id = s.id AND facet = ?"
            f" AND grain = ? ORDER BY bucket LIMIT 1) FROM {table} AS s WHERE account_id = ?"
            f" ORDER BY id LIMIT {MOST_SUBJECTS}",
            (code, facet, Grain.HOUR, self._account),
        )
        return (int(hour) for (hour,) in rows if hour is not None)

    def formats(self) -> frozenset[str]:
        """The formats of which the account has had a record."""
        rows: Iterable[tuple[str]] = self._rows(
            "SELECT w.text FROM feed AS f JOIN word AS w ON w.id = f.format_id"
            " WHERE f.account_id = ? AND f.records > 0",
            (self._account,),
        )
        return frozenset(name for (name,) in rows)

    def is_of_campaigns(self) -> bool:
        """Whether the subject's messages are a campaign's own, and no template's."""
        if self._subject.kind is SubjectKind.SCENARIO:
            return False
        if self._subject.kind is SubjectKind.DELIVERY:
            condition, wanted = "id = ? AND key_kind = ?", True
        else:
            condition, wanted = "campaign_id = ? AND key_kind <> ?", False
        row = self._rows(
            f"SELECT 1 FROM delivery WHERE {condition} LIMIT 1", (self._subject.id, NamedBy.CAMPAIGN)
        ).fetchone()
        return (row is not None) is wanted
