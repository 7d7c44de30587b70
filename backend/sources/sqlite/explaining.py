"""What explanations rest on, read from a store: contacts' rows and places, and who is with them.

Many are read in one pass: a few statements for all of them together, and what they share (the sender of the
delivery, the steps of a scenario, who else is at a step) once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from backend.errors import NothingFound
from backend.explaining.barred import Suppression
from backend.explaining.explain import answers, explain, explain_named
from backend.explaining.facts import MOST_ROWS, Crowd, Facts, PathStep
from backend.explaining.verdict import Explained, Verdict
from backend.facts import REPEAT, SKEW
from backend.model import HOUR_MS, ContactRef, LogName, LogRow, RosterRow, RosterState, StepKind, Subject
from backend.sources.sqlite.compile import table_of
from backend.sources.sqlite.json_text import as_json, decode_object
from backend.sources.sqlite.roster_plan import COLUMNS
from backend.sources.sqlite.roster_reading import named_rows
from backend.sources.sqlite.rows import read_rows
from backend.sources.sqlite.schema import STATE_CODE, STEP_CODE
from backend.sources.sqlite.searching import (
    SHOWN_NAME,
    contacts_known_as,
    living_contact,
    read_contacts,
)

Row = TypeVar("Row", LogRow, RosterRow)

AT_ONCE = 50
"""Contacts whose rows are in memory together."""
WORKED = (StepKind.STEP, StepKind.ACTION, StepKind.EVENT)
BROKE = (StepKind.ACTION_ERROR, StepKind.FAILED)


def read_facts(
    connection: sqlite3.Connection, contact_id: int, delivery: Subject | None, now_ms: int
) -> Facts:
    """All that the store knows for one question. Raises NothingFound for an unknown contact."""
    living = living_contact(connection, contact_id)
    if living is None:
        raise NothingFound(f"there is no contact {contact_id}")
    return FactsReader(connection, delivery, now_ms).read([living])[living]


class FactsReader:
    """Reads what the store knows of contacts, for one delivery or for none.

    Raises NothingFound for a delivery that is not there.
    """

    def __init__(self, connection: sqlite3.Connection, delivery: Subject | None, now_ms: int) -> None:
        self._db = connection
        self._delivery = delivery
        self._now_ms = now_ms
        self._scenario, self._step = _sender(connection, delivery)
        self._leading = _leading(connection, self._scenario, self._step)
        self._is_sent = _has_rows(connection, delivery)
        self._pruned_ms = _pruned(connection)
        self._logs: dict[tuple[str, str], frozenset[LogName]] = {}
        self._paths: dict[int, tuple[PathStep, ...]] = {}
        self._crowds: dict[tuple[int, int], _AtStep] = {}

    def read(self, contacts: Sequence[int]) -> dict[int, Facts]:
        """The facts of contacts that exist and were not merged."""
        known = read_contacts(self._db, contacts)
        inside = _by_contact(read_inside(self._db, known, self._now_ms))
        steps = _by_contact(_rows(self._db, LogName.SCENARIO, known))
        events = _by_contact(_rows(self._db, LogName.EVENT, known))
        suppressions = read_suppressions(self._db, known)
        return {
            handle: self._facts(
                contact,
                inside.get(handle, []),
                steps.get(handle, []),
                events.get(handle, []),
                suppressions.get(handle, ()),
            )
            for handle, contact in known.items()
        }

    def _facts(
        self,
        contact: ContactRef,
        inside: Sequence[RosterRow],
        steps: Sequence[LogRow],
        events: Sequence[LogRow],
        suppressions: Sequence[Suppression],
    ) -> Facts:
        here = [place for place in inside if self._scenario is None or place.scenario_id == self._scenario]
        place = max(here, key=lambda one: one.step_ms, default=None)
        met = {row.scenario_id for row in steps if row.scenario_id is not None}
        met |= {row.scenario_id for row in inside}
        return Facts(
            now_ms=self._now_ms,
            contact=contact,
            delivery=self._delivery,
            scenario_id=self._scenario,
            scenario=_name(self._db, "scenario", self._scenario),
            step_id=self._step,
            step=_name(self._db, "step", self._step),
            leading=self._leading,
            steps=steps,
            path=tuple(step for scenario in sorted(met) for step in self._path(scenario)),
            events=events,
            inside=tuple(inside),
            suppressions=suppressions,
            sent_to_anybody=self._is_sent,
            collected=self._collected(contact),
            pruned_before_ms=self._pruned_ms,
            crowd=self._crowd(place) if place else None,
        )

    def _collected(self, contact: ContactRef) -> frozenset[LogName]:
        account = (contact.product, contact.account)
        if account not in self._logs:
            self._logs[account] = _collected(self._db, *account)
        return self._logs[account]

    def _path(self, scenario: int) -> tuple[PathStep, ...]:
        if scenario not in self._paths:
            self._paths[scenario] = _path(self._db, scenario)
        return self._paths[scenario]

    def _crowd(self, place: RosterRow) -> Crowd | None:
        """Who else is at a contact's step, and how the step fared in the last hour; None without a step."""
        if place.step_id is None:
            return None
        at = (place.scenario_id, place.step_id)
        if at not in self._crowds:
            self._crowds[at] = _at_step(self._db, at, self._now_ms)
        return self._crowds[at].without(place, self._now_ms)


def read_explained(
    connection: sqlite3.Connection, names: Sequence[str], delivery: Subject | None, now_ms: int
) -> tuple[Explained, ...]:
    """A verdict for each name that stands for one contact, a few contacts at a time."""
    handles = contacts_known_as(connection, names)
    refs = read_contacts(connection, sorted({one for found in handles.values() for one in found}))
    known = {name: [refs[one] for one in found if one in refs] for name, found in handles.items()}
    people = explain_named(names, known, delivery)
    reader = FactsReader(connection, delivery, now_ms)
    wanted = sorted({one.id for one in people.values() if isinstance(one, ContactRef)})
    verdicts: dict[int, Verdict] = {}
    for start in range(0, len(wanted), AT_ONCE):
        for handle, facts in reader.read(wanted[start : start + AT_ONCE]).items():
            verdicts[handle] = explain(facts)
    return answers(names, people, verdicts)


class _AtStep(NamedTuple):
    """Everybody at a step."""

    people: int
    waiting: int
    middle: tuple[int, ...]
    """Since when the two in the middle are there, the longest stay first: the median of the others is one of
    them, whoever is left out."""
    worked: int
    broke: int

    def without(self, place: RosterRow, now_ms: int) -> Crowd:
        """The others, from the side of one of them."""
        typical_ms = None
        if len(self.middle) == 2:
            typical_ms = now_ms - self.middle[0 if place.step_ms > self.middle[0] else 1]
        return Crowd(
            step=place.step or "",
            others=max(0, self.people - 1),
            waiting=max(0, self.waiting - (place.state is RosterState.WAITING)),
            typical_ms=typical_ms,
            hour_rows=self.worked + self.broke,
            hour_failed=self.broke,
        )


def _at_step(connection: sqlite3.Connection, at: tuple[int, int], now_ms: int) -> _AtStep:
    sql = "SELECT state, n FROM inside WHERE scenario_id = ? AND step_id = ?"
    counts = dict(connection.execute(sql, at).fetchall())
    people = sum(counts.values())
    others = people - 1
    middle = connection.execute(
        "SELECT step_ms FROM roster INDEXED BY roster_stay WHERE scenario_id = ? AND step_id = ? "
        "ORDER BY step_ms LIMIT 2 OFFSET ?",
        (*at, max(0, others - 1 - others // 2)),
    ).fetchall()
    worked, broke = (_in_last_hour(connection, at, kinds, now_ms) for kinds in (WORKED, BROKE))
    waiting = counts.get(STATE_CODE[RosterState.WAITING], 0)
    return _AtStep(people, waiting, tuple(since for (since,) in middle), worked, broke)


def _by_contact(rows: Iterable[Row]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for row in rows:
        if row.contact_id is not None:
            found.setdefault(row.contact_id, []).append(row)
    return found


def _path(connection: sqlite3.Connection, scenario: int) -> tuple[PathStep, ...]:
    """The steps of a scenario in their order; those without a place in it last."""
    sql = (
        "SELECT s.id, CASE s.name WHEN '' THEN s.key ELSE s.name END, t.id, "
        "CASE t.name WHEN '' THEN t.key ELSE t.name END FROM scenario AS s CROSS JOIN step AS t "
        "ON t.scenario_id = s.id WHERE s.id = ? ORDER BY t.position IS NULL, t.position, t.id"
    )
    return tuple(
        PathStep(scenario_id=handle, scenario=name, step_id=step, step=shown)
        for handle, name, step, shown in connection.execute(sql, (scenario,))
    )


def read_suppressions(
    connection: sqlite3.Connection, contacts: Iterable[int]
) -> Mapping[int, Sequence[Suppression]]:
    """The entries of suppression lists that name these contacts."""
    rows = connection.execute(
        "SELECT i.contact_id, p.id, i.namespace, i.shown, w.text, p.since_ms, p.until_ms "
        "FROM json_each(?) AS c CROSS JOIN identity AS i INDEXED BY identity_contact "
        "ON i.contact_id = c.value CROSS JOIN suppression AS p ON p.identity_id = i.id "
        "CROSS JOIN word AS w ON w.id = p.reason_id ORDER BY p.id",
        (as_json(contacts),),
    )
    found: dict[int, list[Suppression]] = {}
    for contact, id_, namespace, shown, reason, since, until in rows:
        entry = Suppression(
            id=id_, namespace=namespace, value=shown, reason=reason, since_ms=since, until_ms=until
        )
        found.setdefault(contact, []).append(entry)
    return {contact: tuple(entries) for contact, entries in found.items()}


def read_inside(connection: sqlite3.Connection, contacts: Iterable[int], now_ms: int) -> list[RosterRow]:
    """Where these contacts are inside now."""
    columns = ", ".join(f"r.{name}" for name in COLUMNS)
    found = connection.execute(
        f"SELECT {columns} FROM json_each(?) AS c CROSS JOIN roster AS r INDEXED BY roster_contact "
        "ON r.contact_id = c.value ORDER BY r.entered_ms, r.scenario_id, r.contact_id, r.run",
        (as_json(contacts),),
    )
    return named_rows(connection, [dict(zip(COLUMNS, row, strict=True)) for row in found], now_ms)


def _in_last_hour(
    connection: sqlite3.Connection, where: tuple[int, int], kinds: tuple[StepKind, ...], now_ms: int
) -> int:
    sql = (
        "SELECT count(*) FROM scenario_log INDEXED BY scenario_scenario WHERE scenario_id = ? AND kind = ? "
        f"AND ts > ? AND ts <= ? AND step_id = ? AND flags & {REPEAT | SKEW} = 0"
    )
    scenario, step = where
    return sum(
        int(
            connection.execute(sql, (scenario, STEP_CODE[kind], now_ms - HOUR_MS, now_ms, step)).fetchone()[0]
        )
        for kind in kinds
    )


def _sender(connection: sqlite3.Connection, delivery: Subject | None) -> tuple[int | None, int | None]:
    if delivery is None:
        return None, None
    sql = "SELECT scenario_id, step_id FROM delivery WHERE id = ?"
    told = connection.execute(sql, (delivery.id,)).fetchone()
    if told is None:
        raise NothingFound(f'there is no delivery "{delivery.name}"')
    if told[0] is not None:
        return told[0], told[1]
    row = connection.execute(
        "SELECT scenario_id, step_id FROM event_log INDEXED BY event_delivery "
        "WHERE delivery_id = ? AND scenario_id IS NOT NULL LIMIT 1",
        (delivery.id,),
    ).fetchone()
    return (row[0], row[1]) if row else (None, None)


def _leading(connection: sqlite3.Connection, scenario: int | None, step: int | None) -> frozenset[int] | None:
    """Steps from which a step can be reached; None where the scenario does not tell what follows what."""
    if scenario is None or step is None:
        return None
    rows = connection.execute("SELECT id, key, next FROM step WHERE scenario_id = ?", (scenario,)).fetchall()
    if not any(following for _, _, following in rows):
        return None
    ids = {key: handle for handle, key, _ in rows}
    before: dict[int, set[int]] = {}
    for handle, _, following in rows:
        for key in decode_list(following):
            if key in ids:
                before.setdefault(ids[key], set()).add(handle)
    found, open_ends = {step}, [step]
    while open_ends:
        for handle in before.get(open_ends.pop(), ()):
            if handle not in found:
                found.add(handle)
                open_ends.append(handle)
    return frozenset(found)


def decode_list(text: str | None) -> list[str]:
    """The keys of the steps that follow, as a step keeps them."""
    value = decode_object('{"next": ' + text + "}").get("next") if text else None
    return [str(key) for key in value] if isinstance(value, list) else []


def _rows(connection: sqlite3.Connection, log: LogName, contacts: Iterable[int]) -> list[LogRow]:
    """The newest rows of each of these contacts, by (time, key)."""
    table = table_of(log)
    index = "scenario_contact" if log is LogName.SCENARIO else "event_contact"
    newest = "row_number() OVER (PARTITION BY t.contact_id ORDER BY t.ts DESC, t.h DESC)"
    ids = connection.execute(
        f"SELECT id FROM (SELECT t.id, {newest} AS place FROM json_each(?) AS c CROSS JOIN {table} AS t "
        f"INDEXED BY {index} ON t.contact_id = c.value AND t.flags & {REPEAT} = 0) "
        f"WHERE place <= {MOST_ROWS}",
        (as_json(contacts),),
    )
    return read_rows(connection, log, [handle for (handle,) in ids])


def _name(connection: sqlite3.Connection, table: str, handle: int | None) -> str | None:
    row = connection.execute(f"SELECT {SHOWN_NAME} FROM {table} WHERE id = ?", (handle,)).fetchone()
    return row[0] if row else None


def _has_rows(connection: sqlite3.Connection, delivery: Subject | None) -> bool:
    if delivery is None:
        return False
    sql = "SELECT 1 FROM event_log INDEXED BY event_delivery WHERE delivery_id = ? LIMIT 1"
    return connection.execute(sql, (delivery.id,)).fetchone() is not None


def _collected(connection: sqlite3.Connection, product: str, account: str) -> frozenset[LogName]:
    """Logs of which an account has handed in anything."""
    questions = {
        LogName.SCENARIO: "SELECT 1 FROM scenario AS s WHERE account_id = a.id AND EXISTS (SELECT 1 FROM "
        "scenario_log INDEXED BY scenario_scenario WHERE scenario_id = s.id)",
        LogName.EVENT: "SELECT 1 FROM message WHERE account_id = a.id",
    }
    return frozenset(
        log
        for log, question in questions.items()
        if connection.execute(
            f"SELECT 1 FROM account AS a WHERE product = ? AND account = ? AND EXISTS ({question})",
            (product, account),
        ).fetchone()
    )


def _pruned(connection: sqlite3.Connection) -> int | None:
    row = connection.execute("SELECT value FROM meta WHERE key = 'pruned_before_ms'").fetchone()
    return int(row[0]) if row else None
