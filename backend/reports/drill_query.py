"""What a number of a report counts, said in the query language as far as that goes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from backend.model import EventKind, LogName, Subject
from backend.query.language import Filter, parse, with_term, with_window
from backend.reports.drill import Drill, Rule, counts_implied, rule_of
from backend.reports.metrics import Unit
from backend.reports.panes import RowsOf

FIELD_OF: Mapping[RowsOf, str] = {
    RowsOf.REASON: "reason",
    RowsOf.REASON_OF_STEP: "reason",
    RowsOf.ORIGIN: "origin",
    RowsOf.DOMAIN: "domain",
    RowsOf.PLATFORM: "platform",
}
IMPLIED = frozenset({EventKind.TARGETED, EventKind.SENT})


class DrillQuery(NamedTuple):
    """A query for the rows of a number, and what it cannot say of them."""

    query: Filter
    unsaid: tuple[str, ...]


def subject_terms(subject: Subject, catalog: Iterable[Subject]) -> Mapping[str, str]:
    """What names a subject in a query, by field: its name, else its id; where another account has the same
    id, whose it is, too. catalog: the subjects that there are."""
    others = [one for one in catalog if one.kind is subject.kind and one.id != subject.id]
    taken = {name.casefold() for one in others for name in (one.name, one.key)}
    for name in (subject.name, subject.key):
        if name and name.casefold() not in taken:
            return {subject.kind.value: name}
    return {subject.kind.value: subject.key, "product": subject.product, "account": subject.account}


def drill_query(drill: Drill, subject: Mapping[str, str], names: Mapping[str, str | None]) -> DrillQuery:
    """The query that comes nearest. subject: as `subject_terms` names it. names: the delivery and the step
    that it is narrowed to, by field; one that is not among them goes unsaid. Raises: UsageError as
    `rule_of`."""
    rule = rule_of(drill)
    query = parse("", now_ms=0, log=rule.log)
    for field, value in subject.items():
        query = with_term(query, field, value)
    kinds = sorted(rule.kinds) if rule.cohort is None else [EventKind.SENT]
    for kind in kinds:
        query = with_term(query, "kind", str(kind))
    for bounce_class in rule.classes:
        query = with_term(query, "class", bounce_class)
    if rule.channel is not None:
        query = with_term(query, "channel", rule.channel.value)
    if rule.is_machine is not None:
        query = with_term(query, "machine", "yes" if rule.is_machine else "no")
    if not rule.include_test:
        query = with_term(query, "test", "no")
    query = with_term(query, "skew", "no")
    for field, handle in (("delivery", drill.delivery_id), ("step", drill.step_id)):
        if handle is not None and field in names:
            query = with_term(query, field, names[field])
    if drill.rows_of is not None:
        query = _with_value(query, drill, FIELD_OF[drill.rows_of])
    window = with_window(query, drill.window.start_ms, drill.window.end_ms)
    return DrillQuery(window, tuple(_unsaid(rule)))


def _with_value(query: Filter, drill: Drill, field: str) -> Filter:
    if drill.beyond is None:
        return with_term(query, field, drill.value)
    for value in drill.beyond:
        query = with_term(query, field, value, negated=True)
    return query


def _unsaid(rule: Rule) -> Iterator[str]:
    """What makes the number, and the query language has no word for."""
    if rule.cohort is not None:
        yield "which outcome a message has"
    elif counts_implied(rule) and rule.log is LogName.EVENT and rule.kinds & IMPLIED:
        yield "rows that only imply the sending or targeting"
    if rule.is_first:
        yield "only the first of a message"
    if rule.cohort is None and rule.unit in (Unit.CONTACT, Unit.RUN):
        yield f"one line for each {rule.unit.value}"
