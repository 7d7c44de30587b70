"""Browser, system and device of a user agent, by the maintained rules of `ua-parser`."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

MOST_CHARACTERS = 500
"""A longer user agent is cut: the rules are regular expressions, and a stranger writes it."""
MOST_RAW = 40
UNKNOWN = "Other"


class Agent(NamedTuple):
    """What a person looks with; "" where the user agent does not tell. A browser that no rule knows is
    called as it calls itself."""

    browser: str
    system: str
    device: str


@lru_cache(maxsize=4_096)
def agent_of(user_agent: str | None) -> Agent:
    if not user_agent:
        return Agent("", "", "")
    from ua_parser import parse

    found = parse(user_agent[:MOST_CHARACTERS])
    browser, system, device = found.user_agent, found.os, found.device
    return Agent(
        (_versioned(browser.family, browser.major) if browser else "") or user_agent[:MOST_RAW],
        _versioned(system.family, system.major) if system else "",
        device.family if device and device.family != UNKNOWN else "",
    )


def _versioned(family: str, major: str | None) -> str:
    if family == UNKNOWN:
        return ""
    return f"{family} {major}" if major else family
