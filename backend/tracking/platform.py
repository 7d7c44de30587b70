"""The platform average: what all deliveries of an account on one channel came to. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from backend.tracking.facts import Platform
from backend.tracking.indicators import Indicators, Population


class Part(NamedTuple):
    """One of the deliveries."""

    population: Population
    indicators: Indicators


def platform_of(parts: Iterable[Part]) -> Platform | None:
    """All of them together; None where none had a success. What one of them cannot tell is not known."""
    listed = list(parts)
    success = sum(part.population.success for part in listed)
    if not success:
        return None
    found = [part.indicators for part in listed]
    return Platform(
        success=success,
        recipient_click=sum(one.recipient_click for one in found),
        total_click=sum(one.total_recipient_click for one in found),
        person_click=_sum([one.person_click for one in found]),
        estimated_open=_sum([one.estimated_recipient_open for one in found]),
    )


def _sum(values: list[int | None]) -> int | None:
    told = [value for value in values if value is not None]
    return sum(told) if len(told) == len(values) else None
