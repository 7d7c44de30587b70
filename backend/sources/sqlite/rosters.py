"""Keeps `roster` (who is inside a scenario) and `inside` (how many) as the fold of what is stored."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from backend.model import RosterState
from backend.products import Product, product_rules
from backend.roster_fold import FoldRank, FoldRow, Inside, fold_roster
from backend.settling import fold_row
from backend.sources.sqlite.entities import Entities
from backend.sources.sqlite.schema import STATE_CODE, STATES, STEP_KINDS

Pair = tuple[int, int]
"""scenario, contact"""

STEP_ROWS = (
    "SELECT ts, kind, flags, h, run, step_id, until, identity_id FROM scenario_log "
    "INDEXED BY scenario_contact WHERE contact_id = ? AND scenario_id = ? ORDER BY ts, h"
)
LINES = (
    "SELECT as_of_ms, state, run, step_id, until_ms, identity_id, entered_ms, declared FROM roster_line "
    "INDEXED BY roster_line_contact WHERE contact_id = ? AND scenario_id = ?"
)
KEPT = (
    "SELECT run, step_id, state, entered_ms, step_ms, until_ms, identity_id FROM roster "
    "WHERE scenario_id = ? AND contact_id = ?"
)


class Rosters:
    """Folds again what a batch touched."""

    def __init__(self, connection: sqlite3.Connection, entities: Entities) -> None:
        self._db = connection
        self._entities = entities
        self._products: dict[int, Product] = {}
        self._inside: dict[tuple[int, int, int], int] = {}

    def refold(self, pairs: Iterable[Pair]) -> None:
        """Brings these contacts' places in these scenarios up to date."""
        complete: dict[int, list[int]] = {}
        for scenario, contact in sorted(set(pairs)):
            if scenario not in complete:
                complete[scenario] = self._complete_times(scenario)
            now = fold_roster(self._rows(scenario, contact), complete[scenario])
            self._replace(scenario, contact, now)
        self._flush_inside()

    def is_current(self, scenario: int, contact: int) -> bool:
        """True where the roster shows what folding again would."""
        now = fold_roster(self._rows(scenario, contact), self._complete_times(scenario))
        kept = {row[0]: row[1:] for row in self._db.execute(KEPT, (scenario, contact))}
        return kept == {run: _columns(place) for run, place in now.items()}

    def everyone_in(self, scenario: int) -> list[Pair]:
        """All contacts that the roster shows in a scenario, or that a list ever named there."""
        sql = (
            "SELECT DISTINCT contact_id FROM roster WHERE scenario_id = ?1 UNION "
            "SELECT contact_id FROM roster_line WHERE scenario_id = ?1"
        )
        return [(scenario, contact) for (contact,) in self._db.execute(sql, (scenario,))]

    def pairs_of(self, contact: int) -> list[Pair]:
        """All scenarios in which a contact has rows, lines or a place."""
        sql = (
            "SELECT DISTINCT scenario_id FROM scenario_log WHERE contact_id = ?1 UNION "
            "SELECT scenario_id FROM roster_line WHERE contact_id = ?1 UNION "
            "SELECT scenario_id FROM roster WHERE contact_id = ?1"
        )
        return [(scenario, contact) for (scenario,) in self._db.execute(sql, (contact,))]

    def _complete_times(self, scenario: int) -> list[int]:
        sql = "SELECT as_of_ms FROM roster_complete WHERE scenario_id = ?"
        return [as_of for (as_of,) in self._db.execute(sql, (scenario,))]

    def _rows(self, scenario: int, contact: int) -> list[FoldRow]:
        product = self._product(scenario)
        successors = self._entities.successors(scenario)
        rows = []
        for ts, kind, flags, h, run, step, until, identity in self._db.execute(
            STEP_ROWS, (contact, scenario)
        ):
            row = fold_row(
                STEP_KINDS[kind - 1], (ts, h), flags, run, step, until, identity, successors, product
            )
            if row is not None:
                rows.append(row)
        for as_of, state, run, step, until, identity, entered, declared in self._db.execute(
            LINES, (contact, scenario)
        ):
            waiting = STATES[state - 1] == RosterState.WAITING
            at = as_of if declared else entered
            rows.append(FoldRow(at, FoldRank.LISTED, 0, run, step, until, identity, entered, waiting))
        return rows

    def _product(self, scenario: int) -> Product:
        known = self._products.get(scenario)
        if known is None:
            row = self._db.execute(
                "SELECT product FROM account WHERE id = (SELECT account_id FROM scenario WHERE id = ?)",
                (scenario,),
            ).fetchone()
            known = self._products[scenario] = product_rules(row[0])
        return known

    def _replace(self, scenario: int, contact: int, now: dict[str, Inside]) -> None:
        kept = {row[0]: row[1:] for row in self._db.execute(KEPT, (scenario, contact))}
        for run, place in kept.items():
            fresh = now.get(run)
            if fresh is not None and _columns(fresh) == place:
                continue
            self._db.execute(
                "DELETE FROM roster WHERE scenario_id = ? AND contact_id = ? AND run = ?",
                (scenario, contact, run),
            )
            self._count(scenario, place[0], place[1], -1)
        for run, fresh in now.items():
            columns = _columns(fresh)
            if kept.get(run) != columns:
                self._db.execute(
                    "INSERT INTO roster(scenario_id, contact_id, run, step_id, state, entered_ms, step_ms, "
                    "until_ms, identity_id, name) VALUES(?,?,?,?,?,?,?,?,?,?)",
                    (scenario, contact, run, *columns, self._name(fresh.identity)),
                )
                self._count(scenario, columns[0], columns[1] or 0, 1)

    def _name(self, identity: int | None) -> str:
        """What the contact is sorted by; "" for a forgotten one."""
        row = self._db.execute("SELECT shown FROM identity WHERE id = ?", (identity,)).fetchone()
        return str(row[0]).casefold() if row else ""

    def _count(self, scenario: int, step: int | None, state: int, n: int) -> None:
        place = (scenario, step or 0, state)
        self._inside[place] = self._inside.get(place, 0) + n

    def _flush_inside(self) -> None:
        changes = [(*place, n) for place, n in self._inside.items() if n]
        self._db.executemany(
            "INSERT INTO inside(scenario_id, step_id, state, n) VALUES(?,?,?,?) "
            "ON CONFLICT DO UPDATE SET n = n + excluded.n",
            changes,
        )
        if any(n < 0 for *_, n in changes):
            self._db.execute("DELETE FROM inside WHERE n = 0")
        self._inside.clear()


def _columns(place: Inside) -> tuple[int | None, ...]:
    return (
        place.step,
        STATE_CODE[place.state],
        place.entered_ms,
        place.step_ms,
        place.until_ms,
        place.identity,
    )
