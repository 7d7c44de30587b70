"""A question before something that cannot be undone: only a confirmation confirms."""

from __future__ import annotations

from typing import Any

import pytest
from textual.app import App

from widgets.question import Question


class QuestionApp(App[None]):
    def __init__(self, **how: Any) -> None:
        super().__init__()
        self.question = Question("Remove 2 contacts from [b]Welcome[/]", **how)
        self.answers: list[bool | None] = []

    def on_mount(self) -> None:
        self.push_screen(self.question, self.answers.append)


HOW: dict[str, Any] = {
    "facts": [("Scenario", "Welcome [/]\x1b[2J"), ("Contacts", "2 marked")],
    "items": ["a.lang@example.org  id 1", "b\u202elang@example.org  id 2"],
    "warning": "This cannot be undone.",
    "confirm": "Remove",
}


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        (["escape"], False),
        (["2", "enter"], True),
        (["3", "backspace", "2", "enter"], True),
        (["2", "tab", "enter"], False),
        (["2", "tab", "tab", "enter"], True),
    ],
)
async def test_a_typed_question_is_confirmed_by_the_right_text_alone(keys: list[str], answer: bool) -> None:
    app = QuestionApp(typed="2", **HOW)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*keys)
        await pilot.pause()
        assert app.answers == [answer]


@pytest.mark.parametrize("keys", [["enter"], ["y", "enter"], ["2", "2", "enter"], ["tab", "tab", "y"]])
async def test_nothing_else_confirms(keys: list[str]) -> None:
    app = QuestionApp(typed="2", **HOW)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*keys)
        await pilot.pause()
        assert True not in app.answers


async def test_without_a_text_to_type_the_first_button_says_no() -> None:
    app = QuestionApp(**HOW)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter")
        await pilot.pause()
        assert app.answers == [False]


@pytest.mark.parametrize("size", [(80, 24), (20, 6), (1, 1)])
async def test_it_names_what_is_hit_one_a_line_with_a_badge_for_strange_names(size: tuple[int, int]) -> None:
    app = QuestionApp(typed="2", **HOW)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        text = "\n".join(
            "".join(part.text for part in strip) for strip in app.screen._compositor.render_strips()
        )
        if size == (80, 24):
            assert "a.lang@example.org  id 1" in text and "(?) b\\u202elang@example.org  id 2" in text
            assert "Welcome [/]␛[2J" in text and "Remove 2 contacts from [b]Welcome[/]" in text
