"""mask_contacts: no address of anybody is shown or copied in full."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from backend.clean import masked
from widgets.shown import use_mask


@pytest.fixture(autouse=True)
def unmasked() -> Iterator[None]:
    yield
    use_mask(False)


async def test_addresses_are_masked_in_every_place_and_in_copies(console: Any) -> None:
    async with console(160, 45, mask=True) as person:
        for keys in (("3",), ("enter",), ("d",), ("enter",), ("2",), ("enter",), ("3", "a", "D")):
            await person.press(*keys)
            assert "ada@" not in person.screen and "bob@" not in person.screen
        assert "a***@example.org" in person.screen
        await person.press("escape")
        person.app.copy_to_clipboard("ada@example.org is inside")
        assert person.app.clipboard == "a***@example.org is inside"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ada@example.org", "a***@example.org"),
        ("to <j.doe+x@example.com>, k@e.jp", "to <j***@example.com>, k***@e.jp"),
        ("https://x.example/?u=ada%40example.org&a=1", "https://x.example/?u=a***%40example.org&a=1"),
        ('{"email":"ada@example.org"}', '{"email":"a***@example.org"}'),
        ("é.b@exämple.org", "é***@exämple.org"),
        ("50 % of 3 @ home", "50 % of 3 @ home"),
        ("no address", "no address"),
    ],
)
def test_an_address_keeps_its_first_letter_and_its_domain(text: str, expected: str) -> None:
    assert masked(text) == expected
