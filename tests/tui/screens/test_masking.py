"""mask_contacts: no address of anybody is shown or copied in full."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.clean import masked, masked_bytes
from backend.json_lines import masked_json
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


async def test_addresses_are_masked_in_files(
    console: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with console(100, 30, mask=True) as person:
        for name, moves in (("a", ()), ("b", ("j",)), ("c", ("j", "j"))):
            await person.press("3", "d", "S")
            await person.until("Download these rows")
            await person.type(name)
            await person.press(*("down" for _ in moves), "enter")
            await person.when(lambda name=name: any(tmp_path.glob(f"{name}.*")), name)
    files = {path.suffix: path.read_text(errors="replace") for path in tmp_path.glob("[abc].*")}
    assert set(files) == {".csv", ".ndjson", ".raw"}
    assert all("ada@" not in text and "@" in text for suffix, text in files.items() if suffix != ".raw")
    assert all(json.loads(line)["v"] == 1 for line in files[".ndjson"].splitlines())


def test_json_stays_json_whatever_escapes_stand_before_an_address() -> None:
    encoded = msgspec.json.encode(
        {"contact": "\x07\tada@example.org", "a@b": ["x", {"y": "bob@example.net"}]}
    )
    assert msgspec.json.decode(masked_json(encoded)) == {
        "contact": "\x07\ta***@example.org",
        "a***@b": ["x", {"y": "b***@example.net"}],
    }


@pytest.mark.parametrize("is_ascii", [True, False])
@given(
    parts=st.lists(
        st.sampled_from(["ada", "@", "\x1b", "\t", "\n", "\u2028", "\\", '"', "/", "é", "%40", " "])
    )
)
def test_a_record_laid_out_stays_json_when_it_is_masked(is_ascii: bool, parts: list[str]) -> None:
    """Lines of a record are masked as text: an escape before an address was cut in the middle."""
    laid_out = json.dumps({"to": "".join(parts)}, indent=2, ensure_ascii=is_ascii)
    json.loads(masked(laid_out))


def test_bytes_that_are_no_text_keep_what_they_are() -> None:
    assert masked_bytes(b"\xff ada@example.org\n") == b"\xff a***@example.org\n"


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
        (r'{"to": "\u001bada@example.org"}', r'{"to": "\u001b***@example.org"}'),
        (r'{"to": "\nada@example.org"}', r'{"to": "\n***@example.org"}'),
        (r'{"to": "\"ada@example.org"}', r'{"to": "\"a***@example.org"}'),
    ],
)
def test_an_address_keeps_its_first_letter_and_its_domain(text: str, expected: str) -> None:
    assert masked(text) == expected
