"""Whatever the order, the repeats and the batches: the store keeps what a book counts from scratch."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.record import Decoded, NamedBy
from backend.sources.book import Book, Settled
from backend.sources.sqlite.schema import OUTCOMES, STATES
from backend.sources.sqlite.writing import Store
from tests.backend.traffic import NOW_MS, traffic

QUIET = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
FLAGS = 15 | 16 | 32 | 64 | 128 | 256


@contextmanager
def store_of(batches: Sequence[Sequence[Decoded]]) -> Iterator[sqlite3.Connection]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "my.db"
        with Store(path, create=True, now_ms=lambda: NOW_MS) as store:
            for batch in batches:
                store.add(batch)
            assert store.check(deep=True) == []
        db = sqlite3.connect(path)
        try:
            yield db
        finally:
            db.close()


def entity_names(db: sqlite3.Connection, table: str) -> dict[int | None, Any]:
    owner = "scenario_id" if table == "step" else "account_id"
    names: dict[int | None, Any] = {None: None}
    for handle, kind, key, _ in db.execute(f"SELECT id, key_kind, key, {owner} FROM {table}"):
        names[handle] = (kind, key)
    return names


def people_of(db: sqlite3.Connection) -> dict[int | None, Any]:
    found: dict[int | None, Any] = {None: None}
    sql = "SELECT contact_id, product, namespace, value FROM identity JOIN account ON account.id = account_id"
    for contact, *identity in db.execute(sql):
        found[contact] = (found.get(contact) or frozenset()) | {tuple(identity)}
    return found


def stored_facts(db: sqlite3.Connection) -> dict[str, Any]:
    names = {table: entity_names(db, table) for table in ("scenario", "step", "campaign", "delivery")}
    people = people_of(db)
    events = {
        (ts, h): (
            flags & FLAGS,
            people[contact],
            names["delivery"][delivery],
            names["scenario"][scenario],
            names["step"][step],
            names["campaign"][campaign],
        )
        for ts, h, flags, contact, delivery, scenario, step, campaign in db.execute(
            "SELECT ts, h, flags, contact_id, delivery_id, scenario_id, step_id, campaign_id FROM event_log"
        )
    }
    steps = {
        (ts, h): (flags & FLAGS, people[contact], names["scenario"][scenario], names["step"][step])
        for ts, h, flags, contact, scenario, step in db.execute(
            "SELECT ts, h, flags, contact_id, scenario_id, step_id FROM scenario_log"
        )
    }
    messages = {
        (account, key): (names["delivery"][delivery], outcome and OUTCOMES[outcome - 1], test, *times)
        for account, key, delivery, outcome, test, *times in db.execute(
            "SELECT product, key, delivery_id, outcome, test, outcome_ms, targeted_ms, sent_ms, open_ms, "
            "machine_open_ms, click_ms, machine_click_ms, unsubscribed_ms, complained_ms FROM message "
            "JOIN account ON account.id = account_id"
        )
    }
    roster = {
        (names["scenario"][scenario], people[contact], run): (
            names["step"][step],
            STATES[state - 1],
            entered,
            since,
            until,
        )
        for scenario, contact, run, step, state, entered, since, until in db.execute(
            "SELECT scenario_id, contact_id, run, step_id, state, entered_ms, step_ms, until_ms FROM roster"
        )
    }
    return {
        "events": events,
        "steps": steps,
        "messages": messages,
        "roster": roster,
        "people": set(people.values()),
    }


def book_facts(batches: Sequence[Sequence[Decoded]]) -> dict[str, Any]:
    book = Book(lambda: NOW_MS)
    for batch in batches:
        book.add(batch)
    settled = book.settle()
    names = {
        kind: {None: None, **{e.id: (int(e.by), e.key) for e in entities.values()}}
        for kind, entities in book.entities.items()
    }
    people = book_people(book, settled)
    events = {
        (row.ts, row.h): (
            row.flags & FLAGS,
            people[row.contact],
            names["delivery"][row.delivery_id],
            names["scenario"][row.scenario_id],
            names["step"][row.step_id],
            names["campaign"][row.campaign_id],
        )
        for row in settled.events
    }
    steps = {
        (row.ts, row.h): (
            row.flags & FLAGS,
            people[row.contact],
            names["scenario"][row.scenario_id],
            names["step"][row.step_id],
        )
        for row in settled.steps
    }
    return {
        "events": events,
        "steps": steps,
        "messages": book_messages(book, settled, names["delivery"]),
        "roster": {
            (names["scenario"][scenario], people[contact], run): (
                names["step"][place.step],
                place.state,
                place.entered_ms,
                place.step_ms,
                place.until_ms,
            )
            for (scenario, contact, run), place in settled.roster.items()
        },
        "people": set(people.values()),
    }


def book_people(book: Book, settled: Settled) -> dict[int | None, Any]:
    products = {handle: product for (product, _), handle in book.accounts.items()}
    people: dict[int | None, Any] = {None: None}
    for contact, identities in settled.people.items():
        people[contact] = frozenset(
            (products[a], namespace, value) for (a, namespace, value), _ in identities
        )
    return people


def book_messages(
    book: Book, settled: Settled, deliveries: Mapping[int | None, Any]
) -> dict[tuple[str, str], Any]:
    products = {handle: product for (product, _), handle in book.accounts.items()}
    handles = {handle: (products[account], key) for (account, key), handle in book.messages.items()}
    return {
        handles[message]: (
            deliveries[state.delivery],
            state.outcome,
            int(state.test),
            state.outcome_ms,
            state.targeted_ms,
            state.sent_ms,
            state.open_ms,
            state.machine_open_ms,
            state.click_ms,
            state.machine_click_ms,
            state.unsubscribed_ms,
            state.complained_ms,
        )
        for message, state in settled.messages.items()
    }


def batches_of(pieces: list[Decoded], size: int) -> list[list[Decoded]]:
    return [pieces[start : start + size] for start in range(0, len(pieces), size)]


@QUIET
@given(traffic(), st.integers(1, 12))
def test_store_keeps_what_a_book_counts(pieces: list[Decoded], size: int) -> None:
    batches = batches_of(pieces, size)
    with store_of(batches) as db:
        stored = stored_facts(db)
    counted = book_facts(batches)
    for part in counted:
        assert stored[part] == counted[part], part


@QUIET
@given(traffic(), st.randoms(use_true_random=False), st.integers(1, 12), st.integers(1, 12))
def test_order_repeats_and_batches_change_nothing(
    pieces: list[Decoded], random: Any, size: int, other_size: int
) -> None:
    """R10: the same records, shuffled, some twice, in other batches, give the same facts and rollups."""
    again = [*pieces, *random.sample(pieces, len(pieces) // 2)]
    random.shuffle(again)
    with store_of(batches_of(pieces, size)) as db:
        first, first_rollup = stored_facts(db), rollup_of(db)
    with store_of(batches_of(again, other_size)) as db:
        second, second_rollup = stored_facts(db), rollup_of(db)
    for part in first:
        assert second[part] == first[part], part
    assert second_rollup == first_rollup


def rollup_of(db: sqlite3.Connection) -> dict[Any, int]:
    """The rollups with names instead of handles, which follow the order of arrival."""
    names = {table: entity_names(db, table) for table in ("scenario", "step", "campaign", "delivery")}
    tables = {1: "scenario", 2: "campaign", 3: "delivery"}
    words = {0: None, **dict(db.execute("SELECT id, kind || text FROM word"))}
    urls = {0: None, **dict(db.execute("SELECT id, url FROM url"))}
    found: dict[Any, int] = {}
    sql = (
        "SELECT subject, subject_id, delivery_id, step_id, flags, value_id, n, "
        "facet, grain, bucket, kind, class, channel FROM rollup"
    )
    for subject, handle, delivery, step, flags, value, n, facet, *rest in db.execute(sql):
        place = (
            subject and (names[tables[subject]][handle], owner_of(db, tables[subject], handle)),
            *(facet, *rest),
            names["delivery"][delivery or None],
            names["step"][step or None],
            flags,
            (urls if facet == 4 else words)[value],
        )
        found[place] = found.get(place, 0) + n
    return found


def owner_of(db: sqlite3.Connection, table: str, handle: int) -> str:
    sql = f"SELECT product FROM account WHERE id = (SELECT account_id FROM {table} WHERE id = ?)"
    return str(db.execute(sql, (handle,)).fetchone()[0])


def test_names_are_told_apart_by_what_they_are_known_by() -> None:
    """The order of NamedBy is the order of trust: an id beats a tag beats a subject."""
    assert NamedBy.ID < NamedBy.CAMPAIGN < NamedBy.TAG < NamedBy.SUBJECT
