"""`parcours remove`: contacts taken out of a scenario, all or none, after they were shown."""

from __future__ import annotations

import sys
import uuid
from typing import TYPE_CHECKING

import click

from backend.errors import NothingFound, Refused, SourceUnavailable, Unsupported
from tui.cli import output
from tui.cli.given import Given, source_option
from tui.cli.reading import now_ms, with_source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backend.model import RosterRow, Subject
    from backend.removals.removal import RemovalAnswer
    from backend.source import Source

MOST_NAMES = 10_000
"""Lines of standard input that are read before a list is called a mistake."""


@click.command()
@click.argument("contacts", metavar="CONTACT...", nargs=-1, required=True)
@click.option("--scenario", metavar="NAME", required=True, help="Name or id of the scenario.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--key", metavar="TEXT", help="Key of an earlier try: the same removal happens only once.")
@source_option
@click.pass_obj
def remove(
    given: Given, contacts: tuple[str, ...], scenario: str, yes: bool, key: str | None, source: str | None
) -> int:
    """Take 1 to 50 contacts out of a scenario, all or none of them. "-" reads them from standard input.

    CONTACT is a whole address, phone number or product id. What a configured on_removal command is told is
    listed by "parcours removals".

    \b
    parcours my.db remove --scenario Welcome ada@example.com bob@example.com
    cut -f1 leavers.txt | parcours my.db remove --scenario Welcome --yes -
    """
    names = names_given(contacts)
    request = key or str(uuid.uuid4())

    async def work(opened: Source) -> int:
        return await _remove(opened, given, scenario, names, request, is_sure=yes)

    code = with_source(given, source, work)
    if code == 0:
        _tell_product(given, source)
    return code


def names_given(words: Sequence[str]) -> list[str]:
    """The names on the line, with those of standard input in the place of "-"."""
    names: list[str] = []
    for word in words:
        if word == "-":
            lines = [line.strip() for line in sys.stdin.read(MOST_NAMES * 320).splitlines()]
            names += [line for line in lines if line]
        else:
            names.append(word)
    return names


async def _remove(
    source: Source, given: Given, scenario: str, names: Sequence[str], key: str, *, is_sure: bool
) -> int:
    from backend.model import SubjectKind
    from backend.removals.removal import MOST_REMOVED
    from backend.source import pick_subject

    known = await source.capabilities()
    if not known.may_remove:
        raise Unsupported(known.reasons.get("remove", f"contacts cannot be removed in {source.name}"))
    if len(names) > MOST_REMOVED:
        raise Refused(f"{len(names)} contacts were named and at most {MOST_REMOVED} are removed at once")
    earlier = await source.removal(key)
    subject = pick_subject(await source.catalog(SubjectKind.SCENARIO), scenario)
    people = [await _whole(source, name, subject) for name in names]
    if earlier is None:
        await _agree(source, given, subject, people, is_sure=is_sure)
    answer = await _asked(source, subject, people, key)
    for contact in answer.contacts:
        output.text((await source.contact(contact)).shown)
    done = "had been removed before under this key" if answer.replayed else "removed"
    output.note(f"{len(answer.contacts)} {done} from {subject.name} (removal {answer.id}, key {answer.key})")
    return 0


async def _whole(source: Source, name: str, subject: Subject) -> int:
    """The contact of the scenario's account that is known by exactly this. Raises: NothingFound, Refused."""
    folded = name.casefold()
    exact = [
        one
        for one in await source.find_contacts(name)
        if (one.product, one.account) == (subject.product, subject.account)
        and any(value.casefold() == folded for _, value in one.identities)
    ]
    if not exact:
        raise NothingFound(f'no contact is known as exactly "{name}"; nothing was removed')
    if len(exact) > 1:
        choices = ", ".join(f"{one.shown} ({one.product} {one.account})" for one in exact)
        raise Refused(f'"{name}" names {len(exact)} contacts: {choices}; nothing was removed')
    return exact[0].id


async def _agree(
    source: Source, given: Given, subject: Subject, people: Sequence[int], *, is_sure: bool
) -> None:
    """Shows who would leave, and wants the count typed. Raises: Refused."""
    places = {row.contact_id: row for row in await _inside(source, subject, people)}
    for contact in people:
        place = places.get(contact)
        shown = (await source.contact(contact)).shown
        output.note(_line(shown, place, subject) if place else f"  {shown}  (not in the scenario)")
    if is_sure:
        return
    from backend.open import is_address
    from backend.removals.removal import told_how

    output.note(
        f"They leave {subject.name} ({subject.product} {subject.account}) now. This cannot be undone. "
        + told_how(given.settings.on_removal, subject.product, is_remote=is_address(given.resolved or ""))
    )
    if output.answered(f"type the number of contacts to confirm ({len(people)}):") != str(len(people)):
        raise Refused("nothing was removed; the count was not typed (--yes removes without being asked)")


async def _inside(source: Source, subject: Subject, people: Sequence[int]) -> list[RosterRow]:
    from backend.query.language import ROSTER, parse, with_term

    found: list[RosterRow] = []
    for contact in people:
        ref = await source.contact(contact)
        query = with_term(parse("", now_ms=now_ms(), log=ROSTER), "scenario", subject.key)
        page = await source.roster(with_term(query, "contact", ref.shown))
        found += [row for row in page.rows if (row.contact_id, row.scenario_id) == (contact, subject.id)]
    return found


def _line(shown: str, place: RosterRow, subject: Subject) -> str:
    from backend.query.text import write_time

    step = place.step if place.step is not None else "(step not known)"
    own_id = f"  {subject.product} id {place.product_id}" if place.product_id else ""
    return f"  {shown}{own_id}  {step}  {place.state}  since {write_time(place.step_ms)}"


async def _asked(source: Source, subject: Subject, people: Sequence[int], key: str) -> RemovalAnswer:
    """The answer; where it got lost, what became of it is asked before anything is said."""
    from backend.removals.removal import actor_here

    try:
        return await source.remove(subject.id, people, key=key, actor=actor_here())
    except SourceUnavailable as error:
        try:
            known = await source.removal(key)
        except SourceUnavailable:
            raise SourceUnavailable(
                f"{error}; whether they were removed is not known: try again with --key {key}"
            ) from error
        if known is None:
            raise
        return known


def _tell_product(given: Given, option: str | None) -> None:
    """Tells the product at once, where a command is set and the source is a file of ours."""
    from backend.open import is_address

    command = given.settings.on_removal
    if not command or is_address(given.source(option)):
        return
    from backend.removals.telling import tell_product

    told = tell_product(given.database(option), command)
    if told.error is not None:
        output.note(f"not told to the product yet: {told.error}; it is tried again (parcours removals)")
    else:
        output.note(f"{told.lines} told to the product by {command[0]}")
