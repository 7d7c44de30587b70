"""Writing the scenario log: rows, which of them say the same (R08), and whose place they move."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any

from backend.facts import REPEAT, SKEW, STEP_RANK
from backend.keys import once_hash
from backend.record import ScenarioRow
from backend.removals.removal import FOLLOWED_KINDS
from backend.settling import StepRow, mark_once, step_flags
from backend.sources.sqlite.entities import Entities
from backend.sources.sqlite.event_columns import marks, text_or_none
from backend.sources.sqlite.identities import Identities
from backend.sources.sqlite.rollups import RollupChanges
from backend.sources.sqlite.rosters import Pair
from backend.sources.sqlite.schema import Word

KEPT_COLUMNS = """id, ts, h, kind, flags, scenario_id, step_id, reason_id, origin_id, contact_id, once,
 named_scenario, named_step, format_id"""
STEP_COLUMNS = """ts, h, received, account_id, format_id, kind, flags, type_id, text_id, identity_id,
 owner_id, contact_id, scenario_id, step_id, named_scenario, named_step, named_delivery, run, reason_id,
 origin_id, start_id, workflow_points, until, once, fields, data, raw"""
INSERT_STEP = f"INSERT INTO scenario_log({STEP_COLUMNS}) VALUES({marks(STEP_COLUMNS)})"


class StepWriter:
    """Takes the scenario rows of one batch, then settles and stores them."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        entities: Entities,
        identities: Identities,
        rollups: RollupChanges,
    ) -> None:
        self._db = connection
        self._entities = entities
        self._identities = identities
        self._rollups = rollups
        self._fresh: list[StepRow] = []
        self.moved: set[Pair] = set()
        """Contacts whose place in a scenario has to be folded again."""

    def take(self, record: ScenarioRow, h: int, account: int, format_id: int, now_ms: int) -> StepRow:
        """A new row for a record that the store does not have."""
        entities = self._entities
        people = self._identities.resolve(account, record.identities)
        named = entities.scenario(account, record.scenario, record.at_ms)
        step = entities.step(named, record.step, record.at_ms) if record.step else None
        scenario = entities.effective_scenario(named)
        row = StepRow(
            ts=record.at_ms,
            h=h,
            kind=STEP_RANK[record.kind],
            flags=step_flags(record, now_ms),
            scenario_id=scenario,
            step_id=entities.effective_step(step, scenario) if step else None,
            reason=entities.word(Word.REASON, record.reason),
            origin=entities.word(Word.ORIGIN, record.origin),
            once=once_hash(record.product, record.account, record.once),
            received=now_ms,
            account=account,
            format=format_id,
            type=entities.word(Word.TYPE, record.type),
            text=entities.word(Word.TEXT, record.message),
            identity=people[1] if people else None,
            owner=people[0] if people else None,
            named_scenario=named,
            named_step=step,
            named_delivery=entities.delivery(account, record.delivery, record.at_ms)
            if record.delivery
            else None,
            run=record.run,
            start_id=record.start_id,
            workflow_points=record.workflow_points,
            until_ms=record.until_ms,
            fields=text_or_none(record.fields),
            data=text_or_none(record.data),
        )
        self._fresh.append(row)
        return row

    def append(self, row: StepRow) -> None:
        """Takes a row that is made here rather than read from a record."""
        self._fresh.append(row)

    def store(self) -> list[StepRow]:
        """Marks repeats, inserts the batch's rows, corrects older ones; gives the new rows."""
        fresh, self._fresh = self._fresh, []
        for row in fresh:
            if row.owner is not None:
                row.contact = self._identities.contact_of(row.owner)
        self._mark_repeats(fresh)
        self._db.executemany(INSERT_STEP, [_insert_values(row) for row in fresh])
        for row in fresh:
            self._rollups.step(row, 1)
            self._note_move(row)
        return fresh

    def _note_move(self, row: StepRow) -> None:
        if row.contact is not None:
            self.moved.add((row.scenario_id, row.contact))

    def _mark_repeats(self, fresh: Iterable[StepRow]) -> None:
        """Of rows that count once together, the earliest counts (R08)."""
        groups: dict[int, list[StepRow]] = {}
        for row in fresh:
            if row.once is not None and not row.flags & SKEW:
                groups.setdefault(row.once, []).append(row)
        for once, rows in groups.items():
            sql = f"SELECT {KEPT_COLUMNS} FROM scenario_log INDEXED BY scenario_once WHERE once = ?"
            kept = [stored_step(columns) for columns in self._db.execute(sql, (once,))]
            for row, is_repeat in mark_once([*kept, *rows]):
                self._set_repeat(row, is_repeat=is_repeat)

    def _set_repeat(self, row: StepRow, *, is_repeat: bool) -> None:
        flags = row.flags | REPEAT if is_repeat else row.flags & ~REPEAT
        if row.id and flags != row.flags:
            self._rollups.step(row, -1)
            row.flags = flags
            self._rollups.step(row, 1)
            self._db.execute("UPDATE scenario_log SET flags = ? WHERE id = ?", (flags, row.id))
            self._note_move(row)
        row.flags = flags

    # --- removals ----------------------------------------------------------------------------------------

    def entries_and_removals(self, scenario: int, contact: int) -> list[StepRow]:
        """A contact's rows that open or close its time in a scenario, as far as removals look at them."""
        kinds = ", ".join(str(STEP_RANK[kind]) for kind in FOLLOWED_KINDS)
        sql = (
            f"SELECT {KEPT_COLUMNS} FROM scenario_log INDEXED BY scenario_contact "
            f"WHERE contact_id = ? AND scenario_id = ? AND kind IN ({kinds})"
        )
        return [stored_step(columns) for columns in self._db.execute(sql, (contact, scenario))]

    def set_said_again(self, row: StepRow, *, is_repeat: bool) -> None:
        """Flags a product's row as saying a removal of ours again, or leaves it to what else decides."""
        if not is_repeat and row.once is not None:
            sql = f"SELECT {KEPT_COLUMNS} FROM scenario_log INDEXED BY scenario_once WHERE once = ?"
            group = [stored_step(columns) for columns in self._db.execute(sql, (row.once,))]
            is_repeat = any(repeats and other.id == row.id for other, repeats in mark_once(group))
        self._set_repeat(row, is_repeat=is_repeat)

    # --- rows whose surroundings changed -----------------------------------------------------------------

    def mature(self, now_ms: int) -> int:
        """Counts rows that were ahead of our clock and whose time has come."""
        sql = f"SELECT {KEPT_COLUMNS} FROM scenario_log WHERE flags & 64 AND ts <= ?"
        rows = [stored_step(columns) for columns in self._db.execute(sql, (now_ms,)).fetchall()]
        for row in rows:
            row.flags &= ~SKEW
            self._db.execute("UPDATE scenario_log SET flags = ? WHERE id = ?", (row.flags, row.id))
            self._rollups.step(row, 1)
            self._note_move(row)
        self._mark_repeats(rows)
        return len(rows)

    def follow_alias(self, version: int) -> None:
        """Moves the rows of a journey version to its journey."""
        scenario = self._entities.effective_scenario(version)
        sql = f"SELECT {KEPT_COLUMNS} FROM scenario_log INDEXED BY scenario_scenario WHERE scenario_id = ?"
        for row in [stored_step(columns) for columns in self._db.execute(sql, (version,)).fetchall()]:
            self._rollups.step(row, -1)
            self._note_move(row)
            row.scenario_id = scenario
            row.step_id = self._entities.effective_step(row.named_step, scenario) if row.named_step else None
            self._rollups.step(row, 1)
            self._note_move(row)
            self._db.execute(
                "UPDATE scenario_log SET scenario_id = ?, step_id = ? WHERE id = ?",
                (row.scenario_id, row.step_id, row.id),
            )


def stored_step(columns: tuple[Any, ...]) -> StepRow:
    """A row as stored, from KEPT_COLUMNS."""
    (id_, ts, h, kind, flags, scenario, step, reason, origin, contact, once, *named, format_id) = columns
    return StepRow(
        id=id_,
        ts=ts,
        h=h,
        kind=kind,
        flags=flags,
        scenario_id=scenario,
        step_id=step,
        reason=reason or 0,
        origin=origin or 0,
        contact=contact,
        once=once,
        named_scenario=named[0],
        named_step=named[1],
        format=format_id,
    )


def _insert_values(row: StepRow) -> tuple[Any, ...]:
    return (
        row.ts,
        row.h,
        row.received,
        row.account,
        row.format,
        row.kind,
        row.flags,
        row.type,
        row.text,
        row.identity or 0,
        row.owner or 0,
        row.contact or 0,
        row.scenario_id,
        row.step_id or 0,
        row.named_scenario,
        row.named_step or 0,
        row.named_delivery or 0,
        row.run,
        row.reason,
        row.origin,
        0 if row.start_id is None else row.start_id,
        0 if row.workflow_points is None else row.workflow_points,
        row.until_ms or 0,
        row.once or 0,
        row.fields or 0,
        row.data or 0,
        row.raw or 0,
    )
