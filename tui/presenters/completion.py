"""What can be typed next in the filter: names of fields, then values of the one that was typed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from backend.query.fields import Compare, find_field
from backend.query.language import Field, fields_for
from backend.query.text import quoted
from widgets.filter_bar import Completion

MOST = 30
"""Completions that are offered at once."""


class OpenTerm(NamedTuple):
    """The term at the end of a text, which is still being typed."""

    before: str
    """The text up to it, with its sign."""
    field: str
    """"" while the field's name is typed itself."""
    operator: str
    part: str
    """What of the name or value is there, unquoted."""


def open_term(text: str) -> OpenTerm:
    """The last term of a text; an empty one after a blank."""
    start, in_quotes = 0, False
    for place, letter in enumerate(text):
        if letter == '"' and text[place - 1 : place] != "\\":
            in_quotes = not in_quotes
        elif letter.isspace() and not in_quotes:
            start = place + 1
    if text[start : start + 1] == "-":
        start += 1
    term = text[start:]
    places = [(term.find(sign), sign) for sign in (">=", ":") if sign in term]
    if not places or term.startswith('"'):
        return OpenTerm(text[:start], "", "", term)
    place, operator = min(places)
    part = term[place + len(operator) :].removeprefix('"')
    return OpenTerm(text[:start], term[:place], operator, part)


def completions(text: str, log: str, known: Iterable[str], paths: Iterable[str] = ()) -> Sequence[Completion]:
    """The texts that the one being typed may become, the likeliest first.

    known: values of the open term's field, in the order in which to offer them. paths: names such as
    `data.order_id` that rows have.
    """
    term = open_term(text)
    if not term.field:
        found = [*_names(term, fields_for(log)), *_paths(term, paths)]
    else:
        field = find_field(log, term.field)
        values = [] if field is None else [*field.values, *known] if field.values else list(known)
        fitting = [value for value in dict.fromkeys(values) if _fits(term.part, value)]
        fitting.sort(key=lambda value: not value.casefold().startswith(term.part.casefold()))
        found = [_value(term, value) for value in fitting]
        found = [_hint(term, field), *found] if not found and field is not None and not term.part else found
    return [one for one in found if one.text != text][:MOST]


def _names(term: OpenTerm, fields: Iterable[Field]) -> list[Completion]:
    return [
        Completion(f"{term.before}{field.name}{_after(field)}", f"{field.name}{_after(field)}", field.hint)
        for field in fields
        if field.name.startswith(term.part.casefold())
    ]


def _paths(term: OpenTerm, paths: Iterable[str]) -> list[Completion]:
    wanted = term.part.casefold()
    return [
        Completion(f"{term.before}{path}:", f"{path}:", "")
        for path in dict.fromkeys(paths)
        if wanted and path.casefold().startswith(wanted) and not any(c.isspace() for c in path)
    ]


def _after(field: Field) -> str:
    return "." if field.compare is Compare.PATH else ":"


def _value(term: OpenTerm, value: str) -> Completion:
    return Completion(f"{term.before}{term.field}{term.operator}{quoted(value)} ", value, "")


def _hint(term: OpenTerm, field: Field) -> Completion:
    """What belongs there where no value is known: shown, and completes nothing."""
    return Completion("", field.hint, "")


def _fits(part: str, value: str) -> bool:
    return bool(value) and part.casefold() in value.casefold()
