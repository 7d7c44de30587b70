"""The question before a removal and what is said after it, as plain text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import NamedTuple

from backend.model import RosterRow, Subject
from backend.query.language import ROSTER, Filter, parse, with_term
from backend.removals.removal import RemovalAnswer
from tui.presenters.frame import short_source
from tui.presenters.roster import UNKNOWN_STEP
from tui.presenters.times import format_short


class Asked(NamedTuple):
    """A question as `widgets.question` takes it."""

    title: str
    facts: tuple[tuple[str, str], ...]
    items: tuple[str, ...]
    warning: str
    typed: str


def removal_question(
    source: str, subject: Subject, rows: Sequence[RosterRow], told: str, zone: tzinfo
) -> Asked:
    """What is about to happen, with one contact a line.

    source: where it happens, so that production is not taken for a trial. told: whether the product hears of
    it, and how.
    """
    people = _people(len(rows))
    return Asked(
        title=f"Remove {people} from a scenario",
        facts=(
            ("Source", short_source(source)),
            ("Scenario", f"{subject.name}  ({subject.product} {subject.account}, id {subject.key})"),
            ("Contacts", f"{len(rows)} marked and still in the scenario"),
            ("Product", told),
        ),
        items=tuple(
            f"{row.contact}  {_own_id(row, subject)}  {row.step or UNKNOWN_STEP}  "
            f"since {format_short(row.step_ms, zone)}"
            for row in rows
        ),
        warning="They leave the scenario now. This cannot be undone.",
        typed=str(len(rows)),
    )


def _own_id(row: RosterRow, subject: Subject) -> str:
    """What the product calls the contact by; where it told none, the number that we gave it."""
    return f"{subject.product} id {row.product_id}" if row.product_id else f"no. {row.contact_id} here"


def gone_note(rows: Sequence[RosterRow]) -> str:
    """Who was marked and is not inside any more."""
    verb = "is" if len(rows) == 1 else "are"
    names = ", ".join(row.contact for row in rows[:5]) + (" ..." if len(rows) > 5 else "")
    return f"{len(rows)} marked {verb} no longer in the scenario: {names}"


def result_title(subject: Subject, answer: RemovalAnswer) -> str:
    return f"{_people(len(answer.contacts))} removed from {subject.name}: enter opens the story"


def query_of_rows(rows: Sequence[RosterRow], now_ms: int, scenario_key: str | None = None) -> Filter:
    """The query that lists these contacts, whatever else is inside."""
    query = parse("", now_ms=now_ms, log=ROSTER)
    for contact in dict.fromkeys(row.contact for row in rows):
        query = with_term(query, "contact", contact)
    return query if scenario_key is None else with_term(query, "scenario", scenario_key)


def _people(count: int) -> str:
    return "1 contact" if count == 1 else f"{count} contacts"
