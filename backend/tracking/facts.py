"""What a source reads of one delivery for its tracking, in one go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec

from backend.feeds.campaign.words import fold
from backend.model import Subject, TrackedLink
from backend.tracking.indicators import Ending, Population, population
from backend.tracking.missing import Evidence
from backend.tracking.reactions import Reactions

NOT_TOLD = "(not told)"
OFF_NOTE = "tracking was not enabled for this delivery"
PLATFORM_DAYS = 182
"""The whole UTC days that the platform's average looks back."""
_FORMAT_COLUMNS = frozenset({"emailformat", "formatdelemail", "formatemail", "format"})
_TEXT = frozenset({"1", "text", "texte", "plaintext"})


def is_text_only(fields: Mapping[str, Any]) -> bool | None:
    """Whether a delivery log row says that its message is text only; None where none of its columns tells."""
    for name, value in fields.items():
        if fold(name.rpartition("@")[2]) in _FORMAT_COLUMNS:
            return fold(str(value)) in _TEXT
    return None


def is_tracking(workflow: str) -> bool:
    """Whether a technical workflow is the one that collects tracking."""
    return "tracking" in workflow.casefold()


class View(StrEnum):
    """By what clicks are put together (R31)."""

    LABEL = "label"
    URL = "url"
    CATEGORY = "category"


class Platform(msgspec.Struct, frozen=True, kw_only=True):
    """What all deliveries of an account on one channel that began within the last six months came to; tests
    left out."""

    success: int
    recipient_click: int
    """Messages with a click."""
    total_click: int
    person_click: int | None = None
    """None where some click carries no source id, or rows are not read."""
    estimated_open: int | None = None
    """None where no feed tells how many of some delivery's messages are text only, or rows are not read."""
    is_counted_by_day: bool = False
    """The rows are too many to be read each time: day counts told the rest."""


class DeliveryFacts(msgspec.Struct, kw_only=True):
    """All that the tabs need of one delivery, from one read."""

    delivery: Subject
    now_ms: int
    include_test: bool = False
    endings: Sequence[Ending] = ()
    taken_into_account: Mapping[str, int] = {}
    """By mail domain, pending messages that the service provider has taken, which is a success."""
    text: int | None = None
    """Messages that are text only; None: no feed tells."""
    quarantined: int | None = None
    """Addresses of it that were put in quarantine after its sending; None: no list of them was read."""
    sent_ms: int | None = None
    """When the first message was sent."""
    newest_ms: int | None = None
    received_ms: int | None = None
    reactions: Reactions = msgspec.field(default_factory=Reactions)
    period_ms: int | None = None
    """Reactions are those within so long after the sending; None: all."""
    html: str | None = None
    listed: Mapping[str, TrackedLink] = {}
    """The tracked URLs that the delivery may have, by their key."""
    platform: Platform | None = None
    """None where nothing was delivered, and for tabs that do not show it."""
    evidence: Evidence

    @property
    def is_off(self) -> bool:
        """Whether tracking was not enabled: then opens and clicks are not known, and are not 0 (F087)."""
        return self.delivery.tracking is False and not self.reactions.rows

    @property
    def population(self) -> Population:
        return population(self.endings, sum(self.taken_into_account.values()))


def first_reaction_ms(reactions: Reactions) -> int | None:
    return min((min(times) for times in reactions.times.values()), default=None)


def last_reaction_ms(facts: DeliveryFacts) -> int:
    """Time of the last reaction, where the charts end."""
    return max(max(times) for times in facts.reactions.times.values())
