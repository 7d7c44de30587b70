"""Writing what is no log row: lists of contacts in scenarios, suppressions, runs of technical jobs."""

from __future__ import annotations

import sqlite3

from backend.record import ContactRecord, RosterComplete, RosterRecord, SuppressionRecord, WorkflowRun
from backend.sources.sqlite.entities import Entities
from backend.sources.sqlite.event_columns import text_or_none
from backend.sources.sqlite.identities import Identities
from backend.sources.sqlite.rosters import Pair, Rosters
from backend.sources.sqlite.schema import STATE_CODE, Word


class ListWriter:
    """Takes list lines; each method says whether the store has learned something."""

    def __init__(
        self, connection: sqlite3.Connection, entities: Entities, identities: Identities, rosters: Rosters
    ) -> None:
        self._db = connection
        self._entities = entities
        self._identities = identities
        self._rosters = rosters
        self._fields: list[tuple[str | None, int]] = []
        self.moved: set[Pair] = set()
        """Contacts whose place in a scenario has to be folded again."""

    def roster_line(self, record: RosterRecord) -> bool:
        account = self._entities.account(record.product, record.account)
        people = self._identities.resolve(account, record.identities)
        if people is None:
            return False
        owner, shown = people
        named = self._entities.scenario(account, record.scenario, record.entered_ms)
        scenario = self._entities.effective_scenario(named)
        step = self._entities.step(named, record.step, record.entered_ms) if record.step else None
        contact = self._identities.contact_of(owner)
        as_of = record.entered_ms if record.as_of_ms is None else record.as_of_ms
        changed = self._db.execute(
            "INSERT INTO roster_line(scenario_id, identity_id, run, as_of_ms, owner_id, contact_id, step_id, "
            "state, entered_ms, until_ms, declared, named_scenario, named_step) "
            "VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET step_id = excluded.step_id, "
            "state = excluded.state, until_ms = excluded.until_ms WHERE "
            "(step_id, state, until_ms) IS NOT (excluded.step_id, excluded.state, excluded.until_ms)",
            (
                scenario,
                shown,
                record.run,
                as_of,
                owner,
                contact,
                self._entities.effective_step(step, scenario) if step else None,
                STATE_CODE[record.state],
                record.entered_ms,
                record.until_ms,
                int(record.as_of_ms is not None),
                named,
                step,
            ),
        ).rowcount
        if changed:
            self.moved.add((scenario, contact))
        return changed > 0

    def roster_complete(self, record: RosterComplete) -> bool:
        account = self._entities.account(record.product, record.account)
        named = self._entities.scenario(account, record.scenario, record.as_of_ms)
        scenario = self._entities.effective_scenario(named)
        sql = "INSERT OR IGNORE INTO roster_complete(scenario_id, as_of_ms) VALUES(?, ?)"
        if not self._db.execute(sql, (scenario, record.as_of_ms)).rowcount:
            return False
        self.moved.update(self._rosters.everyone_in(scenario))
        return True

    def follow_alias(self, version: int) -> None:
        """Moves the list lines of a journey version to its journey."""
        scenario = self._entities.effective_scenario(version)
        sql = (
            "SELECT identity_id, run, as_of_ms, contact_id, named_step FROM roster_line WHERE scenario_id = ?"
        )
        for identity, run, as_of, contact, named_step in self._db.execute(sql, (version,)).fetchall():
            step = self._entities.effective_step(named_step, scenario) if named_step else None
            self._db.execute(
                "UPDATE OR REPLACE roster_line SET scenario_id = ?, step_id = ? "
                "WHERE scenario_id = ? AND identity_id = ? AND run = ? AND as_of_ms = ?",
                (scenario, step, version, identity, run, as_of),
            )
            self.moved |= {(version, contact), (scenario, contact)}
        self._db.execute(
            "UPDATE OR IGNORE roster_complete SET scenario_id = ? WHERE scenario_id = ?", (scenario, version)
        )
        self.moved.update(self._rosters.everyone_in(version))
        self.moved.update(self._rosters.everyone_in(scenario))

    def contact(self, record: ContactRecord) -> bool:
        account = self._entities.account(record.product, record.account)
        before = self._identities.news
        people = self._identities.resolve(account, record.identities)
        is_news = self._identities.news > before
        if people is None or not record.fields:
            return is_news
        fields = text_or_none(record.fields)
        if not is_news and self._known_fields(people[0]) == fields:
            return False
        self._fields.append((fields, people[0]))
        return True

    def _known_fields(self, owner: int) -> str | None:
        contact = self._identities.contact_of(owner)
        row = self._db.execute("SELECT fields FROM contact WHERE id = ?", (contact,)).fetchone()
        return row[0] if row else None

    def flush(self) -> None:
        """Writes what the contact records of the batch told; the people are to be inserted before."""
        self._db.executemany(
            "UPDATE contact SET fields = ? WHERE id = ?",
            [(fields, self._identities.contact_of(owner)) for fields, owner in self._fields],
        )
        self._fields.clear()

    def suppression(self, record: SuppressionRecord) -> bool:
        account = self._entities.account(record.product, record.account)
        people = self._identities.resolve(account, (record.identity,))
        if people is None:
            return False
        return (
            self._db.execute(
                "INSERT INTO suppression(account_id, identity_id, reason_id, since_ms, until_ms) "
                "SELECT ?1, ?2, ?3, ?4, ?5 WHERE NOT EXISTS (SELECT 1 FROM suppression "
                "WHERE identity_id = ?2 AND reason_id = ?3 AND since_ms IS ?4 AND until_ms IS ?5)",
                (
                    account,
                    people[0],
                    self._entities.word(Word.REASON, record.reason or "not told"),
                    record.since_ms,
                    record.until_ms,
                ),
            ).rowcount
            > 0
        )

    def workflow_run(self, record: WorkflowRun) -> bool:
        account = self._entities.account(record.product, record.account)
        values = (
            *(account, record.workflow, record.started_ms, record.ended_ms, record.status),
            *(record.read, record.written, record.rejected, record.error, record.log),
        )
        return (
            self._db.execute(
                "INSERT INTO workflow_run(account_id, workflow, started_ms, ended_ms, status, read, written, "
                "rejected, error, log) VALUES(?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET "
                "ended_ms = excluded.ended_ms, status = excluded.status, read = excluded.read, "
                "written = excluded.written, rejected = excluded.rejected, error = excluded.error, "
                "log = excluded.log "
                "WHERE (ended_ms, status, error) IS NOT (excluded.ended_ms, excluded.status, excluded.error)",
                values,
            ).rowcount
            > 0
        )
