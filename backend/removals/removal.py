"""Taking contacts out of a scenario: what is asked, what is answered, and what became of it.

A removal is all or nothing, at most 50 contacts, and happens once for its key however often it is sent.
It writes a row of the scenario log for each contact; the product that runs the scenario has to be told,
and says itself later that it has done so. Pure: stores do the writing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

import msgspec

from backend.errors import Refused, UsageError
from backend.facts import REPEAT, SKEW, STEP_RANK, TEST
from backend.model import StepKind
from backend.settling import StepRow

MOST_REMOVED = 50
"""R40: one more is refused as a whole."""
LONGEST_KEY = 200

REMOVAL_FORMAT = "parcours-removal"
"""The format of rows that a removal wrote: how they are told from the product's own."""
REMOVAL_TYPE = "removed"
REMOVAL_TEXT = "Le contact a été supprimé manuellement du scénario"
REMOVAL_POINT = "exit"
"""`workflow_points` of these rows: the contact is through with the scenario."""

FOLLOWED_KINDS = (StepKind.ENTERED, StepKind.RESTARTED, StepKind.REMOVED)
"""The rows that decide what became of a removal."""
REMOVED = STEP_RANK[StepKind.REMOVED]


class RemovalState(StrEnum):
    """How far the product has followed."""

    REQUESTED = "requested"
    TOLD = "told"
    CONFIRMED = "confirmed"
    NOT_CARRIED_OUT = "not_carried_out"


class RemovalAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a removal did. Kept with its key, so it names contacts by handle only."""

    id: int
    key: str
    scenario_id: int
    at_ms: int
    actor: str
    contacts: tuple[int, ...]
    """Those that were taken out, in the order they were given."""
    replayed: bool = False
    """True: it had happened before under this key, and nothing was done now."""


class RemovalLine(msgspec.Struct, frozen=True, kw_only=True):
    """One contact of a removal as the product has to hear of it; `id` counts up and never repeats."""

    id: int
    removal_id: int
    key: str
    at_ms: int
    actor: str
    product: str
    account: str
    scenario_id: int
    scenario: str
    scenario_key: str
    """As in LogRow."""
    contact_id: int
    contact: str
    identities: tuple[tuple[str, str], ...] = ()
    step: str | None = None
    """Where the contact was."""
    state: RemovalState = RemovalState.REQUESTED
    attempts: int = 0
    """How often the product was to be told."""
    told_ms: int | None = None
    confirmed_ms: int | None = None
    refuted_ms: int | None = None
    next_try_ms: int | None = None
    error: str | None = None
    """What the last attempt failed with; None where it did not."""


class AuditLine(msgspec.Struct, frozen=True, kw_only=True):
    """One contact's removal as it is kept for good; it names the contact by handle only."""

    id: int
    at_ms: int
    actor: str
    action: str
    removal_id: int
    scenario_id: int
    contact_id: int
    outcome: str


def check_request(contacts: Sequence[int], key: str, actor: str) -> None:
    """Raises Refused or UsageError with the exact reason why this removal cannot be meant."""
    if not key.strip() or len(key) > LONGEST_KEY or not key.isprintable():
        raise UsageError(f"the key of a removal is 1 to {LONGEST_KEY} printable characters")
    if not actor.strip() or len(actor) > LONGEST_KEY:
        raise UsageError("a removal says who asks for it")
    if not contacts:
        raise Refused("no contact was named; nothing was removed")
    if len(contacts) > MOST_REMOVED:
        raise Refused(
            f"{len(contacts)} contacts were named and at most {MOST_REMOVED} are removed at once; "
            "nothing was removed"
        )


def refuse_duplicates(contacts: Sequence[int], shown: Mapping[int, str]) -> None:
    """Raises Refused where a contact is named twice."""
    twice = sorted({contact for contact in contacts if contacts.count(contact) > 1})
    if twice:
        names = ", ".join(shown.get(contact, f"contact {contact}") for contact in twice)
        raise Refused(f"named more than once: {names}; nothing was removed")


def refuse_gone(gone: Sequence[str], asked: int) -> None:
    """Raises Refused where some are not inside any more: they are named, nobody is removed."""
    if gone:
        verb = "is" if len(gone) == 1 else "are"
        raise Refused(
            f"{len(gone)} of {asked} {verb} no longer in the scenario: {', '.join(gone)}; nothing was removed"
        )


def body_hash(scenario_id: int, contacts: Iterable[int]) -> str:
    """What makes two requests of one key the same: scenario and set of contacts."""
    import hashlib  # OpenSSL, which only writers need

    body = msgspec.json.encode({"scenario": scenario_id, "contacts": sorted(contacts)})
    return hashlib.sha256(body).hexdigest()


def refuse_other_body(kept: str, asked: str, key: str) -> None:
    """Raises Refused where a key comes again with another request."""
    if kept != asked:
        raise Refused(f'the key "{key}" was used for another removal; nothing was removed')


def state_of(told_ms: int | None, confirmed_ms: int | None, refuted_ms: int | None) -> RemovalState:
    if confirmed_ms is not None:
        return RemovalState.CONFIRMED
    if refuted_ms is not None:
        return RemovalState.NOT_CARRIED_OUT
    return RemovalState.REQUESTED if told_ms is None else RemovalState.TOLD


# --- what became of it ---------------------------------------------------------------------------------


class Followed(msgspec.Struct):
    """A removal's row, and what later rows and lists say of it."""

    row: StepRow
    said_again: list[StepRow]
    """The product's own rows of the same removal: they confirm it and are not counted again (R41)."""
    refuted_ms: int | None = None
    """Time of the first complete list that still shows the contact."""

    @property
    def confirmed_ms(self) -> int | None:
        return self.said_again[0].ts if self.said_again else None


def follow_removals(rows: Iterable[StepRow], ours: int, listed: Iterable[int]) -> list[Followed]:
    """What became of the removals of one contact in one scenario.

    rows: its rows of FOLLOWED_KINDS. ours: code of REMOVAL_FORMAT. listed: times of the complete lists that
    show the contact. A product's removal row confirms the last removal at or before it unless the contact
    entered, or a complete list showed it, in between.
    """
    told: list[tuple[tuple[int, ...], StepRow | None]] = [
        ((row.ts, row.kind, row.format != ours, row.h), row)
        for row in rows
        if not row.flags & (SKEW | TEST) and (row.kind == REMOVED or not row.flags & REPEAT)
    ]
    told += [((at, 0, 0, 0), None) for at in listed]
    followed: list[Followed] = []
    current: Followed | None = None
    for place, row in sorted(told, key=lambda pair: pair[0]):
        if row is None:
            if current is not None and current.confirmed_ms is None:
                current.refuted_ms = place[0]
            current = None
        elif row.kind != REMOVED:
            current = None
        elif row.format == ours:
            current = Followed(row, [])
            followed.append(current)
        elif current is not None:
            current.said_again.append(row)
    return followed


def follow_all_removals(
    rows: Iterable[StepRow], ours: int, listed: Mapping[tuple[int, int], Iterable[int]]
) -> list[Followed]:
    """The same for everybody at once. listed: (scenario, contact) -> times of complete lists."""
    kinds = {STEP_RANK[kind] for kind in FOLLOWED_KINDS}
    pairs: dict[tuple[int, int], list[StepRow]] = {}
    for row in rows:
        if row.contact is not None and row.kind in kinds:
            pairs.setdefault((row.scenario_id, row.contact), []).append(row)
    return [
        removal
        for pair, mine in pairs.items()
        if any(row.format == ours for row in mine)
        for removal in follow_removals(mine, ours, listed.get(pair, ()))
    ]


def told_how(command: Sequence[str], product: str, *, is_remote: bool = False) -> str:
    """Whether the product that runs the scenario will hear of a removal, and how.

    is_remote: the source is a server, whose host tells the product, by settings of its own.
    """
    if is_remote:
        return f"The server tells {product} if its host has set on_removal; this side cannot know."
    if command:
        return f"{product} is told by the command {command[0]}."
    return f"Nobody tells {product}: no on_removal command is set, so it will go on unless you tell it."


def actor_here() -> str:
    """Who asks, where nobody has logged in: the user of this machine."""
    import getpass
    import socket

    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container without this user
        user = "unknown"
    return f"{user}@{socket.gethostname()}"
