"""Where a contact inside stands in each order of the roster, and the cursors that are made of it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from backend.errors import UsageError
from backend.model import RosterOrder, RosterRow
from backend.sources.cursors import HIGHEST, LOWEST

RosterPlace = tuple[int | str, ...]
"""The values by which rows are sorted, up to scenario, contact and run, which tell all rows apart. Of the
order by step the first two say where (scenario, step or 0), and the source puts those into their order."""

_KINDS: dict[RosterOrder, tuple[type, ...]] = {
    RosterOrder.ENTERED: (int, int, int, str),
    RosterOrder.CONTACT: (str, int, int, str),
    RosterOrder.STEP: (int, int, int, int, str),
    RosterOrder.AT_STEP: (int, int, int, str),
}
_WRONG = "this is no cursor of the contacts inside in this order; take one from a page"


def place_of(row: RosterRow, order: RosterOrder, name: str | None = None) -> RosterPlace:
    """The place of a row. name: what it is sorted by where that is not what is shown."""
    last = (row.scenario_id, row.contact_id, row.run)
    match order:
        case RosterOrder.ENTERED:
            return (row.entered_ms, *last)
        case RosterOrder.CONTACT:
            return (row.contact.casefold() if name is None else name, *last)
        case RosterOrder.AT_STEP:
            return (row.step_ms, *last)
        case RosterOrder.STEP:
            return (row.scenario_id, row.step_id or 0, row.entered_ms, row.contact_id, row.run)


def encode_roster_cursor(place: RosterPlace, order: RosterOrder) -> str:
    return msgspec.json.encode((order, *place)).decode()


def decode_roster_cursor(text: str | None, order: RosterOrder) -> RosterPlace | None:
    """Raises UsageError for what is no cursor of the roster in this order."""
    if text is None:
        return None
    try:
        given = msgspec.json.decode(text, type=list[int | str])
    except (msgspec.MsgspecError, RecursionError) as error:
        raise UsageError(_WRONG) from error
    place = tuple(given[1:])
    if given[:1] != [order] or not _fits(place, _KINDS[order]):
        raise UsageError(_WRONG)
    return place


def _fits(place: Sequence[int | str], kinds: Sequence[type]) -> bool:
    return len(place) == len(kinds) and all(
        isinstance(value, kind) and (isinstance(value, str) or LOWEST <= value <= HIGHEST)
        for value, kind in zip(place, kinds, strict=True)
    )
