"""The fields of the query language: which log has which, how a value is compared, what it may be.

Data only: parsing is backend.query.language's, comparing is backend.query.match's and the stores'. A field
that is not listed here cannot be asked for, so no text of a person ever names a column.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum, auto

import msgspec

from backend.errors import UsageError
from backend.model import (
    TRACKING_KINDS,
    BounceClass,
    Channel,
    EventKind,
    Level,
    LogName,
    Origin,
    RosterState,
    StepKind,
)

ROSTER = "roster"
"""The name under which the contacts inside scenarios are queried, beside the three logs."""


class Compare(Enum):
    """How a term's value is held against a row."""

    CHOICE = auto()
    """Equals one of `Field.values`."""
    EQUALS = auto()
    """Equals, case-folded."""
    CONTAINS = auto()
    """Is part of it, case-folded."""
    EXACT = auto()
    """Equals, byte for byte (ids of messages)."""
    NAMED = auto()
    """Equals the name, case-folded, or the product's id of a scenario, step, campaign or delivery."""
    CONTACT = auto()
    """Equals any identity of the row's contact, case-folded."""
    FLAG = auto()
    """yes, no or any."""
    LEVEL = auto()
    """One level, or with >= that level and worse ones."""
    PATH = auto()
    """A value inside `data` or `fields`, as text, case-folded."""
    SINCE = auto()
    UNTIL = auto()


class Field(msgspec.Struct, frozen=True):
    """One field: `values` are all it may be asked for (empty: anything); `hint` is for completion."""

    name: str
    compare: Compare
    hint: str
    values: tuple[str, ...] = ()


FLAG_VALUES = ("yes", "no", "any")
LEVELS = tuple(Level)


def _choice(name: str, values: Iterable[str], hint: str) -> Field:
    return Field(name, Compare.CHOICE, hint, tuple(str(value) for value in values))


def _flag(name: str, hint: str) -> Field:
    return Field(name, Compare.FLAG, hint, FLAG_VALUES)


_TIME = (
    Field("since", Compare.SINCE, "from then on: 30m, 2h, 7d, 2026-03-10, 2026-03-10T12:00Z"),
    Field("until", Compare.UNTIL, "before then: 30m, 2h, 7d, 2026-03-10, 2026-03-10T12:00Z"),
)
_SHARED = (
    Field("type", Compare.EQUALS, "the product's own word"),
    Field("level", Compare.LEVEL, "how much it concerns: level>=warning", tuple(str(v) for v in LEVELS)),
    Field("scenario", Compare.NAMED, "name or id of the scenario"),
    Field("step", Compare.NAMED, "name or id of the step"),
    Field("delivery", Compare.NAMED, "name or id of the delivery"),
    Field("contact", Compare.CONTACT, "an address, phone number or id"),
    Field("reason", Compare.CONTAINS, "part of the reason"),
    Field("run", Compare.EQUALS, "id of the run"),
    Field("product", Compare.EQUALS, "the product that it came from"),
    Field("account", Compare.EQUALS, "the account that it came from"),
    Field("format", Compare.EQUALS, "the feed's format"),
    _flag("test", "test rows"),
    _flag("repeat", "rows that say the same again (hidden unless asked for)"),
    _flag("skew", "rows dated ahead of the clock"),
    Field("data", Compare.PATH, "a value in the data: data.order_id:123"),
    Field("fields", Compare.PATH, "a value in the product's own fields: fields.template_id:7"),
    *_TIME,
)
_EVENT = (
    _choice("class", BounceClass, "class of a bounce"),
    _choice("channel", Channel, "channel of the message"),
    _choice("origin", Origin, "where an open or click came from"),
    Field("campaign", Compare.NAMED, "name or id of the campaign"),
    Field("domain", Compare.EQUALS, "domain of the recipient"),
    Field("platform", Compare.EQUALS, "platform of the device"),
    Field("url", Compare.CONTAINS, "part of the address that was clicked"),
    Field("name", Compare.CONTAINS, "part of the name of the form, page, e-mail or campaign"),
    Field("message", Compare.EXACT, "the product's message id"),
    Field("ip", Compare.EQUALS, "the caller's address"),
    Field("user_agent", Compare.CONTAINS, "part of the browser's or client's name"),
    _choice("implied", (EventKind.TARGETED, EventKind.SENT), "kinds that the row stands for as well"),
    _flag("machine", "opens and clicks by robots and proxies"),
)
_SCENARIO = (
    Field("message", Compare.CONTAINS, "part of the message text"),
    Field("origin", Compare.EQUALS, "where an event came from"),
)
_ROSTER = (
    Field("scenario", Compare.NAMED, "name or id of the scenario"),
    Field("step", Compare.NAMED, "name or id of the step where the contact is"),
    Field("contact", Compare.CONTACT, "an address, phone number or id"),
    _choice("state", RosterState, "whether the contact waits"),
    Field("run", Compare.EQUALS, "id of the run"),
    *_TIME,
)

_BY_LOG: dict[str, dict[str, Field]] = {
    name: {field.name: field for field in fields}
    for name, fields in {
        LogName.SCENARIO: (_choice("kind", StepKind, "what happened"), *_SHARED, *_SCENARIO),
        LogName.EVENT: (_choice("kind", EventKind, "what happened"), *_SHARED, *_EVENT),
        LogName.TRACKING: (_choice("kind", TRACKING_KINDS, "what happened"), *_SHARED, *_EVENT),
        ROSTER: _ROSTER,
    }.items()
}

NAMED_FIELDS = ("scenario", "step", "campaign", "delivery")
"""The fields whose values a source turns into its own handles."""

TEXT_FIELDS = ("reason", "url", "contact", "name", "type", "scenario", "step", "campaign", "delivery")
"""What free text looks into, beside the message text (scenario log) and the exact message id."""

NULLABLE = frozenset({Compare.EQUALS, Compare.CONTAINS, Compare.EXACT, Compare.NAMED, Compare.CONTACT})
"""Comparisons where an empty value asks for rows that have none; CHOICE fields but `kind` do as well."""


def fields_for(log: str) -> tuple[Field, ...]:
    """The fields of a log, or of the roster, in the order in which help and completion show them."""
    return tuple(_BY_LOG[log].values())


def find_field(log: str, name: str) -> Field | None:
    """The field of that name; `data.x` and `fields.x` find `data` and `fields`."""
    head, dot, path = name.partition(".")
    field = _BY_LOG[log].get(head)
    if field is None or (field.compare is Compare.PATH) != bool(dot and path):
        return None
    return field


def countable(log: str, name: str) -> Field:
    """The field whose values can be counted; of `data` and `fields` themselves the names in them can.

    Raises: UsageError.
    """
    field = find_field(log, name) or _BY_LOG[log].get(name)
    if field is None or field.compare in (Compare.SINCE, Compare.UNTIL):
        names = ", ".join(one.name for one in fields_for(log) if one.name not in ("since", "until"))
        raise UsageError(f'the values of "{name}" cannot be counted; there are: {names}')
    return field


def may_be_none(field: Field) -> bool:
    """Whether `field:""` asks for the rows without it."""
    if field.compare is Compare.CHOICE:
        return field.name not in {"kind", "state", "implied"}
    return field.compare in NULLABLE or field.compare is Compare.PATH
