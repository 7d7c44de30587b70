"""The tracking of a delivery and of a recipient, as a person walks through it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from backend.model import Channel, EventKind
from backend.record import ContentRecord, DeliveryRecord, Event, Ref, UrlRecord

HTML = '<html><body><p>Dear Ada, <a href="https://shop.example/offer?id=7">our offer</a></p></body></html>'


async def choose(person: Any, name: str) -> None:
    await person.press("6", "b")
    await person.type(name)
    await person.press("enter")


@pytest.mark.parametrize(("width", "height"), [(80, 24), (200, 50)])
async def test_the_tabs_of_a_delivery_follow_one_another(
    console: Any, add: Callable[[list[Any]], None], width: int, height: int
) -> None:
    told = {"product": "brevo", "account": "default"}
    add(
        [
            ContentRecord(**told, delivery=Ref("42"), html=HTML),
            UrlRecord(**told, url="https://shop.example/offer?id=7", label="Offer"),
        ]
    )
    async with console(width, height) as person:
        await choose(person, "Mail A")
        assert "[6]Tracking" in person.lines[0]
        assert person.lines[1].startswith(" Mail A   ") and "[Summary]" in person.lines[1]
        assert "Initial" in person.screen  # its second word may stand in a second line
        await person.press("right_square_bracket")
        assert "Opens" in person.screen
        await person.press("right_square_bracket")
        assert "clicks by label" in person.lines[2] and "Cumulated" in person.screen
        await person.press("v")
        assert "clicks by url" in person.lines[2]
        await person.press("t")
        await person.type("first hour")
        await person.press("enter")
        assert "first hour" in person.lines[2]
        await person.press("t")
        await person.type("since")
        await person.press("enter", "right_square_bracket")
        assert "Dear Ada, [our offer 100.0 %]" in person.screen
        await person.press("right_square_bracket")
        assert (
            "https://shop.example/offer?id=7" in person.screen and "Thunderbird" in person.screen
        ) or width < 100
        await person.press("right_square_bracket")
        assert "Distinct opens" in person.screen
        await person.press("right_square_bracket")
        assert "[Summary]" in person.lines[1]


async def test_with_tracking_off_the_tab_says_so(console: Any, add: Callable[[list[Any]], None]) -> None:
    """F087"""
    off = DeliveryRecord(product="brevo", account="default", delivery=Ref("77", name="Quiet"), tracking=False)
    add([off])
    async with console(100, 40) as person:
        await choose(person, "Quiet")
        await person.press("right_square_bracket")
        assert "tracking was not enabled for this delivery" in person.screen


async def test_without_data_the_checks_stand_first(console: Any, add: Callable[[list[Any]], None]) -> None:
    """F088"""
    add([DeliveryRecord(product="brevo", account="default", delivery=Ref("78", name="Silent"))])
    async with console(200, 50) as person:
        await choose(person, "Silent")
        await person.press("right_square_bracket")
        assert "Why no data" in person.screen and "Tracking is enabled in the delivery" in person.screen
        assert "parcours tracking run" in person.screen


async def test_d_leads_to_the_tracking_log_of_the_delivery(console: Any) -> None:
    async with console(100, 40) as person:
        await choose(person, "Mail A")
        await person.press("d")
        assert "[2]Logs" in person.lines[0] and "[tracking]" in person.screen


@pytest.fixture
def phone(add: Callable[[list[Any]], None]) -> None:
    agent = (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/17.4 Mobile/15E148 Safari/604.1"
    )
    from backend.record import Identity

    add(
        [
            Event(
                product="brevo",
                account="default",
                key=("phone",),
                has_id=True,
                at_ms=1_773_139_000_000,
                kind=EventKind.CLICKED,
                type="click",
                channel=Channel.EMAIL,
                identities=(Identity("email", "ada@example.org"),),
                message="m-ada@example.org",
                delivery=Ref("42"),
                url="https://aaa.example/first",
                user_agent=agent,
            )
        ]
    )


def marked_here(person: Any) -> str:
    """The line of the cursor, which is marked."""
    return next(one for one in person.lines if one.startswith(">*"))


async def test_a_recipients_tracking_is_reached_from_the_trace_filtered_and_sorted(
    console: Any, phone: None
) -> None:
    async with console(200, 40) as person:
        await person.press("colon")
        await person.type("ada@")
        await person.press("enter", "u")
        assert "[4]Trace" in person.lines[0]
        assert "ada@example.org   Story  [Tracking]   3 rows" in person.lines[1]
        (line,) = [one for one in person.lines if "aaa.example" in one]
        assert "Mobile Safari 17" in line and "iOS 17" in line and "iPhone" in line and "Mail A" in line
        await person.press("o", "o")
        assert "by URL" in person.lines[1]
        shown = [one for one in person.lines if "example/" in one]
        assert "aaa.example" in shown[0] and "shop.example" in shown[1]
        await person.press("O")
        assert "by URL, backwards" in person.lines[1]
        shown = [one for one in person.lines if "example/" in one]
        assert "shop.example" in shown[0] and "aaa.example" in shown[1]
        await person.press("k", "enter")
        assert "template_id" in person.screen
        await person.press("enter", "g", "m", "G", "m", "quotation_mark")
        assert "2 marked" in person.lines[1] and "shop.example" in marked_here(person)
        await person.press("apostrophe", "U", "ctrl+f")
        assert "marked" not in person.lines[1]
        await person.type("shop")
        await person.press("enter")
        assert "shop.example" in next(one for one in person.lines if one.startswith(">"))
        await person.press("escape", "slash")
        await person.type("kind:opened")
        await person.press("enter")
        assert "/kind:opened   ada@example.org   Story  [Tracking]   1 row" in person.lines[1]
        await person.press("u")
        assert "[4]Trace" in person.lines[0] and "[Story]  Tracking" in person.lines[1]


async def test_tracking_rows_page_on_demand_and_are_sorted_beyond_a_page(
    console: Any, add: Callable[[list[Any]], None]
) -> None:
    """501 rows: three pages by time; sorted, all of them."""
    add([opened(n) for n in range(501)])
    async with console(160, 30) as person:
        await person.press("colon")
        await person.type("zoe@")
        await person.press("enter", "u")
        assert "200 rows, older ones above" in person.lines[1]
        await person.press("g")
        await person.until(" first ")
        await person.press("o", "o")
        assert "501 rows   by URL" in person.lines[1]
        assert "https://z.example/000" in person.lines[3]
        await choose(person, "Offer mail")
        for _ in range(4):
            await person.press("right_square_bracket")
        assert "200 rows, older ones above" in person.lines[2]
        await person.press("o", "o", "O")
        assert "501 rows; by URL, backwards" in person.lines[2].replace("   by", "; by")


def opened(n: int) -> Event:
    from backend.record import Identity

    return Event(
        product="brevo",
        account="default",
        key=("paged", str(n)),
        has_id=True,
        at_ms=1_773_139_000_000 + n * 1000,
        kind=EventKind.CLICKED,
        type="first" if n == 0 else "click",
        channel=Channel.EMAIL,
        identities=(Identity("email", "zoe@example.org"),),
        message=f"zoe{n}",
        delivery=Ref("43"),
        url=f"https://z.example/{n:03}",
    )


async def test_report_and_tracking_of_a_delivery_lead_to_each_other(console: Any) -> None:
    async with console(160, 40) as person:
        await choose(person, "Mail A")
        await person.press("m")
        assert "[1]Report" in person.lines[0] and "Mail A" in person.lines[1]
        await person.press("m")
        assert "[6]Tracking" in person.lines[0] and person.lines[1].startswith(" Mail A")
