"""What an explanation rests on, read from a store: one contact's rows and places, and who is with it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from backend.audience import SENT, AudienceCounts, Share
from backend.barred import Suppression
from backend.errors import NothingFound
from backend.explain_facts import MOST_ROWS, Crowd, Facts, PathStep
from backend.facts import REPEAT, SKEW
from backend.model import HOUR_MS, LogName, LogRow, Outcome, RosterRow, RosterState, StepKind, Subject
from backend.sources.sqlite.compile import table_of
from backend.sources.sqlite.json_text import decode_object
from backend.sources.sqlite.roster_plan import COLUMNS
from backend.sources.sqlite.roster_reading import named_rows
from backend.sources.sqlite.rows import of_code, read_rows
from backend.sources.sqlite.schema import CLASSES, OUTCOME_CODE, OUTCOMES, STATE_CODE, STEP_CODE
from backend.sources.sqlite.searching import SHOWN_NAME, living_contact, read_contact

MOST_OTHERS = 2_000
"""Contacts at a step by which it is said how long is usual there."""
MOST_PARTS = 200
WORKED = (StepKind.STEP, StepKind.ACTION, StepKind.EVENT)
BROKE = (StepKind.ACTION_ERROR, StepKind.FAILED)


def read_facts(
    connection: sqlite3.Connection, contact_id: int, delivery: Subject | None, now_ms: int
) -> Facts:
    """All that the store knows for one question. Raises NothingFound for an unknown contact."""
    living = living_contact(connection, contact_id)
    if living is None:
        raise NothingFound(f"there is no contact {contact_id}")
    contact = read_contact(connection, living)
    scenario, step = _sender(connection, delivery)
    inside = read_inside(connection, living, now_ms)
    here = [place for place in inside if scenario is None or place.scenario_id == scenario]
    place = max(here, key=lambda one: one.step_ms, default=None)
    steps = _rows(connection, LogName.SCENARIO, living)
    met = {row.scenario_id for row in steps if row.scenario_id is not None}
    met |= {row.scenario_id for row in inside}
    return Facts(
        now_ms=now_ms,
        contact=contact,
        delivery=delivery,
        scenario_id=scenario,
        scenario=_name(connection, "scenario", scenario),
        step_id=step,
        step=_name(connection, "step", step),
        leading=_leading(connection, scenario, step),
        steps=steps,
        path=_path(connection, met),
        events=_rows(connection, LogName.EVENT, living),
        inside=inside,
        suppressions=read_suppressions(connection, living),
        sent_to_anybody=_has_rows(connection, delivery),
        collected=_collected(connection, contact.product, contact.account),
        pruned_before_ms=_pruned(connection),
        crowd=read_crowd(connection, place, now_ms) if place else None,
    )


def _path(connection: sqlite3.Connection, scenarios: Iterable[int]) -> tuple[PathStep, ...]:
    """The steps of scenarios in their order; those without a place in it last."""
    sql = (
        "SELECT s.id, CASE s.name WHEN '' THEN s.key ELSE s.name END, t.id, "
        "CASE t.name WHEN '' THEN t.key ELSE t.name END FROM scenario AS s CROSS JOIN step AS t "
        "ON t.scenario_id = s.id WHERE s.id = ? ORDER BY t.position IS NULL, t.position, t.id"
    )
    return tuple(
        PathStep(scenario_id=scenario, scenario=name, step_id=step, step=shown)
        for handle in sorted(scenarios)
        for scenario, name, step, shown in connection.execute(sql, (handle,))
    )


def read_suppressions(connection: sqlite3.Connection, contact_id: int) -> tuple[Suppression, ...]:
    """The entries of suppression lists that name the contact."""
    rows = connection.execute(
        "SELECT p.id, i.namespace, i.shown, w.text, p.since_ms, p.until_ms FROM identity AS i "
        "INDEXED BY identity_contact CROSS JOIN suppression AS p ON p.identity_id = i.id "
        "CROSS JOIN word AS w ON w.id = p.reason_id WHERE i.contact_id = ? ORDER BY p.id",
        (contact_id,),
    )
    return tuple(
        Suppression(id=id_, namespace=namespace, value=shown, reason=reason, since_ms=since, until_ms=until)
        for id_, namespace, shown, reason, since, until in rows
    )


def read_inside(connection: sqlite3.Connection, contact_id: int, now_ms: int) -> tuple[RosterRow, ...]:
    """Where the contact is inside now."""
    found = connection.execute(
        f"SELECT {', '.join(COLUMNS)} FROM roster INDEXED BY roster_contact WHERE contact_id = ? "
        "ORDER BY entered_ms, scenario_id, run",
        (contact_id,),
    )
    return tuple(named_rows(connection, [dict(zip(COLUMNS, row, strict=True)) for row in found], now_ms))


def read_crowd(connection: sqlite3.Connection, place: RosterRow, now_ms: int) -> Crowd | None:
    """Who else is at a contact's step, and how the step fared in the last hour; None without a step."""
    if place.step_id is None:
        return None
    where = (place.scenario_id, place.step_id)
    sql = "SELECT state, n FROM inside WHERE scenario_id = ? AND step_id = ?"
    counts = dict(connection.execute(sql, where).fetchall())
    waiting = counts.get(STATE_CODE[RosterState.WAITING], 0)
    mine_waits = place.state is RosterState.WAITING
    times = sorted(
        now_ms - since
        for since, contact in connection.execute(
            "SELECT step_ms, contact_id FROM roster INDEXED BY roster_step "
            f"WHERE scenario_id = ? AND step_id = ? LIMIT {MOST_OTHERS}",
            where,
        )
        if contact != place.contact_id
    )
    worked, broke = (_in_last_hour(connection, where, kinds, now_ms) for kinds in (WORKED, BROKE))
    return Crowd(
        step=place.step or "",
        others=max(0, sum(counts.values()) - 1),
        waiting=max(0, waiting - mine_waits),
        typical_ms=times[len(times) // 2] if times else None,
        hour_rows=worked + broke,
        hour_failed=broke,
    )


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


def _rows(connection: sqlite3.Connection, log: LogName, contact_id: int) -> list[LogRow]:
    table = table_of(log)
    index = "scenario_contact" if log is LogName.SCENARIO else "event_contact"
    ids = connection.execute(
        f"SELECT id FROM {table} INDEXED BY {index} WHERE contact_id = ? AND flags & {REPEAT} = 0 "
        f"ORDER BY ts DESC, h DESC LIMIT {MOST_ROWS}",
        (contact_id,),
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


# --- the audience of a delivery ------------------------------------------------------------------------

_WHO = "coalesce(contact_id, -id)"
_OF_DELIVERY = "FROM message INDEXED BY message_delivery WHERE delivery_id = ? AND NOT test"


def read_audience(connection: sqlite3.Connection, delivery: Subject) -> AudienceCounts:
    """What became of the messages of a delivery, in contacts and messages."""
    sent_codes = ", ".join(str(OUTCOME_CODE[outcome]) for outcome in SENT)
    is_sent = f"outcome IN ({sent_codes})"
    everybody = connection.execute(
        f"SELECT count(*), count(DISTINCT {_WHO}), coalesce(sum({is_sent}), 0), "
        f"count(DISTINCT CASE WHEN {is_sent} THEN {_WHO} END) {_OF_DELIVERY}",
        (delivery.id,),
    ).fetchone()
    outcomes = {
        of_code(OUTCOMES, code) if code else None: Share(contacts, messages)
        for code, messages, contacts in connection.execute(
            f"SELECT outcome, count(*), count(DISTINCT {_WHO}) {_OF_DELIVERY} GROUP BY outcome",
            (delivery.id,),
        )
    }
    with_reasons = ", ".join(
        str(OUTCOME_CODE[outcome]) for outcome in (Outcome.EXCLUDED, Outcome.ERROR, Outcome.BOUNCED)
    )
    parts = connection.execute(
        f"SELECT outcome, class, (SELECT text FROM word WHERE id = reason_id), count(*), "
        f"count(DISTINCT {_WHO}) {_OF_DELIVERY} AND outcome IN ({with_reasons}) "
        f"GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3 LIMIT {MOST_PARTS}",
        (delivery.id,),
    ).fetchall()
    return AudienceCounts(
        all=Share(everybody[1], everybody[0]),
        sent=Share(everybody[3], everybody[2]),
        outcomes=outcomes,
        parts=[
            (
                of_code(OUTCOMES, code),
                of_code(CLASSES, told) if told else None,
                reason,
                Share(contacts, messages),
            )
            for code, told, reason, messages, contacts in parts
        ],
    )
