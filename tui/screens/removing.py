"""Removing the marked contacts: read them again, ask, remove once, and say what came of it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Sequence

from textual.dom import DOMNode
from textual.screen import Screen

from backend.errors import NothingFound, ParcoursError, Refused, SourceUnavailable
from backend.model import RosterRow, Subject, SubjectKind
from backend.removals.removal import RemovalAnswer, actor_here
from tui.marks import mark_of
from tui.messages import TraceAsked
from tui.presenters.removing import gone_note, query_of_rows, removal_question, result_title
from tui.screens.chooser import Choice, Chooser, among
from tui.session import Session
from widgets.question import Question
from widgets.shown import notify

ASK_AGAIN_S = 1.0
"""How often it is asked what became of a removal whose answer got lost."""


Done = Callable[[bool], None]
"""Called when all is over, with whether somebody left."""


async def ask_to_remove(screen: Screen[None], session: Session, done: Done) -> None:
    """Asks whether the marked contacts shall leave their scenario, and takes them out if so."""
    try:
        subject = await _subject(session)
        rows = await _still_inside(screen, session, subject)
    except ParcoursError as error:
        notify(screen, str(error), severity="error")
        return
    if not rows:
        done(False)
        return
    told = session.told_how(subject.product)
    asked = removal_question(session.source.name, subject, rows, told, session.zone)
    question = Question(
        asked.title,
        facts=asked.facts,
        items=asked.items,
        warning=asked.warning,
        typed=asked.typed,
        ask="Type the number of contacts to confirm",
        confirm="Remove",
    )

    def answered(is_sure: bool | None) -> None:
        if is_sure:
            screen.run_worker(_remove(screen, session, subject, rows, done), group="removal")

    screen.app.push_screen(question, answered)


async def _remove(
    screen: Screen[None], session: Session, subject: Subject, rows: Sequence[RosterRow], done: Done
) -> None:
    """Removes what was confirmed. Where somebody has left meanwhile it is read, and asked, again."""
    try:
        answer = await _removed(screen, session, subject, rows)
    except Refused as refused:
        notify(screen, str(refused), severity="warning")
        await ask_to_remove(screen, session, done)
        return
    except ParcoursError as error:
        notify(screen, str(error), severity="error")
        return
    if answer is None:
        notify(screen, "nothing was removed: the request did not arrive", severity="error")
    else:
        _tell(screen, session, subject, rows, answer)
    done(answer is not None)


async def _subject(session: Session) -> Subject:
    """The one scenario of the marked contacts. Raises: Refused with why it cannot be done."""
    known = await session.source.capabilities()
    if not known.may_remove:
        raise Refused(known.reasons.get("remove", f"contacts cannot be removed in {session.source.name}"))
    names = {row.scenario_id: row.scenario for row in session.marks}
    if not names:
        raise Refused("nobody is marked: space marks the contact under the cursor")
    if len(names) > 1:
        told = ", ".join(names.values())
        raise Refused(
            f"the marked contacts are in {len(names)} scenarios ({told}): remove from one at a time"
        )
    (scenario_id,) = names
    for subject in await session.source.catalog(SubjectKind.SCENARIO):
        if subject.id == scenario_id:
            return subject
    raise NothingFound(f"the scenario {names[scenario_id]} is not there any more")


async def _still_inside(screen: Screen[None], session: Session, subject: Subject) -> list[RosterRow]:
    """The marked contacts as they are now, one row each; who has gone is named and unmarked."""
    marked = list(session.marks)
    query = query_of_rows(marked, session.now_ms(), subject.key)
    page = await session.source.roster(query, limit=1000)
    inside = {mark_of(row): row for row in page.rows if row.scenario_id == subject.id}
    gone = [row for row in marked if mark_of(row) not in inside]
    if gone:
        session.marks.drop(map(mark_of, gone))
        notify(screen, gone_note(gone), severity="warning")
    return [inside[mark_of(row)] for row in marked if mark_of(row) in inside]


async def _removed(
    screen: Screen[None], session: Session, subject: Subject, rows: Sequence[RosterRow]
) -> RemovalAnswer | None:
    """What the removal did; where its answer got lost, what is known of it as soon as anything is.

    None: it is known not to have happened. Raises: Refused.
    """
    key = str(uuid.uuid4())  # once for this confirmed question
    contacts = [row.contact_id for row in rows]
    try:
        return await session.source.remove(subject.id, contacts, key=key, actor=actor_here())
    except SourceUnavailable as error:
        notify(screen, f"not known yet whether they were removed: {error}; asking again", severity="warning")
    while True:
        try:
            return await session.source.removal(key)
        except SourceUnavailable:
            await asyncio.sleep(ASK_AGAIN_S)


def _tell(
    screen: Screen[None],
    session: Session,
    subject: Subject,
    rows: Sequence[RosterRow],
    answer: RemovalAnswer,
) -> None:
    """Shows who left, and tells the product."""
    session.marks.drop(map(mark_of, rows))
    choices = [Choice(row.contact, f"removed from {row.step or 'its step'}", row.contact_id) for row in rows]

    def opened(choice: Choice | None) -> None:
        if choice is not None and isinstance(choice.value, int):
            screen.post_message(TraceAsked(choice.value))

    screen.app.push_screen(Chooser(result_title(subject, answer), among(choices)), opened)
    if session.tell is not None:
        screen.run_worker(tell_product(screen, session), group="telling")


async def tell_product(node: DOMNode, session: Session) -> None:
    """Tells the product of the removals that are due, whoever made them; says what is new about it.

    A failure is said once, and stands in the status line until the product has heard all.
    """
    if session.tell is None or session.is_telling:
        return
    session.is_telling = True
    try:
        told = await asyncio.to_thread(session.tell)
        lines, failure = told.lines, told.error
    except ParcoursError as error:
        lines, failure = 0, str(error)
    finally:
        session.is_telling = False
    if lines:
        notify(node, f"{lines} told to the product")
    if failure is not None and failure != session.untold:
        notify(node, f"not told to the product yet: {failure}; it is tried again", severity="warning")
    session.untold = failure
