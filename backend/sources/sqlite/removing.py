"""Taking contacts out of a scenario inside one transaction, and following what the product says of it.

The scenario log's rows, the roster, the audit, the answer kept under the key and the entries to tell the
product with are written together or not at all.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from backend.errors import NothingFound, Refused
from backend.facts import HAS_ID, STEP_RANK
from backend.identity import SHOWN
from backend.keys import key_hash
from backend.model import StepKind
from backend.removals.removal import (
    REMOVAL_FORMAT,
    REMOVAL_POINT,
    REMOVAL_TEXT,
    REMOVAL_TYPE,
    REMOVED,
    RemovalAnswer,
    body_hash,
    check_request,
    follow_removals,
    refuse_duplicates,
    refuse_gone,
    refuse_other_body,
)
from backend.settling import StepRow
from backend.sources.sqlite.entities import Entities
from backend.sources.sqlite.event_columns import text_or_none
from backend.sources.sqlite.outbox import read_answer
from backend.sources.sqlite.rosters import Pair
from backend.sources.sqlite.schema import Word
from backend.sources.sqlite.searching import FORGOTTEN_NAME, living_contact, shown_contacts
from backend.sources.sqlite.step_writing import StepWriter


class Leaving(msgspec.Struct, frozen=True):
    """A contact that is about to leave: under which identity, and where it is."""

    contact: int
    identity: int
    step: int | None
    latest_ms: int
    """Own time of the latest thing known of it in the scenario: a removal is never before that."""


class RemovalWriter:
    """Writes removals for the store whose transaction is open."""

    def __init__(self, connection: sqlite3.Connection, entities: Entities, steps: StepWriter) -> None:
        self._db = connection
        self._entities = entities
        self._steps = steps

    def remove(
        self,
        scenario_id: int,
        contacts: Sequence[int],
        key: str,
        actor: str,
        now_ms: int,
        store_rows: Callable[[], None],
    ) -> RemovalAnswer:
        """Takes the contacts out. store_rows: stores the rows handed to the writer and folds the roster.

        Raises: Refused and NothingFound with the exact reason; then nothing happened.
        """
        check_request(contacts, key, actor)
        kept = read_answer(self._db, key)
        body = body_hash(scenario_id, contacts)
        if kept is not None:
            refuse_other_body(kept[0], body, key)
            return msgspec.structs.replace(kept[1], replayed=True)
        living = self._living(contacts)
        refuse_duplicates(living, shown_contacts(self._db, living))
        leaving = self._leaving(scenario_id, living)
        rows = [self._row(scenario_id, one, key, actor, now_ms) for one in leaving]
        for row in rows:
            self._steps.append(row)
        store_rows()
        self._check_gone(scenario_id, living)
        return self._record(scenario_id, leaving, rows, key, body, actor, now_ms)

    def _living(self, contacts: Sequence[int]) -> list[int]:
        living = [(contact, living_contact(self._db, contact)) for contact in contacts]
        unknown = [str(contact) for contact, found in living if found is None]
        if unknown:
            raise NothingFound(f"there is no contact {', '.join(unknown)}; nothing was removed")
        return [found for _, found in living if found is not None]

    def _leaving(self, scenario_id: int, contacts: Sequence[int]) -> list[Leaving]:
        if not self._db.execute("SELECT 1 FROM scenario WHERE id = ?", (scenario_id,)).fetchone():
            raise NothingFound(f"there is no scenario {scenario_id}; nothing was removed")
        found = {contact: self._place(scenario_id, contact) for contact in contacts}
        gone = [contact for contact, place in found.items() if place is None]
        names = shown_contacts(self._db, gone)
        refuse_gone([names.get(contact, FORGOTTEN_NAME) for contact in gone], len(contacts))
        return [place for place in found.values() if place is not None]

    def _place(self, scenario_id: int, contact: int) -> Leaving | None:
        run = self._db.execute(
            "SELECT identity_id, step_id FROM roster WHERE scenario_id = ? AND contact_id = ? "
            "ORDER BY step_ms DESC LIMIT 1",
            (scenario_id, contact),
        ).fetchone()
        if run is None:
            return None
        (latest,) = self._db.execute(
            "SELECT max(at) FROM (SELECT max(ts) AS at FROM scenario_log INDEXED BY scenario_contact "
            "WHERE contact_id = ?1 AND scenario_id = ?2 AND NOT flags & 64 UNION ALL "
            "SELECT max(max(as_of_ms, entered_ms)) FROM roster_line INDEXED BY roster_line_contact "
            "WHERE contact_id = ?1 AND scenario_id = ?2)",
            (contact, scenario_id),
        ).fetchone()
        return Leaving(contact, self._identity(contact, run[0]), run[1], latest or 0)

    def _identity(self, contact: int, preferred: int | None) -> int:
        """An identity that is this contact's own, the one it came with where that is one."""
        rows = self._db.execute(
            "SELECT id, namespace, shown FROM identity INDEXED BY identity_contact WHERE contact_id = ?",
            (contact,),
        ).fetchall()
        if not rows:
            raise Refused(f"contact {contact} has no identity left; nothing was removed")
        best = min(rows, key=lambda row: (row[0] != preferred, SHOWN.get(row[1], 9), row[2]))
        return int(best[0])

    def _row(self, scenario_id: int, leaving: Leaving, key: str, actor: str, now_ms: int) -> StepRow:
        account, product, tenant = self._db.execute(
            "SELECT a.id, a.product, a.account FROM scenario AS s JOIN account AS a ON a.id = s.account_id "
            "WHERE s.id = ?",
            (scenario_id,),
        ).fetchone()
        entities = self._entities
        return StepRow(
            ts=max(now_ms, leaving.latest_ms),
            h=key_hash(product, tenant, ("removal", key, str(leaving.contact))),
            kind=STEP_RANK[StepKind.REMOVED],
            flags=HAS_ID,
            scenario_id=scenario_id,
            step_id=leaving.step,
            reason=0,
            origin=0,
            received=now_ms,
            account=account,
            format=entities.word(Word.FORMAT, REMOVAL_FORMAT),
            type=entities.word(Word.TYPE, REMOVAL_TYPE),
            text=entities.word(Word.TEXT, REMOVAL_TEXT),
            identity=leaving.identity,
            owner=leaving.identity,
            named_scenario=scenario_id,
            named_step=leaving.step,
            workflow_points=REMOVAL_POINT,
            fields=text_or_none({"removed_by": actor, "removal": key}),
        )

    def _check_gone(self, scenario_id: int, contacts: Iterable[int]) -> None:
        for contact in contacts:
            sql = "SELECT 1 FROM roster WHERE scenario_id = ? AND contact_id = ?"
            if self._db.execute(sql, (scenario_id, contact)).fetchone():
                raise Refused(f"contact {contact} would stay in the scenario; nothing was removed")

    def _record(
        self,
        scenario_id: int,
        leaving: Sequence[Leaving],
        rows: Sequence[StepRow],
        key: str,
        body: str,
        actor: str,
        now_ms: int,
    ) -> RemovalAnswer:
        """The answer under its key, the audit, and what the product has to be told."""
        removal_id = self._db.execute(
            "INSERT INTO removal(key, body_sha256, at_ms, actor, scenario_id, answer) VALUES(?,?,?,?,?,'')",
            (key, body, now_ms, actor, scenario_id),
        ).lastrowid
        assert removal_id is not None
        answer = RemovalAnswer(
            id=removal_id,
            key=key,
            scenario_id=scenario_id,
            at_ms=now_ms,
            actor=actor,
            contacts=tuple(one.contact for one in leaving),
        )
        text = msgspec.json.encode(answer).decode()
        self._db.execute("UPDATE removal SET answer = ? WHERE id = ?", (text, removal_id))
        self._db.executemany(
            "INSERT INTO audit(at_ms, actor, action, removal_id, scenario_id, contact_id, outcome) "
            "VALUES(?, ?, 'remove', ?, ?, ?, 'removed')",
            [(now_ms, actor, removal_id, scenario_id, one.contact) for one in leaving],
        )
        self._db.executemany(
            "INSERT INTO outbox(removal_id, identity_id, step_id, row_ts, row_h) VALUES(?,?,?,?,?)",
            [
                (removal_id, one.identity, one.step, row.ts, row.h)
                for one, row in zip(leaving, rows, strict=True)
            ],
        )
        return answer

    # --- what the product says of it ---------------------------------------------------------------------

    def follow(self, pairs: Iterable[Pair]) -> None:
        """Brings these contacts' removals up to date: confirmed, not carried out, or neither."""
        known = self._db.execute(
            "SELECT id FROM word WHERE kind = ? AND text = ?", (int(Word.FORMAT), REMOVAL_FORMAT)
        ).fetchone()
        if known is None:
            return
        ours = known[0]
        for scenario, contact in sorted(set(pairs)):
            rows = self._steps.entries_and_removals(scenario, contact)
            if all(row.format != ours for row in rows):
                continue
            followed = follow_removals(rows, ours, self._listed(scenario, contact))
            again = {row.id for removal in followed for row in removal.said_again}
            for row in rows:
                if row.format != ours and row.kind == REMOVED:
                    self._steps.set_said_again(row, is_repeat=row.id in again)
            self._db.executemany(
                "UPDATE outbox SET confirmed_ms = ?, refuted_ms = ? WHERE row_ts = ? AND row_h = ?",
                [(one.confirmed_ms, one.refuted_ms, one.row.ts, one.row.h) for one in followed],
            )

    def _listed(self, scenario: int, contact: int) -> list[Any]:
        sql = (
            "SELECT DISTINCT l.as_of_ms FROM roster_line AS l INDEXED BY roster_line_contact "
            "JOIN roster_complete AS c ON c.scenario_id = l.scenario_id AND c.as_of_ms = l.as_of_ms "
            "WHERE l.contact_id = ? AND l.scenario_id = ?"
        )
        return [at for (at,) in self._db.execute(sql, (contact, scenario))]
