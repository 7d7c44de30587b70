"""By which index the contacts inside that a query asks for are reached, in each order of the roster.

Each order but the one by step has an index of its own, which a page walks from its cursor. By step, a row
stands before another where its scenario and step do; a page goes from step to step, each by one index.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from backend.model import RosterOrder
from backend.query.fields import Compare, find_field
from backend.query.language import Filter, Term
from backend.sources.cursors import HIGHEST, LOWEST
from backend.sources.roster_places import RosterPlace
from backend.sources.sqlite.conditions import Binder, Known, TextHits, is_in, own_identity
from backend.sources.sqlite.functions import folded
from backend.sources.sqlite.json_text import as_json
from backend.sources.sqlite.schema import STATE_CODE, STATES

COLUMNS = (
    *("scenario_id", "contact_id", "run", "identity_id", "step_id", "state", "entered_ms", "step_ms"),
    *("until_ms", "name"),
)
SORTED_BY: Mapping[RosterOrder, tuple[str, ...]] = {
    RosterOrder.ENTERED: ("entered_ms", "scenario_id", "contact_id", "run"),
    RosterOrder.CONTACT: ("name", "scenario_id", "contact_id", "run"),
    RosterOrder.AT_STEP: ("step_ms", "scenario_id", "contact_id", "run"),
    RosterOrder.STEP: ("entered_ms", "contact_id", "run"),
}
"""What rows are sorted by; in the order by step, those of one step."""
WALKED = {
    RosterOrder.ENTERED: "roster_entered",
    RosterOrder.CONTACT: "roster_name",
    RosterOrder.AT_STEP: "roster_since",
    RosterOrder.STEP: "roster_step",
}
COUNTED_TOGETHER = frozenset({"scenario", "step", "state"})
"""Fields that `inside` has beside its counts."""
MOST_ARMS = 100


class RosterArm(msgspec.Struct, frozen=True):
    """One way to roster rows: an index and what its first columns equal."""

    index: str
    seek: tuple[tuple[str, int], ...] = ()
    contacts: str = ""
    """A JSON list of contacts: few enough rows to be sorted."""


class RosterPlan(msgspec.Struct, frozen=True):
    arms: tuple[RosterArm, ...]
    conditions: tuple[str, ...]
    values: Mapping[str, object]
    order: RosterOrder
    counted: tuple[RosterArm, ...] = ()
    """The ways by which they are counted: the narrowest index, whatever the order."""
    scenarios: frozenset[int] | None = None
    """Only these are asked for; None: all."""
    counted_together: bool = False
    """Whether only what `inside` keeps counts of is asked for: then no row is looked at to count."""
    span: tuple[int, int] = (LOWEST, HIGHEST)
    """entered_ms of what is asked for, both inclusive."""


def compile_roster(query: Filter, known: Known, order: RosterOrder) -> RosterPlan:
    """The ways to the rows of a query, and what is asked of each row."""
    binder = Binder()
    wanted: dict[str, list[str]] = {}
    parts: list[str] = []
    for term in query.terms:
        if term.field in ("since", "until"):
            continue
        condition = _condition(term, known, binder)
        if term.negated:
            parts.append(f"NOT ({condition})")
        else:
            wanted.setdefault(term.field or term.value, []).append(condition)
    parts += [f"({' OR '.join(choices)})" for choices in wanted.values()]
    counted_together = query.start_ms is None and query.end_ms is None
    counted_together &= all(term.field in COUNTED_TOGETHER for term in query.terms)
    low = LOWEST if query.start_ms is None else query.start_ms
    high = HIGHEST if query.end_ms is None else query.end_ms - 1
    contacts, scenarios = _handles(query, known, "contact"), _handles(query, known, "scenario")
    return RosterPlan(
        arms=_arms(contacts, scenarios, order),
        conditions=tuple(parts),
        values=binder.values,
        order=order,
        counted=_arms(contacts, scenarios, RosterOrder.ENTERED),
        scenarios=scenarios,
        counted_together=counted_together,
        span=(low, high),
    )


def _handles(query: Filter, known: Known, field: str) -> frozenset[int] | None:
    """What the query's own terms of a field stand for; None where it has none, or asks for none. A free text
    that only contacts hold stands for those."""
    terms = [term for term in query.terms if term.field == field and not term.negated]
    if not terms and field == "contact":
        hits = [known.texts[term] for term in query.terms if not term.field and not term.negated]
        held = [hit.contacts for hit in hits if hit.identities and not any(hit.columns.values())]
        return min(held, key=len, default=None)
    if not terms or not all(term.value for term in terms):
        return None
    return frozenset[int]().union(*(known.ids[term] for term in terms))


def _arms(
    contacts: frozenset[int] | None, scenarios: frozenset[int] | None, order: RosterOrder
) -> tuple[RosterArm, ...]:
    if contacts is not None and len(contacts) <= MOST_ARMS:
        return tuple(RosterArm("roster_contact", (("contact_id", one),)) for one in sorted(contacts))
    if contacts is not None:
        return (RosterArm("roster_contact", contacts=as_json(contacts)),)
    if scenarios == frozenset():
        return ()
    if order is RosterOrder.ENTERED and scenarios is not None and len(scenarios) <= MOST_ARMS:
        return tuple(RosterArm("roster_scenario", (("scenario_id", one),)) for one in sorted(scenarios))
    return (RosterArm(WALKED[order]),)


def _condition(term: Term, known: Known, binder: Binder) -> str:
    if not term.field:
        return _text_condition(known.texts[term], binder)
    field = find_field("roster", term.field)
    assert field is not None, "a Filter has only fields of its log"
    if field.compare is Compare.CHOICE:
        return f"r.state = {STATE_CODE[STATES[[str(state) for state in STATES].index(term.value)]]}"
    if term.field == "run":
        return f"{folded('r.run')} = {binder.bind(term.value.casefold())}"
    if not term.value:
        return f"coalesce(r.{term.field}_id, 0) = 0"
    return is_in(f"r.{term.field}_id", known.ids[term], binder)


def _text_condition(hits: TextHits, binder: Binder) -> str:
    parts = [is_in(f"r.{column}", ids, binder) for column, ids in sorted(hits.columns.items()) if ids]
    if hits.identities is None:
        parts.append(own_identity("r", hits.text, binder))
    elif hits.identities:
        parts.append(is_in("r.identity_id", hits.identities, binder))
    return " OR ".join(parts) or "0"


def page_statement(
    plan: RosterPlan,
    start: RosterPlace | None,
    limit: int,
    *,
    newest_first: bool,
    at: tuple[int, int] | None = None,
) -> tuple[str, Mapping[str, object]]:
    """Roster rows beyond `start`, nearest first. at: only those at this step (0: a step that is not told) of
    this scenario."""
    binder = Binder()
    binder.values.update(plan.values)
    columns = SORTED_BY[plan.order]
    beyond = _at_step(at, binder) if at is not None else "true"
    low, high = plan.span
    if start is not None:
        sign = "<" if newest_first else ">"
        places = [binder.bind(part) for part in start]
        if columns[0] != "entered_ms":
            beyond += f" AND r.{columns[0]} {sign}= {places[0]}"
        elif newest_first:
            high = min(high, int(start[0]))
        else:
            low = max(low, int(start[0]))
        beyond += f" AND (+{_listed(columns)}) {sign} ({', '.join(places)})"
    if (low, high) != (LOWEST, HIGHEST):
        sorted_by_it = "" if columns[0] == "entered_ms" else "+"
        beyond += f" AND {sorted_by_it}r.entered_ms BETWEEN {binder.bind(low)} AND {binder.bind(high)}"
    order = ", ".join(f"{name} DESC" if newest_first else name for name in columns)
    most = binder.bind(limit)
    arms = [
        f"SELECT {_listed(COLUMNS)} FROM {_where(plan, arm, binder)} AND {beyond} "
        f"ORDER BY {order} LIMIT {most}"
        for arm in plan.arms
    ]
    if len(arms) == 1:
        return arms[0], binder.values
    union = " UNION ALL ".join(f"SELECT * FROM ({arm})" for arm in arms)
    return f"SELECT * FROM ({union}) ORDER BY {order} LIMIT {most}", binder.values


def _at_step(at: tuple[int, int], binder: Binder) -> str:
    scenario, step = at
    return f"r.scenario_id = {binder.bind(scenario)} AND r.step_id IS {binder.bind(step or None)}"


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(f"r.{name}" for name in columns)


def count_statement(plan: RosterPlan) -> tuple[str, Mapping[str, object]]:
    """How many match, one row for each arm; one in all where they are counted together."""
    if plan.counted_together:
        where = " AND ".join(plan.conditions) or "true"
        return f"SELECT coalesce(sum(r.n), 0) FROM inside AS r WHERE {where}", plan.values
    binder = Binder()
    binder.values.update(plan.values)
    span = ""
    if plan.span != (LOWEST, HIGHEST):
        low, high = plan.span
        span = f" AND r.entered_ms BETWEEN {binder.bind(low)} AND {binder.bind(high)}"
    arms = [f"SELECT count(*) FROM {_where(plan, arm, binder)}{span}" for arm in plan.counted]
    return " UNION ALL ".join(arms), binder.values


def _where(plan: RosterPlan, arm: RosterArm, binder: Binder) -> str:
    seek = [f"r.{column} = {binder.bind(handle)}" for column, handle in arm.seek]
    if arm.contacts:
        seek.append(f"r.contact_id IN (SELECT value FROM json_each({binder.bind(arm.contacts)}))")
    return f"roster AS r INDEXED BY {arm.index} WHERE {' AND '.join([*seek, *plan.conditions]) or 'true'}"
