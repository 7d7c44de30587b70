"""What a report needs of its subject besides sums: contacts and runs told apart, names, what is known at all.

Every statement is a seek or a range of the subject's own index, whatever the size of the log; what is asked
of its account is bounded otherwise (`account_facts`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from backend.cohort import Cohort, Sending, aborted_before_ms, count_cohort
from backend.facts import IMPLIES_SENT, IMPLIES_TARGETED, REPEAT, SKEW, TEST
from backend.model import EventKind, LogName, RosterState, StepKind, Subject, SubjectKind, Window
from backend.products import product_rules
from backend.reports.counts import (
    DeliveryName,
    Distinct,
    Known,
    Need,
    Passage,
    StepInside,
    StepName,
    Tally,
    days_around,
)
from backend.reports.metrics import COMPLETING, ENTERING, LEAVING
from backend.reports.step_flow import are_placed
from backend.sources.sqlite.account_facts import AccountFacts
from backend.sources.sqlite.entities import following_steps
from backend.sources.sqlite.schema import (
    CHANNEL_CODE,
    CLASSES,
    EVENT_CODE,
    EVENT_KINDS,
    OUTCOMES,
    STATE_CODE,
    STEP_CODE,
    STEP_KINDS,
    Facet,
    Grain,
    SubjectCode,
)
from backend.sources.sqlite.step_order import read_passages

UNCOUNTED = REPEAT | SKEW
MOST_HANDLES = 500
"""Names asked for in one statement."""
ALL_EVENTS = ", ".join(str(code) for code in EVENT_CODE.values())
COMPLETING_CODES = ", ".join(str(STEP_CODE[kind]) for kind in COMPLETING)
ALL_STEPS = ", ".join(str(code) for code in STEP_CODE.values())

Newest = Mapping[tuple[LogName, str], tuple[int, int]]
"""(log, kind) -> (own time, time received) of the subject's newest counted row of that kind."""


class Place(msgspec.Struct, frozen=True):
    """Where the rows of a subject are found."""

    code: SubjectCode
    column: str
    index: str


PLACES = {
    SubjectKind.SCENARIO: Place(SubjectCode.SCENARIO, "scenario_id", "event_scenario"),
    SubjectKind.CAMPAIGN: Place(SubjectCode.CAMPAIGN, "campaign_id", "event_campaign"),
    SubjectKind.DELIVERY: Place(SubjectCode.DELIVERY, "delivery_id", "event_delivery"),
}


class SubjectFacts:
    """Reads what is known of one subject, inside the caller's transaction."""

    def __init__(
        self, connection: sqlite3.Connection, subject: Subject, need: Need, *, include_test: bool
    ) -> None:
        self._connection = connection
        self._rows = connection.execute
        self._subject = subject
        self._place = PLACES[subject.kind]
        self._need = need
        self._left_out = UNCOUNTED if include_test else UNCOUNTED | TEST
        self.at_step = ""
        """Condition on the step of a row; "" for all steps."""

    def distinct(self, window: Window) -> Distinct | None:
        if self.pruned_ms() > window.start_ms:
            return None
        if self._need.audience and self._subject.kind is SubjectKind.CAMPAIGN:
            return Distinct(campaign_contacts=self._audience(window))
        if not self._need.scenario_log:
            return Distinct()
        entered_contacts, entered_runs = self._contacts_and_runs(ENTERING, window)
        exited_contacts, exited_runs = self._contacts_and_runs(LEAVING, window)
        _, failed_runs = self._contacts_and_runs((StepKind.FAILED,), window)
        return Distinct(
            entered_contacts=entered_contacts,
            entered_runs=entered_runs,
            exited_contacts=exited_contacts,
            exited_runs=exited_runs,
            failed_runs=failed_runs,
        )

    def _contacts_and_runs(self, kinds: Sequence[StepKind], window: Window) -> tuple[int, int]:
        codes = ", ".join(str(STEP_CODE[kind]) for kind in kinds)
        contacts, runs = self._rows(
            "SELECT count(DISTINCT contact_id), count(DISTINCT CASE"
            " WHEN run = '' THEN 'row ' || ts || ' ' || h ELSE coalesce(contact_id, 0) || ' ' || run END)"
            " FROM scenario_log INDEXED BY scenario_scenario"
            f" WHERE scenario_id = ? AND kind IN ({codes}) AND ts >= ? AND ts < ? AND NOT flags & ?"
            f"{self.at_step}",
            (self._subject.id, window.start_ms, window.end_ms, self._left_out),
        ).fetchone()
        return contacts, runs

    def _audience(self, window: Window) -> int:
        codes = ", ".join(str(EVENT_CODE[EventKind(kind)]) for kind in sorted(self._need.kinds))
        (contacts,) = self._rows(
            "SELECT count(DISTINCT contact_id) FROM event_log INDEXED BY event_campaign"
            f" WHERE campaign_id = ? AND kind IN ({ALL_EVENTS}) AND ts >= ? AND ts < ?"
            f" AND NOT flags & ? AND (kind IN ({codes}) OR flags & ?)",
            (
                *(self._subject.id, window.start_ms, window.end_ms),
                *(self._left_out, IMPLIES_TARGETED | IMPLIES_SENT),
            ),
        ).fetchone()
        return int(contacts)

    def cohort(self, window: Window, now_ms: int) -> Cohort | None:
        """Outcomes of the delivery's messages that were sent in the window."""
        if not self._need.cohort or self._subject.kind is not SubjectKind.DELIVERY:
            return None
        product = product_rules(self._subject.product)
        aborted_ms = aborted_before_ms(product, now_ms)
        rows = self._rows(
            "SELECT outcome, class, min(sent_ms), open_ms IS NOT NULL, click_ms IS NOT NULL,"
            " unsubscribed_ms IS NOT NULL, count(*) FROM message INDEXED BY message_delivery"
            " WHERE delivery_id = ? AND sent_ms >= ? AND sent_ms < ? AND (NOT test OR ?)"
            " GROUP BY outcome, class, sent_ms <= ?, 4, 5, 6",
            (
                *(self._subject.id, window.start_ms, window.end_ms),
                *(not self._left_out & TEST, -1 if aborted_ms is None else aborted_ms),
            ),
        )
        sendings = (
            Sending(
                OUTCOMES[outcome - 1] if outcome else None,
                CLASSES[bounce_class - 1] if bounce_class else None,
                *(sent_ms, bool(opened), bool(clicked), bool(unsubscribed), n),
            )
            for outcome, bounce_class, sent_ms, opened, clicked, unsubscribed, n in rows
        )
        return count_cohort(sendings, product, now_ms)

    def inside(self) -> tuple[StepInside, ...]:
        if not self._need.scenario_log:
            return ()
        return tuple(
            StepInside(*row)
            for row in self._rows(
                "SELECT step_id, sum(CASE state WHEN ? THEN n ELSE 0 END),"
                f" sum(CASE state WHEN ? THEN n ELSE 0 END) FROM inside WHERE scenario_id = ?{self.at_step}"
                " GROUP BY step_id HAVING sum(n) > 0",
                (STATE_CODE[RosterState.ACTIVE], STATE_CODE[RosterState.WAITING], self._subject.id),
            )
        )

    def steps(self) -> tuple[StepName, ...]:
        if not self._need.scenario_log:
            return ()
        rows = self._rows(
            "SELECT id, key, name, position, next FROM step WHERE scenario_id = ? ORDER BY id",
            (self._subject.id,),
        ).fetchall()
        by_key = {key: handle for handle, key, *_ in rows}
        return tuple(
            StepName(
                id=handle, key=key, name=name, position=position, following=following_steps(text, by_key)
            )
            for handle, key, name, position, text in rows
        )

    def passed(self, steps: Sequence[StepName], window: Window) -> tuple[Passage, ...]:
        """In which order the steps are passed, where no definition says it."""
        if len(steps) < 2 or are_placed(steps):
            return ()
        return read_passages(self._connection, self._subject, window.end_ms, self._left_out)

    def deliveries(self, tallies: Iterable[Tally]) -> tuple[DeliveryName, ...]:
        handles = {tally.delivery_id for tally in tallies}
        return tuple(
            DeliveryName(id=handle, key=key, name=name, tracking=None if tracking is None else bool(tracking))
            for handle, key, name, tracking in self._named(
                "SELECT id, key, name, tracking FROM delivery", handles
            )
        )

    def words(self, handles: Iterable[int]) -> dict[int, str]:
        return dict(self._named("SELECT id, text FROM word", handles))

    def _named(self, select: str, handles: Iterable[int]) -> Iterator[tuple[Any, ...]]:
        wanted = sorted({handle for handle in handles if handle})
        for start in range(0, len(wanted), MOST_HANDLES):
            some = wanted[start : start + MOST_HANDLES]
            yield from self._rows(f"{select} WHERE id IN ({', '.join('?' * len(some))})", some)

    def newest(self) -> dict[tuple[LogName, str], tuple[int, int]]:
        """(own time, time received) of the subject's newest counted row of each kind."""
        found: dict[tuple[LogName, str], tuple[int, int]] = {}
        for kind in EVENT_KINDS:
            source = f"event_log INDEXED BY {self._place.index} WHERE {self._place.column} = ?"
            if row := self._newest_row(source, EVENT_CODE[kind]):
                found[LogName.EVENT, kind] = row
        if self._subject.kind is not SubjectKind.SCENARIO:
            return found
        for step_kind in STEP_KINDS:
            source = "scenario_log INDEXED BY scenario_scenario WHERE scenario_id = ?"
            if row := self._newest_row(source, STEP_CODE[step_kind]):
                found[LogName.SCENARIO, step_kind] = row
        return found

    def _newest_row(self, source: str, code: int) -> tuple[int, int] | None:
        row: tuple[int, int] | None = self._rows(
            f"SELECT ts, received FROM {source} AND kind = ? AND NOT flags & ?"
            " ORDER BY ts DESC, h DESC LIMIT 1",
            (self._subject.id, code, UNCOUNTED),
        ).fetchone()
        return row

    def known(self, newest: Newest, tallies: Sequence[Tally], window: Window) -> Known:
        account = AccountFacts(self._connection, self._subject)
        return Known(
            oldest_ms=account.oldest_ms(),
            formats=account.formats(),
            of_campaigns=account.is_of_campaigns(),
            completed_steps=self._completed_steps(window),
            subject_kinds=frozenset(newest),
            channel_seen=self._channel_seen(tallies),
            pruned_before_ms=self.pruned_ms() or None,
        )

    def _completed_steps(self, window: Window) -> frozenset[int]:
        if not self._need.scenario_log:
            return frozenset()
        days = days_around(window)
        found = self._rows(
            "SELECT DISTINCT step_id FROM rollup WHERE subject = ? AND subject_id = ? AND facet = ?"
            f" AND grain = ? AND bucket >= ? AND bucket < ? AND kind IN ({COMPLETING_CODES})",
            (
                *(self._place.code, self._subject.id, Facet.STEP, Grain.DAY),
                *(days.start, days.stop),
            ),
        )
        return frozenset(step for (step,) in found)

    def _channel_seen(self, tallies: Iterable[Tally]) -> bool:
        channel = self._need.channel
        if channel is None:
            return False
        if any(tally.channel == channel for tally in tallies):
            return True
        found = self._rows(
            # numbers, not values: only then does the index with this condition serve
            f"SELECT 1 FROM rollup WHERE facet = {Facet.EVENT:d} AND grain = {Grain.DAY:d}"
            " AND subject = ? AND subject_id = ? AND channel = ? LIMIT 1",
            (self._place.code, self._subject.id, CHANNEL_CODE[channel]),
        )
        return found.fetchone() is not None

    def pruned_ms(self) -> int:
        return pruned_before_ms(self._rows)


def pruned_before_ms(execute: Callable[[str], sqlite3.Cursor]) -> int:
    """Rows before this are gone; 0 where none are."""
    row = execute("SELECT value FROM meta WHERE key = 'pruned_before_ms'").fetchone()
    return int(row[0]) if row else 0
