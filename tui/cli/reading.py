"""What the commands that read a source share: opening it, options of output, and times as typed."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from backend.collector import leave_in_peace
from backend.errors import BadData
from backend.open import is_address, is_database, open_source
from backend.waiting import run_without_loop
from tui.cli.given import Given

if TYPE_CHECKING:
    from backend.model import ContactRef, Subject
    from backend.query.language import Filter
    from backend.source import Source

Function = TypeVar("Function", bound=Callable[..., object])
T = TypeVar("T")

DEFAULT_LIMIT = 100


class Limit(click.ParamType[int | None]):
    """A number of rows from 1, or `all`, which is None."""

    name = "limit"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        if value == "all":
            return None
        try:
            number = int(str(value))
        except ValueError:
            number = 0
        if number < 1:
            self.fail(f'"{value}" is neither a number of rows from 1 nor "all"', param, ctx)
        return number


def format_option(*formats: str) -> Callable[[Function], Function]:
    """--format, with the first as what a person gets who asks for none."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="How to print.",
    )


def limit_option(function: Function) -> Function:
    """--limit N or all."""
    return click.option(
        "--limit",
        type=Limit(),
        default=str(DEFAULT_LIMIT),
        show_default=True,
        metavar="N|all",
        help="Rows at most.",
    )(function)


def filter_option(function: Function) -> Function:
    """--filter Q in the query language."""
    return click.option(
        "--filter",
        "wanted",
        default="",
        metavar="QUERY",
        help='For example: kind:bounced -class:soft "free text".',
    )(function)


def with_source(
    given: Given,
    option: str | None,
    work: Callable[[Source], Coroutine[Any, Any, T]],
    *,
    waits: bool = False,
) -> T:
    """Open the source that was named, let `work` use it, close it. waits: it waits for more than answers."""
    name = given.source(option)
    _refuse_feed(name)

    async def opened() -> T:
        if is_address(name):
            settings = given.settings
            source = await open_source(given.server or name, settings.sources, settings.servers)
        else:
            source = await open_source(name)
        try:
            return await work(source)
        finally:
            await source.close()

    if not waits and not is_address(name):
        return run_without_loop(opened())
    import asyncio

    leave_in_peace()
    return asyncio.run(opened())


def _refuse_feed(name: str) -> None:
    """Say what to do with a file that is no database. Raises: BadData."""
    path = Path(name)
    if is_address(name) or not path.is_file() or path.stat().st_size == 0:
        return
    if not is_database(path):
        raise BadData(
            f"{name} is not a database; to look at a feed: parcours {name}; "
            f"to keep it in one: parcours ingest {name} --db my.db"
        )


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def parse_query(text: str, log: str, since: str | None = None, until: str | None = None) -> Filter:
    """The filter of --filter, --since and --until. Raises: QueryError that carries the query's text."""
    from backend.errors import QueryError
    from backend.query.language import parse, with_window

    now = now_ms()
    try:
        query = parse(text, now_ms=now, log=log)
    except QueryError as error:
        error.add_note(text)
        raise
    start_ms = _time("--since", since, now) if since is not None else query.start_ms
    end_ms = _time("--until", until, now) if until is not None else query.end_ms
    if (start_ms, end_ms) == (query.start_ms, query.end_ms):
        return query
    return with_window(query, start_ms, end_ms)


async def pick_contact(source: Source, text: str, about: Subject | None = None) -> ContactRef:
    """The one contact that the text names; `about` says in whose account, where it does.

    Raises: NothingFound, Refused with the candidates.
    """
    from backend.errors import NothingFound, Refused

    found = await source.find_contacts(text, 20)
    if about is not None:
        found = tuple(c for c in found if (c.product, c.account) == (about.product, about.account)) or found
    folded = text.casefold()
    exact = [c for c in found if any(value.casefold() == folded for _, value in c.identities)]
    candidates = exact or list(found)
    if not candidates:
        raise NothingFound(f'no contact is known as "{text}"')
    if len(candidates) > 1:
        choices = ", ".join(f"{c.shown} ({c.product} {c.account})" for c in candidates[:10])
        raise Refused(f'"{text}" names {len(candidates)} contacts, say which: {choices}')
    return candidates[0]


def span_ms_of(option: str, text: str) -> int:
    """The length of a span such as 90m. Raises: click.UsageError."""
    from datetime import UTC

    from backend.query.text import read_time

    at_ms = read_time(text, now_ms=0, zone=UTC) if text[:1].isdigit() and text[-1:].isalpha() else None
    if at_ms is None or at_ms >= 0:
        raise click.UsageError(f'{option}: "{text}" is no span of time, such as 90m, 24h or 7d')
    return -at_ms


def span_ms(option: str, text: str) -> int:
    """How long a span of days or weeks is. Raises: click.UsageError."""
    from datetime import UTC

    from backend.model import DAY_MS
    from backend.query.text import read_time

    at_ms = read_time(text, now_ms=0, zone=UTC) if text[-1:].isalpha() and text[:1].isdigit() else None
    if at_ms is None or at_ms > -DAY_MS:
        raise click.UsageError(f'{option}: "{text}" is no span of a day or more, such as 90d or 12w')
    return -at_ms


def _time(option: str, value: str, now: int) -> int:
    from datetime import UTC

    from backend.query.text import TIME_HELP, read_time

    at_ms = read_time(value, now_ms=now, zone=UTC)
    if at_ms is None:
        raise click.UsageError(f'{option}: "{value}" is no time; {TIME_HELP}')
    return at_ms
