"""When an AJO record happened and what its rows are keyed by."""

from __future__ import annotations

import msgspec

from backend.errors import DecodeError
from backend.feeds.ajo.xdm import Xdm
from backend.feeds.format import Settings
from backend.feeds.times import read_time


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """Account, own time and id of one XDM record."""

    account: str
    at_ms: int
    key_ms: int | None
    raw_time: str
    id: str | None

    def key(self, *content: str | None, of_many: tuple[str, ...] = ()) -> tuple[str, ...]:
        """The key of a row: `_id`, else what the row is made of, its time as raw text (R07, R09).

        of_many tells apart the rows that one record gives; it comes first, since `_id` is a stranger's and
        may be the mark of a given hash.
        """
        if self.id is not None:
            return (*of_many, self.id)
        return (*of_many, self.raw_time, *(part or "" for part in content))


def read_head(x: Xdm, settings: Settings) -> Head:
    """Raises: DecodeError where the record tells no time that can be read."""
    raw_time = x.take("timestamp")
    if raw_time is None:
        raise DecodeError("no timestamp")
    try:
        told = read_time(raw_time, settings.zone)
    except DecodeError as error:
        raise DecodeError(f"timestamp is {error}") from error
    return Head(
        account=settings.account,
        at_ms=told.at_ms,
        key_ms=told.key_ms,
        raw_time=raw_time,
        id=x.take("_id"),
    )
