"""Browser, system and device of a user agent."""

from __future__ import annotations

import pytest

from backend.tracking.agents import agent_of
from tests.backend.tracking.access_lines import BROWSER

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.4 Mobile/15E148 Safari/604.1"
)


@pytest.mark.parametrize(
    ("user_agent", "expected"),
    [
        (IPHONE, ("Mobile Safari 17", "iOS 17", "iPhone")),
        (BROWSER, ("Chrome 120", "Windows 10", "")),
        ("Thunderbird", ("Thunderbird", "", "")),
        ("", ("", "", "")),
        (None, ("", "", "")),
        ("x" * 10_000, ("x" * 40, "", "")),
    ],
)
def test_what_a_person_looks_with(user_agent: str | None, expected: tuple[str, str, str]) -> None:
    assert agent_of(user_agent) == expected
