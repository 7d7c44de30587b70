"""The prompt behind `:`: part of an address, id or phone number finds a contact; a word goes to a place."""

from __future__ import annotations

from collections.abc import Sequence

from textual.message import Message

from backend.errors import QueryError
from backend.model import ContactRef, LogName, SubjectKind
from backend.query.language import ROSTER, parse
from tui.messages import (
    LogsAsked,
    PlaceAsked,
    QuitAsked,
    ReportAsked,
    RosterAsked,
    SourceAsked,
    SourcesAsked,
    TraceAsked,
)
from tui.places import PLACES, PROBLEMS
from tui.presenters.report import subject_lines
from tui.screens.chooser import Choice, Find, among
from tui.session import Session

SHORTEST = 2
"""Letters from which contacts are looked for: fewer find everybody."""
HINT = "part of an address, id or phone; or report NAME, logs QUERY, source NAME"


def prompt(session: Session) -> Find:
    """The choices of the prompt; each one's value is the message that does it."""

    async def find(text: str) -> Sequence[Choice]:
        word, _, rest = text.strip().partition(" ")
        if word == "source":
            return _sources(session, rest.strip())
        if rest.strip():
            if word == "report":
                return await _reports(session, rest.strip())
            if word in ("logs", *LogName):
                return _logs(session, word, rest.strip())
            if word == "contacts":
                return _roster(session, rest.strip())
            if word == "trace":
                return await _contacts(session, rest.strip())
        names = [place.name for place in (*PLACES, PROBLEMS)]
        places = [Choice(name, "go there", PlaceAsked(name)) for name in names if name.startswith(word)]
        if "source".startswith(word):
            places.append(Choice("source", "go on with another source", SourcesAsked()))
        if "quit".startswith(word):
            places.append(Choice("quit", "leave the console", QuitAsked()))
        return [*(places if not rest else ()), *await _contacts(session, text)]

    return find


def sources(session: Session) -> Find:
    """The other sources that have a name; each one's value is the message that goes there."""

    async def find(text: str) -> Sequence[Choice]:
        return _sources(session, text.strip())

    return find


def _sources(session: Session, text: str) -> Sequence[Choice]:
    """The other sources that have a name."""
    others = [name for name in session.names if name != session.source.name]
    if not others:
        none = "no other source has a name; parcours source add gives one"
        return [Choice("source", none, None, is_said_only=True)]
    return [Choice(name, session.names[name], SourceAsked(name)) for name in others if text in name]


async def _contacts(session: Session, text: str) -> Sequence[Choice]:
    if len(text.strip()) < SHORTEST:
        return []
    found = await session.source.find_contacts(text.strip())
    return [Choice(contact.shown, _identities(contact), TraceAsked(contact.id)) for contact in found]


def _identities(contact: ContactRef) -> str:
    others = [f"{space} {value}" for space, value in contact.identities if value != contact.shown]
    account = contact.product if contact.account == "default" else f"{contact.product} {contact.account}"
    return ", ".join(["contact", *others, account])


async def _reports(session: Session, text: str) -> Sequence[Choice]:
    now_ms = session.now_ms()
    subjects = [subject for kind in SubjectKind for subject in await session.source.catalog(kind)]
    lines = subject_lines(subjects, now_ms)
    return await among([Choice(name, detail, ReportAsked(one)) for name, detail, one in lines])(text)


def _logs(session: Session, word: str, rest: str) -> Sequence[Choice]:
    first, _, query = rest.partition(" ")
    log = LogName(word) if word in list(LogName) else LogName.EVENT
    if word == "logs" and first in list(LogName):
        log, rest = LogName(first), query.strip()
    return [_query_choice(session, str(log), rest, LogsAsked(log, rest))]


def _roster(session: Session, rest: str) -> Sequence[Choice]:
    return [_query_choice(session, ROSTER, rest, RosterAsked(rest))]


def _query_choice(session: Session, log: str, query: str, message: Message) -> Choice:
    """The query as a choice; one that does not parse says why and does nothing."""
    try:
        parse(query, now_ms=session.now_ms(), zone=session.zone, log=log)
    except QueryError as error:
        return Choice(query, str(error), None, is_said_only=True)
    return Choice(query or "everything", f"show these rows: {log}", message)
