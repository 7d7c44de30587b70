"""The query language: text to a frozen Filter and back, the same for every log, store and screen.

Terms are joined by "and"; several values of one field are joined by "or" (kind:opened kind:clicked), and
"-" turns a term round. Free text must be found, each word of it. Fields are whitelisted and values are
only ever compared; there are no patterns. Rows that repeat another are hidden unless `repeat:` is asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, tzinfo

import msgspec

from backend.errors import QueryError
from backend.model import LogName
from backend.query.fields import (
    ROSTER,
    Compare,
    Field,
    fields_for,
    find_field,
    may_be_none,
)
from backend.query.match import Handles, levels_of, matches
from backend.query.text import (
    EARLIEST_MS,
    LATEST_MS,
    TIME_HELP,
    Token,
    looks_named,
    quoted,
    read_time,
    tokens,
    write_time,
)

__all__ = [
    "ROSTER",
    "Field",
    "Filter",
    "Handles",
    "Term",
    "fields_for",
    "format_query",
    "levels_of",
    "matches",
    "parse",
    "with_term",
    "with_window",
    "without_term",
]

LONGEST = 4_096
"""Characters that a query may have."""
MOST_TERMS = 64


class Term(msgspec.Struct, frozen=True):
    """One condition. field "" is free text; value "" asks for rows that have no such value."""

    field: str
    value: str
    negated: bool = False
    at_least: bool = False
    """level>=value rather than level:value."""


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """A parsed query. Make it with `parse`, `with_term`, `with_window` and `without_term` only."""

    log: str
    """A LogName, or "roster"."""
    terms: tuple[Term, ...] = ()
    start_ms: int | None = None
    """since: as an absolute time; rows at it and after it match."""
    end_ms: int | None = None
    """until: as an absolute time; rows at it do not match."""

    @property
    def text(self) -> str:
        """The query as text; `parse` makes the same Filter of it (given the same now and zone)."""
        return format_query(self)

    def values(self, field: str) -> tuple[str, ...]:
        """The values asked for in that field, without the negated ones."""
        return tuple(term.value for term in self.terms if term.field == field and not term.negated)

    @property
    def shows_repeats(self) -> bool:
        """Whether the query speaks of repeats itself; else they are hidden."""
        return any(term.field == "repeat" for term in self.terms)


def parse(text: str, *, now_ms: int, zone: tzinfo = UTC, log: LogName | str = LogName.EVENT) -> Filter:
    """The filter that a text asks for. Spans count back from now_ms; bare times are in the zone.

    Raises: QueryError with one line that names the column and the fields or values that exist.
    """
    if len(text) > LONGEST:
        raise QueryError(f"the query is longer than {LONGEST} characters", LONGEST)
    terms: list[Term] = []
    times: dict[str, int] = {}
    for token in tokens(text):
        term, compare = _term(token, str(log))
        if compare in (Compare.SINCE, Compare.UNTIL):
            if term.field in times:
                raise _wrong(token.column, f"{term.field}: is given twice")
            times[term.field] = _time(token, now_ms, zone)
            if times.get("since", EARLIEST_MS) >= times.get("until", LATEST_MS + 1):
                raise _wrong(token.column, "since: must be before until:")
        if term not in terms:
            terms.append(term)
        if len(terms) > MOST_TERMS:
            raise _wrong(token.column, f"a query has at most {MOST_TERMS} terms")
    return Filter(log=str(log), terms=tuple(terms), start_ms=times.get("since"), end_ms=times.get("until"))


def format_query(query: Filter) -> str:
    """The text of a filter: its terms in their order, quoted where they must be."""
    return " ".join(_format_term(term) for term in query.terms)


def with_term(query: Filter, field: str, value: str | None, *, negated: bool = False) -> Filter:
    """The filter with one more condition ("keep value", or "drop value" where negated).

    None stands for rows without a value. The opposite term is taken out. Raises QueryError for a field or
    value that the log has not.
    """
    text = _format_term(Term(field, value or "", negated))
    (token,) = tokens(text)
    term, compare = _term(token, query.log)
    if compare in (Compare.SINCE, Compare.UNTIL):
        raise _wrong(0, f"{field}: is set by a window")
    opposite = Term(term.field, term.value, not term.negated, term.at_least)
    kept = tuple(old for old in query.terms if old not in (term, opposite))
    return msgspec.structs.replace(query, terms=(*kept, term))


def without_term(query: Filter, field: str, value: str | None = None) -> Filter:
    """The filter without the terms of a field, or without those of it that have this value."""

    def goes(term: Term) -> bool:
        return term.field == field and value in (None, term.value)

    kept = tuple(term for term in query.terms if not goes(term))
    names = {term.field for term in kept}
    return msgspec.structs.replace(
        query,
        terms=kept,
        start_ms=query.start_ms if "since" in names else None,
        end_ms=query.end_ms if "until" in names else None,
    )


def with_window(query: Filter, start_ms: int | None, end_ms: int | None) -> Filter:
    """The filter over another span of time, [start_ms, end_ms), written as absolute times in UTC."""
    if start_ms is not None and end_ms is not None and start_ms >= end_ms:
        raise _wrong(0, "since: must be before until:")
    kept = [term for term in query.terms if term.field not in ("since", "until")]
    if start_ms is not None:
        kept.append(Term("since", _short_time(start_ms)))
    if end_ms is not None:
        kept.append(Term("until", _short_time(end_ms)))
    return msgspec.structs.replace(query, terms=tuple(kept), start_ms=start_ms, end_ms=end_ms)


def _short_time(at_ms: int) -> str:
    """A time as a person would write it: people read these filters, on screens of 80 columns."""
    return write_time(at_ms).replace(".000Z", "Z").replace(":00Z", "Z")


def _format_term(term: Term) -> str:
    sign = "-" if term.negated else ""
    if not term.field:
        return sign + quoted(term.value, free=True)
    return f"{sign}{term.field}{'>=' if term.at_least else ':'}{quoted(term.value)}"


def _term(token: Token, log: str) -> tuple[Term, Compare | None]:
    """The condition of one token, and how it is compared (None: free text)."""
    if not _is_storable(token.value) or not _is_storable(token.field):
        raise _wrong(token.value_column, "this holds half a character (a lone surrogate)")
    if not token.field:
        return _free_term(token, log), None
    field = find_field(log, token.field)
    if field is None:
        raise _unknown_field(token, log)
    if (token.operator == ">=") and field.compare is not Compare.LEVEL:
        raise _wrong(token.column, f"{field.name} has no order; write {field.name}:value")
    value = _value(token, field)
    if token.negated and (field.compare in (Compare.SINCE, Compare.UNTIL) or value == "any"):
        raise _wrong(token.column, f"{field.name}:{value} cannot be turned round")
    return Term(token.field, value, token.negated, token.operator == ">="), field.compare


def _free_term(token: Token, log: str) -> Term:
    if not token.value:
        raise _wrong(token.column, "an empty text is everywhere; write what to look for")
    if not token.quoted and looks_named(token.value):
        name = token.value[: next(place for place, letter in enumerate(token.value) if letter in "=<>!:")]
        if find_field(log, name):
            raise _wrong(token.column, f"write {name}:value, or put quotes round it to search for the text")
    return Term("", token.value, token.negated)


def _value(token: Token, field: Field) -> str:
    """The value of a token, checked against what the field may be."""
    if not token.value and not (token.quoted and may_be_none(field)):
        wanted = " | ".join(field.values) if field.values else field.hint
        raise _wrong(token.value_column, f"{field.name}: needs a value: {wanted}")
    if not field.values or not token.value:
        return token.value
    value = token.value.casefold()
    if value not in field.values:
        near = _close_to(value, field.values)
        guess = f", did you mean {near[0]}?" if near else ";"
        choices = ", ".join(field.values)
        raise _wrong(token.value_column, f'{field.name} is never "{token.value}"{guess} it may be: {choices}')
    return value


def _time(token: Token, now_ms: int, zone: tzinfo) -> int:
    at_ms = read_time(token.value, now_ms=now_ms, zone=zone)
    if at_ms is None:
        raise _wrong(token.value_column, f'"{token.value}" is no time; {TIME_HELP}')
    return at_ms


def _close_to(word: str, words: Iterable[str]) -> list[str]:
    import difflib  # wrong queries only

    return difflib.get_close_matches(word, list(words), n=1)


def _unknown_field(token: Token, log: str) -> QueryError:
    names = [
        f"{field.name}.NAME" if field.compare is Compare.PATH else field.name for field in fields_for(log)
    ]
    near = _close_to(token.field.casefold(), names)
    guess = f", did you mean {near[0]}?" if near else "; quote it to search for the text;"
    return _wrong(token.column, f'there is no field "{token.field}"{guess} there are: {", ".join(names)}')


def _is_storable(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def _wrong(column: int, text: str) -> QueryError:
    return QueryError(f"column {column + 1}: {text}", column)
