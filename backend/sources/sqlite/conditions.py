"""A query's terms as SQL over one row of a log, with every value bound.

The row is always `t`. No condition can choose an index: columns are wrapped, so that only the arms of
`backend.sources.sqlite.compile` decide how rows are reached. Names and texts come as handles that
`backend.sources.sqlite.searching` has looked up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from backend.facts import BOUNCED, EVENT_RANK, STEP_RANK, RowFlag
from backend.model import ERROR_KINDS, WARNING_KINDS, BounceClass, EventKind, Level, LogName, StepKind
from backend.query.fields import Compare, find_field
from backend.query.language import Filter, Term, levels_of
from backend.sources.sqlite.functions import contains, folded, path_is
from backend.sources.sqlite.schema import CHANNEL_CODE, CLASS_CODE, ORIGIN_CODE

FEW = 8
"""Handles that are bound one by one; more go in as one JSON list."""

ID_COLUMNS: Mapping[str, str] = {
    "type": "type_id",
    "scenario": "scenario_id",
    "step": "step_id",
    "campaign": "campaign_id",
    "delivery": "delivery_id",
    "contact": "contact_id",
    "reason": "reason_id",
    "name": "name_id",
    "url": "url_id",
    "domain": "domain_id",
    "platform": "platform_id",
    "user_agent": "agent_id",
    "format": "format_id",
    "product": "account_id",
    "account": "account_id",
    "message": "message_id",
}
SCENARIO_COLUMNS: Mapping[str, str] = {
    "delivery": "named_delivery",
    "message": "text_id",
    "origin": "origin_id",
}
"""Where scenario_log keeps a field under another name."""

FLAG_BITS: Mapping[str, int] = {
    "machine": RowFlag.MACHINE,
    "test": RowFlag.TEST,
    "repeat": RowFlag.REPEAT,
    "skew": RowFlag.SKEW,
}
IMPLIED_BITS: Mapping[str, int] = {
    EventKind.TARGETED: RowFlag.IMPLIES_TARGETED,
    EventKind.SENT: RowFlag.IMPLIES_SENT,
}
NOT_REPEAT = f"NOT t.flags & {int(RowFlag.REPEAT)}"


class TextHits(msgspec.Struct, frozen=True, kw_only=True):
    """Where a free text was found: handles by column of the log."""

    text: str
    """Case-folded."""
    columns: Mapping[str, frozenset[int]]
    identities: frozenset[int] | None
    """Identities that hold the text; None: too many to list, each row's own is compared."""
    contacts: frozenset[int] = frozenset()
    """The contacts of `identities`."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What the store's dictionaries say about a query's terms."""

    ids: Mapping[Term, frozenset[int]] = {}
    texts: Mapping[Term, TextHits] = {}
    step_scenarios: frozenset[int] | None = None
    """The scenarios of the steps asked for; None where no step is."""


class Binder:
    """Collects bound values; the same text of SQL can name one several times."""

    def __init__(self) -> None:
        self.values: dict[str, object] = {}

    def bind(self, value: object) -> str:
        name = f"v{len(self.values)}"
        self.values[name] = value
        return f":{name}"


def column_of(log: str, field: str) -> str | None:
    """The column that holds a field's handle; None for fields that are compared otherwise."""
    if log == LogName.SCENARIO:
        return SCENARIO_COLUMNS.get(field) or ID_COLUMNS.get(field)
    return ID_COLUMNS.get(field)


def kind_codes(log: str) -> Mapping[str, int]:
    """Kind -> stored code of a log."""
    table: Mapping[StepKind, int] | Mapping[EventKind, int] = (
        STEP_RANK if log == LogName.SCENARIO else EVENT_RANK
    )
    return {str(kind): code for kind, code in table.items()}


def is_in(column: str, ids: Iterable[int], binder: Binder) -> str:
    """SQL: the column is one of these handles."""
    wanted = sorted(ids)
    if not wanted:
        return "0"
    if len(wanted) <= FEW:
        return f"coalesce({column}, 0) IN ({', '.join(binder.bind(handle) for handle in wanted)})"
    listed = binder.bind(msgspec.json.encode(wanted).decode())
    return f"coalesce({column}, 0) IN (SELECT value FROM json_each({listed}))"


def row_conditions(query: Filter, known: Known, binder: Binder, *, reached_by: frozenset[str]) -> list[str]:
    """SQL for all terms but the time and those that the way to the rows has answered (`reached_by`)."""
    parts: list[str] = []
    wanted: dict[str, list[str]] = {}
    for term in query.terms:
        if term.field in ("since", "until") or (term.field in reached_by and not term.negated):
            continue
        condition = _condition(query.log, term, known, binder)
        if term.negated:
            parts.append(f"NOT ({condition})")
        elif not term.field:
            parts.append(condition)
        else:
            wanted.setdefault(term.field, []).append(condition)
    return parts + [
        choices[0] if len(choices) == 1 else f"({' OR '.join(choices)})" for choices in wanted.values()
    ]


def _condition(log: str, term: Term, known: Known, binder: Binder) -> str:
    """SQL for a term before its negation."""
    if not term.field:
        return _text_condition(log, known.texts[term], binder)
    field = find_field(log, term.field)
    assert field is not None, "a Filter has only fields of its log"
    if field.compare is Compare.FLAG:
        bit = int(FLAG_BITS[term.field])
        return {"yes": f"t.flags & {bit}", "no": f"NOT t.flags & {bit}"}.get(term.value, "1")
    if field.compare is Compare.LEVEL:
        return _level_condition(log, levels_of(term))
    if field.compare is Compare.PATH:
        column, _, path = term.field.partition(".")
        return path_is(f"t.{column}", binder.bind(path), binder.bind(term.value.casefold()))
    if term.field == "implied":
        return f"t.flags & {int(IMPLIED_BITS[term.value])}"
    if term.field in ("run", "ip"):
        return f"{folded(f't.{term.field}')} = {binder.bind(term.value.casefold())}"
    if field.compare is Compare.CHOICE:
        return _code_condition(log, term, binder)
    return _id_condition(log, term, known, binder)


def _code_condition(log: str, term: Term, binder: Binder) -> str:
    codes: Mapping[str, int] = {
        "kind": kind_codes(log),
        "class": {str(name): code for name, code in CLASS_CODE.items()},
        "channel": {str(name): code for name, code in CHANNEL_CODE.items()},
        "origin": {str(name): code for name, code in ORIGIN_CODE.items()},
    }[term.field]
    return f"coalesce(t.{term.field}, 0) = {binder.bind(codes[term.value] if term.value else 0)}"


def _id_condition(log: str, term: Term, known: Known, binder: Binder) -> str:
    column = column_of(log, term.field)
    if not term.value:
        if column == "message_id":
            return "(SELECT m.message_id FROM message AS m WHERE m.id = t.message_id) IS NULL"
        return f"coalesce(t.{column}, 0) = 0"
    return is_in(f"t.{column}", known.ids[term], binder)


def _text_condition(log: str, hits: TextHits, binder: Binder) -> str:
    found = [is_in(f"t.{column}", ids, binder) for column, ids in sorted(hits.columns.items()) if ids]
    if hits.identities is None:
        found.append(own_identity("t", hits.text, binder))
    elif hits.identities:
        found.append(is_in("t.identity_id", hits.identities, binder))
    return f"({' OR '.join(found)})" if found else "0"


def own_identity(row: str, text: str, binder: Binder) -> str:
    """SQL: the identity that the row came with contains the case-folded text."""
    condition = contains("i.shown", binder.bind(text), text)
    return f"EXISTS (SELECT 1 FROM identity AS i WHERE i.id = {row}.identity_id AND {condition})"


def _level_condition(log: str, levels: frozenset[Level]) -> str:
    return "(" + " OR ".join(level_sql(log, level) for level in sorted(levels)) + ")"


def level_sql(log: str, wanted: Level) -> str:
    """SQL, in brackets: the row's level is this one, as `backend.model.level` says."""
    codes = kind_codes(log)
    errors = ", ".join(str(codes[kind]) for kind in sorted(ERROR_KINDS) if kind in codes)
    warnings = ", ".join(str(codes[kind]) for kind in sorted(WARNING_KINDS) if kind in codes)
    error, warning = f"(+t.kind IN ({errors}))", f"(+t.kind IN ({warnings}))"
    if log != LogName.SCENARIO:
        hard = CLASS_CODE[BounceClass.HARD]
        error = f"({error} OR (+t.kind = {BOUNCED} AND coalesce(t.class, 0) = {hard}))"
        warning = f"({warning} OR (+t.kind = {BOUNCED} AND coalesce(t.class, 0) <> {hard}))"
    return {Level.ERROR: error, Level.WARNING: warning, Level.INFO: f"(NOT ({error} OR {warning}))"}[wanted]


def kinds_of_level(log: str, levels: frozenset[Level]) -> frozenset[int]:
    """Codes of the kinds that a row of one of these levels can have."""
    by_level = {Level.ERROR: ERROR_KINDS, Level.WARNING: WARNING_KINDS}
    codes = kind_codes(log)
    if Level.INFO in levels:
        marked = ERROR_KINDS | WARNING_KINDS if levels == {Level.INFO} else frozenset()
        bounced = {EventKind.BOUNCED} if levels == {Level.INFO} else set()
        return frozenset(code for kind, code in codes.items() if kind not in marked and kind not in bounced)
    kinds = {str(EventKind.BOUNCED)} | {str(kind) for one in levels for kind in by_level[one]}
    return frozenset(code for kind, code in codes.items() if kind in kinds)
