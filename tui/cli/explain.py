"""`parcours explain`: why contacts did or did not receive a delivery; without contacts, its audience."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tui.cli import output
from tui.cli.given import Given, source_option
from tui.cli.logs import begin, print_row
from tui.cli.reading import format_option, pick_contact, with_source
from tui.cli.remove import names_given

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backend.explaining.audience import Audience, Members
    from backend.explaining.verdict import Verdict
    from backend.model import Subject
    from backend.source import Source

COLUMNS = (
    *("asked", "contact", "delivery", "verdict", "sentence", "next", "until", "rests_on", "row_time"),
    *("row_id", "row", "missing", "at_step"),
)
AUDIENCE_COLUMNS = ("slice", "class", "reason", "contacts", "messages")


@click.command()
@click.argument("contacts", metavar="[CONTACT... | -]", nargs=-1)
@click.option(
    "--delivery", metavar="NAME", help="Name or id of the delivery; none: what keeps them from any."
)
@click.option(
    "--slice", "part", metavar="NAME", help="Who is in a slice of the audience: one row for each contact."
)
@click.option("--reason", metavar="TEXT", help="With --slice: only those of this reason.")
@click.option("--class", "told_class", metavar="CLASS", help="With --reason: and of this class of bounce.")
@format_option("text", "json", "csv")
@source_option
@click.pass_obj
def explain(
    given: Given,
    contacts: tuple[str, ...],
    delivery: str | None,
    part: str | None,
    reason: str | None,
    told_class: str | None,
    form: str,
    source: str | None,
) -> int:
    """Say for each CONTACT in one sentence why it did or did not receive a delivery, the row that this rests
    on, and the next thing to try. "-" reads contacts from standard input; of several, each is
    named in full. With --delivery and no CONTACT:
    what became of the whole audience.

    \b
    parcours my.db explain ada@example.com --delivery "Mail A"
    parcours my.db explain --delivery "Mail A" --format csv - < addresses.txt
    parcours my.db explain --delivery "Mail A"
    parcours my.db explain --delivery "Mail A" --slice bounced --format csv
    """
    if not contacts and delivery is None:
        raise click.UsageError("name a contact, or --delivery for what became of its whole audience")
    if part is not None and (contacts or delivery is None):
        raise click.UsageError("--slice is of the audience of --delivery: without contacts")
    if (reason is not None and part is None) or (told_class is not None and reason is None):
        raise click.UsageError("--reason narrows --slice, and --class narrows --reason")
    names = names_given(contacts)

    async def work(opened: Source) -> int:
        subject = await _subject(opened, delivery)
        if subject is not None and part is not None:
            return await _print_members(opened, subject, _members(part, reason, told_class), form)
        if contacts or subject is None:
            return await _explain_all(opened, names, subject, form)
        return _print_audience(await opened.audience(subject), form)

    return with_source(given, source, work)


async def _subject(source: Source, delivery: str | None) -> Subject | None:
    from backend.model import SubjectKind
    from backend.source import pick_subject

    if delivery is None:
        return None
    return pick_subject(await source.catalog(SubjectKind.DELIVERY), delivery)


async def _explain_all(source: Source, names: Sequence[str], subject: Subject | None, form: str) -> int:
    """One answer a name, also for one that is nobody's or several people's; 1 where there was such a one."""
    from backend.source import PAGE_LIMIT

    if form == "csv":
        output.csv_row(COLUMNS)
    if len(names) == 1:
        contact = await pick_contact(source, names[0], subject)
        _print(names[0], await source.explain(contact.id, subject), form)
        return 0
    code = 0
    for start in range(0, len(names), PAGE_LIMIT):
        for answer in await source.explain_all(names[start : start + PAGE_LIMIT], subject):
            if answer.verdict is not None:
                _print(answer.asked, answer.verdict, form)
            else:
                _print_unknown(answer.asked, subject, answer.reason, form)
                code = 1
    return code


def _print_unknown(name: str, subject: Subject | None, reason: str, form: str) -> None:
    from tui.cli.rows import encode_cells

    delivery = subject.name if subject else None
    cells = (name, None, delivery, "no_such_contact", reason, *[None] * (len(COLUMNS) - 5))
    if form == "csv":
        output.csv_row(cells)
    elif form == "json":
        output.json_line(encode_cells(COLUMNS, cells))
    else:
        output.text(f"{name}: {reason}")


def _print(name: str, verdict: Verdict, form: str) -> None:
    from backend.explaining.verdict import crowd_line
    from backend.query.text import write_time
    from tui.cli.rows import encode_cells

    found = verdict.evidence
    at = write_time(found.at_ms) if found is not None and found.at_ms is not None else None
    crowd = crowd_line(verdict.crowd) if verdict.crowd else None
    if form == "text":
        _print_text(verdict, at, crowd)
        return
    until = None if verdict.until_ms is None else write_time(verdict.until_ms)
    cells = (
        *(
            name,
            verdict.contact,
            verdict.delivery,
            verdict.kind,
            verdict.sentence,
            verdict.next or None,
            until,
        ),
        *((found.source, at, found.id, found.text) if found else (None,) * 4),
        "; ".join(verdict.missing) or None,
        crowd,
    )
    if form == "csv":
        output.csv_row(cells)
    else:
        output.json_line(encode_cells(COLUMNS, cells))


def _print_text(verdict: Verdict, at: str | None, crowd: str | None) -> None:
    of = f"  {verdict.delivery}" if verdict.delivery else ""
    output.text(f"{verdict.contact}{of}: {verdict.sentence}")
    found = verdict.evidence
    if found is not None:
        place = f" row {found.id}" if found.id is not None else ""
        output.text(f"  rests on  {found.source}{place}{f', {at}' if at else ''}: {found.text}")
    for label, told in (
        ("next", verdict.next),
        ("missing", "; ".join(verdict.missing)),
        ("at the step", crowd),
    ):
        if told:
            output.text(f"  {label:<8}  {told}")


def _members(part: str, reason: str | None, told_class: str | None) -> Members:
    from backend.explaining.audience import Members
    from backend.model import BounceClass

    if told_class is not None and told_class not in tuple(BounceClass):
        raise click.UsageError(f'there is no class "{told_class}"; there are: {", ".join(BounceClass)}')
    bounce_class = None if told_class is None else BounceClass(told_class)
    return Members(slice=part, is_part=reason is not None, reason=reason or None, bounce_class=bounce_class)


async def _print_members(source: Source, subject: Subject, members: Members, form: str) -> int:
    from backend.source import PAGE_LIMIT, Direction

    begin(form)
    printed, cursor = 0, None
    while True:
        page = await source.audience_rows(
            subject, members, cursor, direction=Direction.NEWER, limit=PAGE_LIMIT
        )
        for row in page.rows:
            await print_row(source, row, form)
        printed += len(page.rows)
        cursor = page.newer
        if cursor is None or not page.has_newer:
            return 0 if printed else 1


def _print_audience(audience: Audience, form: str) -> int:
    from backend.explaining.audience import audience_notes
    from tui.cli.rows import encode_cells

    if form == "csv":
        output.csv_row(AUDIENCE_COLUMNS)
    for one in audience.slices:
        rows: list[tuple[str, str | None, str | None, int, int]] = [
            (one.name, None, None, one.share.contacts, one.share.messages)
        ]
        rows += [
            (
                one.name,
                part.bounce_class,
                part.reason or "(no reason told)",
                part.share.contacts,
                part.share.messages,
            )
            for part in one.parts
        ]
        for cells in rows:
            if form == "csv":
                output.csv_row(cells)
            elif form == "json":
                output.json_line(encode_cells(AUDIENCE_COLUMNS, cells))
            elif cells[2] is None:
                output.text(f"{cells[0]:<10} {cells[3]:>9}")
            else:
                told = f"{cells[1]}  {cells[2]}" if cells[1] else cells[2]
                output.text(f"  {cells[3]:>9}  {told}")
    for note in audience_notes(audience):
        output.note(note)
    return 0 if audience.slices[0].share.messages else 1
