"""Errors that a caller of the backend can act on; each class is one thing to do next.

ParcoursError
├── UsageError          the question is wrong: tell the person, exit 2
│   └── QueryError      a query that does not parse: points at the column
├── NothingFound        no such scenario, contact ...: exit 1, candidates in the text
├── Refused             understood and not done: exit 1
├── BadData             the input is not what it must be: exit 65
│   └── DecodeError     one record is bad: count it, set it aside, go on
├── SourceError
│   ├── NoSuchSource    there is nothing at that name: exit 66
│   ├── SourceUnavailable   try again later; the last good data may still be shown: exit 69
│   ├── QueryTimedOut   narrow the window or raise the limit: exit 69
│   ├── SchemaMismatch  the store is another program's or version's: exit 65
│   ├── SourceDamaged   the file is damaged: exit 65
│   ├── AccessRefused   the server does not know the token, or it may not do that: exit 1
│   └── Unsupported     this source cannot answer that, and says why
├── CannotWrite         exit 73 (cannot create) or 74 (I/O error, disk full)
└── ConfigError         a settings or keymap file is wrong: names file and line, exit 78

The text of every error is one line for a person. It may quote strangers' text: clean it when showing.
"""

from __future__ import annotations


class ParcoursError(Exception):
    """Base of all errors that end in one clear line. `exit_code` is what a command line returns."""

    exit_code = 70


class UsageError(ParcoursError):
    exit_code = 2


class QueryError(UsageError):
    """A query that does not parse. `column` counts from 0 in the query's text."""

    def __init__(self, text: str, column: int) -> None:
        super().__init__(text)
        self.column = column


class NothingFound(ParcoursError):
    exit_code = 1


class Refused(ParcoursError):
    exit_code = 1


class BadData(ParcoursError):
    exit_code = 65


class DecodeError(BadData):
    """One record is bad; `str(error)` is a reason that groups alike records (no data in it)."""


class SourceError(ParcoursError):
    exit_code = 69
    retry_after_s: float | None = None
    """How long the source asks to be left alone; None: it does not say."""


class NoSuchSource(SourceError):
    exit_code = 66


class SourceUnavailable(SourceError):
    exit_code = 69


class QueryTimedOut(SourceError):
    exit_code = 69


class SchemaMismatch(SourceError):
    exit_code = 65


class SourceDamaged(SourceError):
    exit_code = 65


class AccessRefused(SourceError):
    """The server asks for a token, does not know the one given, or its scopes do not cover this."""

    exit_code = 1


class Unsupported(SourceError):
    """This source cannot answer that question."""

    exit_code = 1


class CannotWrite(ParcoursError):
    exit_code = 73


class WriteFailed(CannotWrite):
    exit_code = 74


class ConfigError(ParcoursError):
    exit_code = 78
