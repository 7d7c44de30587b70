"""Every source answers every question alike: what one finds by index, the other finds by looking at all."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from backend.model import Level, LogName, LogRow, Page, RosterRow, SubjectKind, level
from backend.query.language import ROSTER, parse
from backend.source import Direction, Source
from tests.contract import filling as feed

NOW_MS = feed.NOW_MS
HANDLES = {"id", "contact_id", "scenario_id", "step_id", "campaign_id", "delivery_id"}

SHARED = [
    "",
    "level:error",
    "level>=warning",
    "-level:info level>=info",
    'scenario:"welcome back"',
    "scenario:s1",
    "scenario:v7",
    'scenario:""',
    "-scenario:s1",
    "scenario:s1 scenario:s2 level>=warning",
    "step:t1",
    'step:"MAIL A" scenario:s1',
    'step:""',
    "delivery:d1",
    "contact:user3@gmail.com",
    "contact:CRM-3",
    "contact:USER4@Example.org -contact:user3@gmail.com",
    'contact:""',
    "contact:nobody@example.com",
    'reason:"MAILBOX"',
    "reason:boîte",
    'reason:""',
    '-reason:"user unknown"',
    "run:RUN-1",
    'run:""',
    "product:BREVO",
    "account:second",
    "format:made -product:ajo",
    "test:yes",
    "test:no",
    "repeat:yes",
    "repeat:any",
    "-repeat:yes",
    "skew:yes",
    "skew:no",
    "since:24h",
    "since:2026-03-09 until:2026-03-10",
    "until:2h repeat:any",
    "mailbox",
    "-mailbox",
    "user3",
    "u",
    "@example.org full",
    '"welcome back"',
    "nothing_like_this",
    "[a-z]*",
    "a_b%20c",
    "data.paid:true",
    "data.order_id:3",
    "data.items.0.sku:a-1",
    "data.cart.total:12.5",
    'data.order_id:""',
    "-data.order_id:3",
    "fields.template_id:2",
    "fields.tags.1:b",
]
EVENT = [
    "kind:opened",
    "kind:opened kind:clicked",
    "-kind:delivered",
    "kind:bounced class:hard",
    "class:soft",
    'class:""',
    "channel:email",
    'channel:""',
    "origin:campaign",
    "campaign:spring",
    "campaign:c1 kind:sent",
    'campaign:""',
    "domain:gmail.com",
    "platform:ios",
    "url:/offer",
    'url:""',
    "name:SPRING",
    "message:<mid@x>",
    'message:""',
    "<mid@x>",
    "ip:192.0.2.1",
    "user_agent:mozilla",
    "implied:sent",
    "implied:targeted",
    "machine:yes",
    "machine:no kind:opened",
    "type:delivered_x",
    "type:opened",
    "delivery:d1 kind:delivered kind:bounced -class:soft contact:user1@example.org",
]
SCENARIO = ["kind:entered", "-kind:entered", "message:entré", "entré", "origin:api", 'origin:""', "type:STEP"]
ROSTER_QUERIES = [
    "",
    "scenario:s1",
    'scenario:"welcome back" scenario:s0',
    "-scenario:s1",
    "step:t1",
    'step:""',
    "state:waiting",
    "state:active -step:t1",
    "contact:user3@gmail.com",
    "run:r1",
    'run:""',
    "since:24h",
    "until:1d",
    "user1",
    "example",
    "-example",
    "welcome",
]
CASES = [
    *((LogName.EVENT, text) for text in (*SHARED, *EVENT)),
    *((LogName.TRACKING, text) for text in (*SHARED, *EVENT) if "kind:" not in text),
    *((LogName.TRACKING, text) for text in ("kind:opened", "-kind:opened")),
    *((LogName.SCENARIO, text) for text in (*SHARED, *SCENARIO)),
]
EVENT_FIELDS = (
    *("kind", "type", "class", "channel", "origin", "level", "scenario", "step", "campaign", "delivery"),
    *("contact", "domain", "platform", "url", "name", "message", "reason", "ip", "run", "user_agent"),
    *("product", "account", "format", "machine", "test", "repeat", "skew", "implied"),
    *("data.order_id", "data.items.0.sku", "fields.tags", "data", "fields"),
)
SCENARIO_FIELDS = (
    "kind",
    "type",
    "level",
    "message",
    "origin",
    "scenario",
    "step",
    "contact",
    "run",
    "delivery",
)


def plain(row: LogRow | RosterRow) -> dict[str, Any]:
    """A row without the handles, which are each source's own."""
    values = msgspec.structs.asdict(row)
    return {name: value for name, value in values.items() if name not in HANDLES}


async def everything(
    source: Source, log: LogName, text: str, limit: int, direction: Direction
) -> list[dict[str, Any]]:
    """All rows of a query, page by page."""
    query = parse(text, now_ms=NOW_MS, log=log)
    rows: list[LogRow] = []
    cursor: str | None = None
    while True:
        page: Page = await source.log(log, query, cursor, direction=direction, limit=limit)
        assert page.searched_to_ms is None
        if direction is Direction.OLDER:
            rows = [*page.rows, *rows]
            cursor = page.older
        else:
            rows += page.rows
            cursor = page.newer if page.has_newer else None
        if cursor is None:
            return [plain(row) for row in rows]


@pytest.fixture(params=[1, 2, 3])
async def pair(request: pytest.FixtureRequest, all_filled: dict[str, Any]) -> tuple[Source, Source]:
    records = feed.make_records(request.param)
    for filled in all_filled.values():
        filled.add(records[:150])
        filled.add(records[150:])
        filled.add(records[40:120], format="other")
        again = [
            msgspec.structs.replace(record, key=("other", *record.key))
            for record in records[::5]
            if isinstance(record, feed.Event)
        ]
        filled.add(again, format="other")
    return all_filled["memory"].source, all_filled["sqlite"].source


async def test_a_log_is_the_same_for_every_query_read_in_any_steps(pair: tuple[Source, Source]) -> None:
    memory, sqlite = pair
    found = 0
    for log, text in CASES:
        wanted = await everything(memory, log, text, 1_000, Direction.OLDER)
        found += bool(wanted)
        for limit, direction in ((1_000, Direction.OLDER), (17, Direction.OLDER), (23, Direction.NEWER)):
            rows = await everything(sqlite, log, text, limit, direction)
            assert rows == wanted, (log, text, limit, direction)
    assert found > len(CASES) * 0.8, "most queries must find something, else this test says little"


async def test_following_from_the_start_finds_what_the_log_shows(pair: tuple[Source, Source]) -> None:
    memory, sqlite = pair
    for log, text in CASES:
        query = parse(text, now_ms=NOW_MS, log=log)
        wanted = await everything(memory, log, text, 1_000, Direction.OLDER)
        if not wanted:
            continue
        arriving = sqlite.follow(log, query, after=0, every=True)
        found = await anext(arriving)
        rows = sorted((row for row in found.rows), key=lambda row: (row.at_ms, row.key))
        assert sorted(row["key"] for row in wanted) == sorted(row.key for row in rows), (log, text)


async def test_histograms_are_the_same_and_add_up(pair: tuple[Source, Source]) -> None:
    memory, sqlite = pair
    for log, text in CASES:
        query = parse(text, now_ms=NOW_MS, log=log)
        rows = await everything(memory, log, text, 1_000, Direction.OLDER)
        for buckets in (1, 7, 100):
            bars = (await sqlite.histogram(log, query, buckets)).bars
            assert len(bars) <= buckets
            assert sum(bar.total for bar in bars) == len(rows), (log, text, buckets)
            for bar in bars:
                inside = [row for row in rows if bar.start_ms <= row["at_ms"] < bar.end_ms]
                weights = [level(row["kind"], row["bounce_class"]) for row in inside]
                counted = (len(inside), weights.count(Level.ERROR), weights.count(Level.WARNING))
                assert (bar.total, bar.errors, bar.warnings) == counted, (log, text, bar)
        if query.start_ms is not None and query.end_ms is not None:
            assert await sqlite.histogram(log, query, 9) == await memory.histogram(log, query, 9)


async def test_top_values_are_the_same(pair: tuple[Source, Source]) -> None:
    memory, sqlite = pair
    for log, fields in (
        (LogName.EVENT, EVENT_FIELDS),
        (LogName.TRACKING, ("kind", "url", "contact")),
        (LogName.SCENARIO, SCENARIO_FIELDS),
    ):
        for text in ("", "repeat:any", "level>=warning", "scenario:s1"):
            query = parse(text, now_ms=NOW_MS, log=log)
            for field in fields:
                wanted = await memory.top_values(log, query, field, 50)
                assert await sqlite.top_values(log, query, field, 50) == wanted, (log, text, field)


async def test_the_roster_is_the_same_for_every_query_read_in_any_steps(pair: tuple[Source, Source]) -> None:
    def place(row: dict[str, Any]) -> tuple[Any, ...]:
        return (row["entered_ms"], row["scenario"], row["contact"], row["run"], row["step_ms"])

    memory, sqlite = pair
    for text in ROSTER_QUERIES:
        query = parse(text, now_ms=NOW_MS, log=ROSTER)
        wanted = await memory.roster(query, limit=1_000)
        for limit in (1_000, 4):
            rows: list[RosterRow] = []
            cursor = None
            while True:
                page = await sqlite.roster(query, cursor, limit=limit)
                assert page.total == wanted.total, text
                rows += page.rows
                cursor = page.newer
                if cursor is None:
                    break
            got = sorted((plain(row) for row in rows), key=place)
            assert got == sorted((plain(row) for row in wanted.rows), key=place), text
            assert [row.entered_ms for row in rows] == sorted(row.entered_ms for row in rows)


async def test_catalogs_and_contacts_inside_are_the_same(pair: tuple[Source, Source]) -> None:
    memory, sqlite = pair
    for kind in SubjectKind:
        listed = [await source.catalog(kind) for source in pair]
        assert [[s.newest_ms for s in subjects] for subjects in listed] == [
            [s.newest_ms for s in listed[0]]
        ] * 2
        left, right = (
            sorted(
                (s.name, s.key, s.product, s.account, s.newest_ms or 0, s.inside, s.tracking)
                for s in subjects
            )
            for subjects in listed
        )
        assert left == right
    left, right = [
        sorted((s.scenario, s.step or "", s.active, s.waiting) for s in await source.steps_inside())
        for source in (memory, sqlite)
    ]
    assert left == right


async def test_contacts_and_their_traces_are_the_same(pair: tuple[Source, Source]) -> None:
    memory, sqlite = pair
    for text in ("user3@gmail.com", "CRM-4", "crm-4", "USER1", "er1@ex", "u", "+3361", "x_y", "%", "", "*"):
        answers = []
        for source in pair:
            found = await source.find_contacts(text, 100)
            answers.append(sorted((ref.shown, ref.product, ref.account, ref.identities) for ref in found))
        assert answers[0] == answers[1], text
    for ref in await memory.find_contacts("user", 100):
        twins = [
            twin for twin in await sqlite.find_contacts("user", 100) if twin.identities == ref.identities
        ]
        (twin,) = [twin for twin in twins if (twin.product, twin.account) == (ref.product, ref.account)]
        wanted = [plain(row) for row in (await memory.trace(ref.id, limit=1_000)).rows]
        assert [plain(row) for row in (await sqlite.trace(twin.id, limit=1_000)).rows] == wanted


async def test_health_counts_the_same(pair: tuple[Source, Source]) -> None:
    left, right = [await source.health() for source in pair]
    for name in ("events", "scenario_rows", "contacts", "messages", "newest_ms", "skewed", "rejected"):
        assert getattr(left, name) == getattr(right, name), name
