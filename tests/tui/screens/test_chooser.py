"""Narrowing a list of choices by typing."""

from __future__ import annotations

import pytest

from tui.screens.chooser import Choice, among

CHOICES = (
    Choice("open rate", "opened of delivered", 1),
    Choice("click rate", "clicked of delivered", 2),
    Choice("record", "a-" * 60 + "b-" * 60 + "Zürich " + "c-" * 30_000 + "the end", 3),
)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("", [1, 2, 3]),
        ("RATE", [1, 2]),
        ("clrt", [2]),
        ("delivered", [1, 2]),
        ("rate delivered", [1, 2]),
        ("zzz", []),
        ("aaaaabbbbb", [3]),  # combinations of them are more than can be tried
        ("zürich", [3]),
        ("the end", [3]),  # what stands together is found anywhere
        ("zhd", []),  # letters apart only near the beginning, where they still say something
    ],
)
async def test_letters_in_their_order_find_a_choice(typed: str, found: list[int]) -> None:
    assert [choice.value for choice in await among(CHOICES)(typed)] == found


async def test_what_stands_together_comes_first() -> None:
    apart, together = Choice("sent of all", "", 1), Choice("soft bounces", "", 2)
    assert await among([apart, together])("so") == [together, apart]
