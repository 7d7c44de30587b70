"""Any number of a report opens to the rows that make it, and back leads to the number again."""

from __future__ import annotations

from typing import Any

from tui.screens.drill import DrillScreen
from widgets.figure import FigureValue
from widgets.figure_row import FigureRow
from widgets.pane_page import PanePage


async def go_to(person: Any, pane: str) -> None:
    page = person.app.screen.query_one(PanePage)
    page.focus_pane(pane)
    await person.settled()


async def test_a_figure_opens_as_many_lines_as_it_says_and_back_leads_to_it(console: Any) -> None:
    async with console(120, 40) as person:
        await go_to(person, "journey_statistics")
        await person.press("enter")
        assert "Entered profiles, Welcome" in person.lines[1]
        assert "2 lines of 2, one for each contact; 2026-03-09 12:00 - " in person.lines[2]
        shown = [line for line in person.lines[3:] if "ada@example.org" in line or "bob@example.net" in line]
        assert len(shown) == 2
        await person.press("escape")
        pane = person.app.screen.query_one(PanePage).focused_pane
        assert pane is not None and pane.pane_id == "journey_statistics"
        assert isinstance(pane.figures.cursor_figure, FigureValue)


async def test_a_line_opens_to_its_fields_and_leads_to_its_contact(console: Any) -> None:
    async with console(120, 40) as person:
        await go_to(person, "journey_statistics")
        await person.press("enter", "enter")
        assert "workflow_points" in person.screen
        await person.press("d")
        assert "[4]Trace" in person.screen


async def test_a_row_with_several_numbers_asks_which(console: Any) -> None:
    async with console(120, 40) as person:
        await go_to(person, "journey_performance")
        await person.press("j", "enter")
        assert "Open which number" in person.screen
        await person.type("error")
        await person.press("enter")
        assert "Error in actions: Send mail A, Welcome" in person.screen
        assert "1 line of 1, one for each row" in person.screen and "503" in person.screen


async def test_contacts_inside_open_in_the_place_of_contacts(console: Any) -> None:
    async with console(120, 40) as person:
        await go_to(person, "journey_performance")
        await person.press("j", "j", "enter")
        await person.when(lambda: "[3]Contacts" in person.screen, "contacts")
        await person.until("ada@example.org")
        assert "bob@example.net" not in person.screen
        await person.press("escape")  # at once: the filter is part of what was opened
        assert "Welcome   scenario 1 of 2" in person.lines[1]
        await person.press("3", "escape")  # and is one as any other for who comes there later
        await person.when(lambda: "scenario:" not in person.screen, "all contacts")


async def test_a_reason_opens_its_rows_and_a_rate_opens_its_part(console: Any) -> None:
    async with console(120, 40) as person:
        await person.press("right_square_bracket")
        await go_to(person, "email_bounces_reasons")
        await person.press("enter")
        assert "Bounces: user unknown, Welcome" in person.screen and "1 line" in person.screen
        await person.press("escape")
        await go_to(person, "email_sending_statistics")
        await person.press("l", "l", "l", "l", "enter")
        assert "Bounce rate, Welcome" in person.screen
        assert isinstance(person.app.screen, DrillScreen) and "user unknown" in person.screen


async def test_a_delivery_opens_its_own_report_and_back_leads_to_the_scenario(console: Any) -> None:
    async with console(120, 40) as person:
        await person.press("right_square_bracket")
        await go_to(person, "email_metrics")
        await person.press("enter")
        assert "Mail A   delivery   [Email]" in person.lines[1]
        assert "Outcome of the messages sent" in person.screen
        await person.press("enter")
        assert "Sent, Mail A" in person.screen and "2 lines of 2, one for each message" in person.screen
        await person.press("escape", "escape")
        assert "Welcome   scenario 1 of 2   Journey  [Email]" in person.lines[1]


async def test_back_from_a_delivery_leads_to_its_row_and_to_the_action_that_was_counted(console: Any) -> None:
    async with console(80, 24) as person:
        await person.press("right_square_bracket")
        await go_to(person, "email_bounces_by_email")
        screen, scrolled = person.app.screen, person.app.screen.query_one(PanePage).scroll_y
        screen._only = (2, "Send mail A")
        await person.press("enter")
        assert "Mail A   delivery   [Email]" in person.lines[1] and "only Send mail A" not in person.screen
        await person.press("6")  # the tracking of this one, whichever was looked at last
        await person.when(lambda: person.lines[1].startswith(" Mail A"), "its tracking")
        await person.press("escape", "escape")
        assert "only Send mail A" in person.screen
        page = screen.query_one(PanePage)
        assert page.focused_pane is not None and page.focused_pane.pane_id == "email_bounces_by_email"
        assert page.scroll_y == scrolled > 0
        await person.press("left_square_bracket", "tab", "l", "right_square_bracket", "left_square_bracket")
        figures = screen.focused
        assert isinstance(figures, FigureRow) and figures.cursor_key == "exited_contacts Exited profiles"


async def test_help_on_a_metric_tells_formula_denominator_and_products(console: Any) -> None:
    async with console(120, 40) as person:
        await person.press("right_square_bracket")
        await go_to(person, "email_sending_statistics")
        await person.press("l", "l", "l", "l", "question_mark")
        for text in ("Bounces ÷ Sent", "over Sent", "Journey Optimizer", "hard and soft bounces"):
            assert text in person.screen, text


async def test_a_line_opens_to_every_row_of_its_message_and_each_of_these_to_its_fields(console: Any) -> None:
    async with console(120, 60) as person:
        await person.press("right_square_bracket")
        await go_to(person, "email_metrics")
        await person.press("enter", "enter", "k", "enter")
        below = [line for line in person.lines if "└ 03-10" in line]
        assert [line.split()[3] for line in below] == ["sent", "delivered", "opened", "clicked"]
        assert "4 rows of this message, oldest first" in person.screen
        assert "2 lines of 2, one for each message" in person.screen  # rows below a line are none
        await person.press("j", "enter", "j", "j", "enter")
        assert person.screen.count("event_id") == 2 and "Thunderbird" in person.screen
        assert "\n".join(person.lines).count('"piece"') == 2  # the record of each
        await person.press("k", "k", "k", "enter")
        assert "└" not in person.screen and "event_id" not in person.screen
        await person.press("enter")
        assert person.screen.count("event_id") == 2  # what was open below it still is


async def test_every_way_out_of_a_drill_leads_back_to_its_cursor(console: Any) -> None:
    async with console(120, 40) as person:
        await go_to(person, "journey_statistics")
        await person.press("enter", "k", "enter")
        drill = person.app.screen
        chosen = drill.feed.list.cursor_key
        for key, place in (("slash", "[2]Logs"), ("d", "[4]Trace")):
            await person.press(key)
            await person.when(lambda place=place: place in person.screen, place)
            while person.app.screen is not drill and "[1]Report" not in person.screen:
                await person.press("escape")  # a filter, and what follows, go first
            assert person.app.screen is drill and drill.feed.list.cursor_key == chosen
            assert "workflow_points" in person.screen
        await person.press("escape")
        assert "Welcome   scenario 1 of 2" in person.lines[1]
        await person.press("enter", "2", "1")  # the key of the report leads to the report itself
        assert "Welcome   scenario 1 of 2" in person.lines[1]


async def test_what_a_number_counts_is_said_as_a_query_that_is_copied_and_changed(console: Any) -> None:
    async with console(120, 40) as person:
        await person.press("right_square_bracket")
        await go_to(person, "email_bounces_reasons")
        await person.press("enter")
        assert "event log: scenario:Welcome kind:bounced channel:email machine:no" in person.lines[3]
        assert 'reason:"user unknown" since:2026-03-09T12:00Z' in "".join(person.lines[3:5])
        copied = []
        person.app.copy_to_clipboard = copied.append
        await person.press("y")
        assert "logs event --limit all --filter 'scenario:Welcome kind:bounced" in copied[0]
        await person.press("slash")
        await person.when(lambda: "[2]Logs" in person.screen, "the logs")
        await person.until("1 row")
        assert "bob@example.net" in person.screen


async def test_a_point_of_a_chart_opens_what_it_counts_and_back_leads_to_it(console: Any) -> None:
    async with console(120, 40) as person:
        await go_to(person, "actions")
        await person.press("c")
        assert "11:00 - 12:00" in person.screen
        await person.press(*["h"] * 4)  # 07:00, in which ada's action was done
        assert "Actions executed 1" in person.screen and "Error in actions 0" in person.screen
        await person.press("enter")
        assert "Actions executed 03-10 07:00 - 08:00, Welcome" in person.lines[1]
        assert "1 line of 1" in person.screen
        await person.press("escape")
        assert "Actions executed 1" in person.screen
        await person.press("escape")
        assert "07:00 - 08:00" not in person.screen


async def test_a_range_of_a_chart_becomes_the_window_and_back_leads_to_the_one_before(console: Any) -> None:
    async with console(120, 40) as person:
        await go_to(person, "actions")
        await person.press("c", *["h"] * 4, "space", "h", "h", "enter")
        assert "zoomed in: Z goes back" in person.lines[2]
        assert "2026-03-10 05:00 - 08:00 UTC" in person.lines[2]
        await person.press("Z")
        assert "live, last 24 h" in person.lines[2]
        await person.press("c", "space", "escape", "escape")
        assert "cursor:" not in person.lines[2] and "live, last 24 h" in person.lines[2]
