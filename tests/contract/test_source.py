"""What every source promises, whoever implements it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from backend.errors import NothingFound, UsageError
from backend.model import (
    EventKind,
    Histogram,
    LogName,
    Page,
    StepKind,
    SubjectKind,
    TopValues,
    Window,
)
from backend.query.language import ROSTER, Filter, parse, with_window
from backend.record import Event, Identity, Record, Ref, Rejected, ScenarioRow
from backend.reports.report import default_tab
from backend.source import METHODS, Direction, Source

NOW_MS = 1_773_144_000_000
HOUR_MS = 3_600_000


def ask(text: str = "", log: str = LogName.EVENT) -> Filter:
    return parse(text, now_ms=NOW_MS, log=log)


def event(
    number: int, at_ms: int, kind: EventKind = EventKind.DELIVERED, who: str = "ann", **more: Any
) -> Event:
    return Event(
        product="brevo",
        account="main",
        key=("event", str(number)),
        has_id=True,
        at_ms=at_ms,
        kind=kind,
        type=kind,
        identities=(Identity("email", f"{who}@example.com"),),
        **more,
    )


def entry(number: int, at_ms: int, who: str = "ann", kind: StepKind = StepKind.ENTERED) -> ScenarioRow:
    return ScenarioRow(
        product="brevo",
        account="main",
        key=("row", str(number)),
        at_ms=at_ms,
        kind=kind,
        type=kind,
        message="Le contact est entré",
        scenario=Ref("s1", name="Welcome"),
        identities=(Identity("email", f"{who}@example.com"),),
    )


def keys(page: Page) -> list[str]:
    return [row.key for row in page.rows]


async def whole(source: Source, log: LogName = LogName.EVENT) -> list[str]:
    return keys(await source.log(log, ask(log=log), limit=1_000))


# --- empty ----------------------------------------------------------------------------------------------


async def test_an_empty_source_answers_everything_with_nothing(filled: Any) -> None:
    source: Source = filled.source
    for log in LogName:
        page = await source.log(log, ask(log=log))
        assert page == Page(rows=(), older=None, newer=None, has_newer=False)
        assert await source.histogram(log, ask(log=log), 10) == Histogram()
        assert await source.top_values(log, ask(log=log), "kind") == TopValues()
        assert await source.raw(log, 1) is None
    for kind in SubjectKind:
        assert await source.catalog(kind) == ()
    roster = await source.roster(ask(log=ROSTER))
    assert (roster.rows, roster.total, roster.older, roster.newer) == ((), 0, None, None)
    assert await source.steps_inside() == ()
    assert await source.find_contacts("ann") == ()
    assert (await source.trace(1)).rows == ()
    assert await source.rejected() == await source.rejected(direction=Direction.OLDER) == ()
    health = await source.health()
    assert (health.events, health.scenario_rows, health.newest_ms, health.rejected) == (0, 0, None, ())
    with pytest.raises(NothingFound):
        await source.contact(1)


async def test_every_method_is_offered_or_says_why_not(filled: Any) -> None:
    capabilities = await filled.source.capabilities()
    assert capabilities.methods == METHODS


# --- paging ---------------------------------------------------------------------------------------------


def crowd() -> list[Record]:
    """20 rows, most of them in three milliseconds, so that pages end between rows of one time."""
    return [event(number, NOW_MS - HOUR_MS + number % 3) for number in range(20)]


@pytest.mark.parametrize("limit", [1, 3, 7, 19, 20, 21])
async def test_pages_forwards_and_backwards_are_one_big_read(filled: Any, limit: int) -> None:
    filled.add(crowd())
    source: Source = filled.source
    wanted = await whole(source)
    assert len(wanted) == 20
    backwards: list[str] = []
    cursor: str | None = None
    while True:
        page = await source.log(LogName.EVENT, ask(), cursor, limit=limit)
        assert page.has_newer == bool(backwards)
        backwards = keys(page) + backwards
        cursor = page.older
        if cursor is None:
            break
    assert backwards == wanted
    forwards: list[str] = []
    while True:
        page = await source.log(LogName.EVENT, ask(), cursor, direction=Direction.NEWER, limit=limit)
        assert (page.older is None) == (not forwards)
        forwards += keys(page)
        cursor = page.newer
        if not page.has_newer:
            break
    assert forwards == wanted


async def test_paging_neither_repeats_nor_skips_when_rows_come_meanwhile(filled: Any) -> None:
    filled.add(crowd())
    source: Source = filled.source
    before = await whole(source)
    first = await source.log(LogName.EVENT, ask(), limit=8)
    filled.add([event(100, NOW_MS - 1), event(101, NOW_MS - HOUR_MS - 5)])
    rest = await source.log(LogName.EVENT, ask(), first.older, limit=100)
    assert keys(first) == before[-8:]
    assert keys(rest)[1:] == before[:-8]
    assert rest.rows[0].at_ms == NOW_MS - HOUR_MS - 5, "a late row older than the page is simply there"
    assert first.newer is not None
    newer = await source.log(LogName.EVENT, ask(), first.newer, direction=Direction.NEWER)
    assert [row.at_ms for row in newer.rows] == [NOW_MS - 1]


async def test_a_page_beyond_the_end_leads_back(filled: Any) -> None:
    filled.add(crowd())
    source: Source = filled.source
    wanted = await whole(source)
    last = await source.log(LogName.EVENT, ask(), limit=1)
    beyond = await source.log(LogName.EVENT, ask(), last.newer, direction=Direction.NEWER)
    assert (beyond.rows, beyond.has_newer) == ((), False)
    assert beyond.newer is not None and beyond.older is not None
    back = await source.log(LogName.EVENT, ask(), beyond.older, limit=2)
    assert keys(back) == wanted[-2:]
    filled.add([event(100, NOW_MS)])
    fresh = await source.log(LogName.EVENT, ask(), beyond.newer, direction=Direction.NEWER)
    assert len(fresh.rows) == 1


@pytest.mark.parametrize("cursor", ["", "x", "1.2", "1.2.3.4.5", "1.2.3.e.e", f"{10**30}.0.0", "1.1.99"])
async def test_a_foreign_cursor_is_refused(filled: Any, cursor: str) -> None:
    with pytest.raises(UsageError):
        await filled.source.log(LogName.EVENT, ask(), cursor)
    with pytest.raises(UsageError):
        await filled.source.trace(1, cursor)


@pytest.mark.parametrize("cursor", ["", "x", "1.2", "1.2.x.run", f"1.2.{10**30}.run"])
async def test_a_foreign_roster_cursor_is_refused(filled: Any, cursor: str) -> None:
    with pytest.raises(UsageError):
        await filled.source.roster(ask(log=ROSTER), cursor)


async def test_a_query_of_another_log_is_refused(filled: Any) -> None:
    with pytest.raises(UsageError):
        await filled.source.log(LogName.EVENT, ask(log=LogName.SCENARIO))
    with pytest.raises(UsageError):
        await filled.source.roster(ask())


async def test_limits_are_kept_to_what_a_page_may_have(filled: Any) -> None:
    filled.add(crowd())
    assert len((await filled.source.log(LogName.EVENT, ask(), limit=0)).rows) == 1
    assert len((await filled.source.log(LogName.EVENT, ask(), limit=10**9)).rows) == 20


# --- rows -----------------------------------------------------------------------------------------------


async def test_a_row_carries_everything_it_was_told(filled: Any) -> None:
    told = event(
        1,
        NOW_MS - 5,
        EventKind.CLICKED,
        message="m1",
        message_id="<1@x>",
        delivery=Ref("7", name="Mail"),
        url="https://shop.example/",
        user_agent="Mozilla",
        ip="192.0.2.1",
        fields={"template_id": 7, "nested": {"a": [1, None]}},
        data={"total": 12.5},
    )
    filled.add([told])
    (row,) = (await filled.source.log(LogName.EVENT, ask())).rows
    assert (row.kind, row.type, row.contact, row.contact_namespace) == (
        *("clicked", "clicked", "ann@example.com", "email"),
    )
    assert (row.delivery, row.delivery_key, row.message, row.url) == (
        *("Mail", "id:7", "<1@x>", "https://shop.example/"),
    )
    assert (row.fields, row.data) == (told.fields, told.data)
    assert (row.product, row.account, row.format, row.domain) == ("brevo", "main", "made", "example.com")
    assert await filled.source.raw(LogName.EVENT, row.id) == b"made 0"
    assert (await filled.source.log(LogName.TRACKING, ask(log=LogName.TRACKING))).rows[0].key == row.key


async def test_repeats_are_hidden_until_asked_for(filled: Any) -> None:
    filled.add([event(1, NOW_MS - 10, message="m1")])
    filled.add([event(2, NOW_MS - 5, message="m1")], format="other")
    source: Source = filled.source
    assert len(await whole(source)) == 1
    (repeat,) = (await source.log(LogName.EVENT, ask("repeat:yes"))).rows
    assert repeat.repeat and repeat.at_ms == NOW_MS - 5
    assert len((await source.log(LogName.EVENT, ask("repeat:any"))).rows) == 2


async def test_rows_ahead_of_the_clock_are_shown_and_marked(filled: Any) -> None:
    filled.add([event(1, NOW_MS + HOUR_MS), event(2, NOW_MS)])
    rows = (await filled.source.log(LogName.EVENT, ask())).rows
    assert [row.skew for row in rows] == [False, True]
    health = await filled.source.health()
    assert (health.skewed, health.newest_ms) == (1, NOW_MS)


async def test_a_window_has_its_start_and_not_its_end(filled: Any) -> None:
    filled.add([event(number, NOW_MS - 10 + number) for number in range(10)])
    query = with_window(ask(), NOW_MS - 8, NOW_MS - 5)
    rows = (await filled.source.log(LogName.EVENT, query)).rows
    assert [row.at_ms for row in rows] == [NOW_MS - 8, NOW_MS - 7, NOW_MS - 6]


# --- follow ---------------------------------------------------------------------------------------------


async def test_follow_gives_rows_as_they_arrive_whatever_their_time(filled: Any) -> None:
    filled.add([event(1, NOW_MS)])
    arriving = filled.source.follow(LogName.EVENT, ask("kind:opened"))
    await filled.source.log(LogName.EVENT, ask())
    filled.add([event(2, NOW_MS - HOUR_MS, EventKind.OPENED), event(3, NOW_MS - 5)])
    first = await asyncio.wait_for(anext(arriving), 5)
    assert [row.at_ms for row in first.rows] == [NOW_MS - HOUR_MS]
    filled.add([event(4, NOW_MS - 3, EventKind.OPENED)])
    second = await asyncio.wait_for(anext(arriving), 5)
    assert [row.at_ms for row in second.rows] == [NOW_MS - 3]
    assert second.after > first.after
    await arriving.aclose()
    again = filled.source.follow(LogName.EVENT, ask("kind:opened"), after=first.after)
    assert (await asyncio.wait_for(anext(again), 5)).rows == second.rows
    await again.aclose()


async def test_follow_loses_nothing_that_comes_before_its_first_row_is_asked_for(filled: Any) -> None:
    arriving = filled.source.follow(LogName.SCENARIO, ask(log=LogName.SCENARIO))
    await filled.source.log(LogName.SCENARIO, ask(log=LogName.SCENARIO))
    filled.add([entry(1, NOW_MS - 50)])
    found = await asyncio.wait_for(anext(arriving), 5)
    assert len(found.rows) == 1
    await arriving.aclose()


# --- counting -------------------------------------------------------------------------------------------


async def test_histogram_over_a_window_shows_empty_bars_too(filled: Any) -> None:
    filled.add([event(1, NOW_MS - 3 * HOUR_MS), event(2, NOW_MS - 1, EventKind.COMPLAINED)])
    query = with_window(ask(), NOW_MS - 4 * HOUR_MS, NOW_MS)
    found = await filled.source.histogram(LogName.EVENT, query, 4)
    bars = found.bars
    assert found.counted_from_ms is None
    assert [(bar.total, bar.errors) for bar in bars] == [(0, 0), (1, 0), (0, 0), (1, 1)]
    assert [bar.end_ms - bar.start_ms for bar in bars] == [HOUR_MS] * 4


async def test_top_values_are_most_first_and_none_counts_too(filled: Any) -> None:
    reasons = ["full", "full", "gone", None]
    filled.add([event(n, NOW_MS - n, reason=reason) for n, reason in enumerate(reasons)])
    found = await filled.source.top_values(LogName.EVENT, ask(), "reason")
    assert [(one.value, one.count) for one in found.values] == [("full", 2), ("gone", 1), (None, 1)]
    assert (found.rows, found.counted_from_ms) == (4, None)
    assert len((await filled.source.top_values(LogName.EVENT, ask(), "reason", 1)).values) == 1
    for field in ("nonsense", "since", "ts; DROP TABLE event_log"):
        with pytest.raises(UsageError):
            await filled.source.top_values(LogName.EVENT, ask(), field)


async def test_the_names_in_the_data_of_all_rows_are_counted(filled: Any) -> None:
    data: list[dict[str, Any]] = [{"order_id": "A"}, {"order_id": "B", "sum": 3}, {}]
    filled.add([event(n, NOW_MS - n, data=one) for n, one in enumerate(data)])
    found = await filled.source.top_values(LogName.EVENT, ask(), "data")
    assert [(one.value, one.count) for one in found.values] == [
        ("data.order_id", 2),
        ("data.sum", 1),
        (None, 1),
    ]


async def test_of_a_flood_every_row_comes_to_who_wants_every_row(filled: Any) -> None:
    start = await filled.source.newest_id(LogName.EVENT)
    arriving = filled.source.follow(LogName.EVENT, ask("kind:opened"), start, every=True)
    filled.add([event(n, NOW_MS - n, EventKind.OPENED) for n in range(1_100)])
    filled.add([event(n, NOW_MS - n, EventKind.SENT) for n in range(3_000, 3_010)])
    filled.add([event(9_000, NOW_MS, EventKind.OPENED)])
    ids: list[int] = []
    while len(ids) < 1_101:
        found = await asyncio.wait_for(anext(arriving), 60)
        assert found.skipped == 0
        ids += [row.id for row in found.rows]
    assert ids == sorted(set(ids)) and len(ids) == 1_101
    await arriving.aclose()


async def test_report_counts_what_the_log_shows(filled: Any) -> None:
    filled.add([entry(1, NOW_MS - HOUR_MS), entry(2, NOW_MS - 2 * HOUR_MS, "bob")])
    (subject,) = await filled.source.catalog(SubjectKind.SCENARIO)
    assert (subject.name, subject.newest_ms, subject.inside) == ("Welcome", NOW_MS - HOUR_MS, 2)
    report = await filled.source.live_report(subject, default_tab(subject))
    figures = {figure.metric: figure.value for pane in report.panes for figure in pane.figures}
    assert figures["entered_contacts"] == 2
    window = Window(NOW_MS - HOUR_MS, NOW_MS)
    report = await filled.source.live_report(subject, default_tab(subject), window)
    figures = {figure.metric: figure.value for pane in report.panes for figure in pane.figures}
    assert figures["entered_contacts"] == 1


# --- people ---------------------------------------------------------------------------------------------


async def test_the_roster_pages_by_entry_and_counts_all(filled: Any) -> None:
    filled.add([entry(n, NOW_MS - 1_000 + n, f"user{n}") for n in range(9)])
    filled.add([entry(100, NOW_MS, "user3", StepKind.EXITED)])
    source: Source = filled.source
    shown: list[str] = []
    cursor: str | None = None
    while True:
        page = await source.roster(ask(log=ROSTER), cursor, limit=3)
        assert page.total == 8
        shown += [row.contact.partition("@")[0] for row in page.rows]
        cursor = page.newer
        if cursor is None:
            break
    assert shown == [f"user{n}" for n in range(9) if n != 3]
    back = await source.roster(ask(log=ROSTER), page.older, direction=Direction.OLDER, limit=2)
    assert [row.contact.partition("@")[0] for row in back.rows] == ["user5", "user6"]
    found = await source.roster(ask('user7 scenario:"welcome"', ROSTER))
    assert (found.total, found.rows[0].scenario, found.rows[0].state) == (1, "Welcome", "active")


async def test_contacts_are_found_by_any_identity_exactly_first(filled: Any) -> None:
    both = (Identity("email", "Ann.Lee@Example.com"), Identity("id", "CRM-7"))
    filled.add(
        [
            Event(
                product="brevo",
                account="main",
                key=("e",),
                at_ms=NOW_MS,
                kind=EventKind.OPENED,
                type="open",
                identities=both,
            ),
            event(1, NOW_MS, who="ann.lee@example.com.ann.lee"),
            event(2, NOW_MS, who="bob"),
        ]
    )
    source: Source = filled.source
    for text in ("ann.lee@EXAMPLE.com", "CRM-7", " ann.lee@example.com "):
        (found,) = await source.find_contacts(text)
        assert found.shown == "Ann.Lee@Example.com"
        assert set(found.identities) == {(one.namespace, one.value) for one in both}
        assert await source.contact(found.id) == found
    assert len(await source.find_contacts("Lee@ex")) == 2
    assert len(await source.find_contacts("an")) == 2
    assert len(await source.find_contacts("example.com", 2)) == 2
    assert await source.find_contacts("*") == await source.find_contacts("%") == ()


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
async def test_a_trace_merges_both_logs_by_time(filled: Any, limit: int) -> None:
    at = NOW_MS - HOUR_MS
    filled.add([event(n, at + 2 * n) for n in range(4)])
    filled.add([entry(n, at + 2 * n + n % 2) for n in range(4)])
    filled.add([event(50, at, who="bob")])
    (contact,) = await filled.source.find_contacts("ann@example.com")
    wanted = keys(await filled.source.trace(contact.id, limit=1_000))
    whole_page = await filled.source.trace(contact.id, limit=1_000)
    assert len(wanted) == 8
    assert [row.at_ms for row in whole_page.rows] == sorted(row.at_ms for row in whole_page.rows)
    assert {row.log for row in whole_page.rows} == {LogName.EVENT, LogName.SCENARIO}
    for direction in Direction:
        assert await _steps(filled.source, contact.id, direction, limit) == wanted


async def _steps(source: Source, contact: int, direction: Direction, limit: int) -> Sequence[str]:
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = await source.trace(contact, cursor, direction=direction, limit=limit)
        if direction is Direction.OLDER:
            found, cursor = keys(page) + found, page.older
        else:
            found, cursor = found + keys(page), page.newer if page.has_newer else None
        if cursor is None:
            return found


# --- set aside ------------------------------------------------------------------------------------------


async def test_records_set_aside_are_listed_in_order_with_reasons(filled: Any) -> None:
    pieces = [Rejected(raw=b"{%d" % n, reason="not JSON", place=f"a.json:{n}") for n in range(3)]
    filled.add([], pieces, format="brevo-webhook")
    source: Source = filled.source
    rows = await source.rejected()
    assert [(row.sample, row.reason, row.place, row.format) for row in rows] == [
        (piece.raw, "not JSON", piece.place, "brevo-webhook") for piece in pieces
    ]
    assert [row.place for row in await source.rejected(rows[0].id, 1)] == ["a.json:1"]
    back = await source.rejected(direction=Direction.OLDER)
    assert back == rows[::-1]
    assert await source.rejected(back[0].id, 1, direction=Direction.OLDER) == (rows[1],)
    assert await source.rejected(back[-1].id, direction=Direction.OLDER) == ()
    (count,) = (await source.health()).rejected
    assert (count.format, count.reason, count.count) == ("brevo-webhook", "not JSON", 3)


async def test_health_names_each_feed_with_its_newest_row(filled: Any) -> None:
    filled.add([event(1, NOW_MS - 5), event(2, NOW_MS - 9)])
    filled.add([entry(1, NOW_MS - 7)], format="list")
    feeds = (await filled.source.health()).feeds
    assert [(feed.product, feed.account, feed.format, feed.newest_ms) for feed in feeds] == [
        ("brevo", "main", "list", NOW_MS - 7),
        ("brevo", "main", "made", NOW_MS - 5),
    ]
