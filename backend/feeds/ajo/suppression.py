"""Journey Optimizer's suppression list (Channels > Email settings > Suppression list > Download CSV)."""

from __future__ import annotations

from collections.abc import Iterator

from backend.errors import DecodeError
from backend.feeds.ajo.naming import PRODUCT
from backend.feeds.columns import Row, judge_columns, names_of
from backend.feeds.format import Format, Frame, Framing, Settings
from backend.feeds.times import read_time
from backend.record import Identity, Record, Rejected, SuppressionRecord

NAMES = names_of(
    {
        "value": "address|email|email address|address or domain|email address/domain|address/domain|domain",
        "type": "address type|addresstype",
        "category": "suppression category|suppressioncategory|reason category|bounce category",
        "reason": "failure reason|suppression reason|failurereason",
        "comments": "comment",
        "since": "added on|added at|added date|date added|created at|createdAt|creation date|created|date"
        "|suppressed on",
    }
)
_judge = judge_columns(
    NAMES,
    ("type", "value", "comments"),
    (("value",), ("type",), ("reason", "category", "comments")),
    unlike=("record", "event", "status", "st_text", "sib_type", "activityTypeId", "log date", "url", "id"),
)


def decode_suppression(frame: Frame, settings: Settings) -> Iterator[Record | Rejected]:
    """One address or domain that is not written to. Raises: DecodeError."""
    row = Row(frame.value, settings, NAMES)
    value, since = row.need("value"), row.text("since")
    kind = (row.text("type") or ("email" if "@" in value else "domain")).lower()
    if "domain" in kind:
        value = "@" + value.lstrip("@*")
    elif "@" not in value:
        raise DecodeError("an address without an @")
    category = row.text("category")
    reason = row.text("reason") or row.text("comments")
    yield SuppressionRecord(
        product=PRODUCT,
        account=settings.account,
        identity=Identity("email", value),
        reason=f"{category}: {reason}" if category and reason else reason or category or "suppressed",
        since_ms=read_time(since, settings.zone).at_ms if since else None,
    )


FORMATS: tuple[Format, ...] = (
    Format(
        name="ajo-suppression",
        product=PRODUCT,
        framing=Framing.CSV,
        summary="Suppression list, downloaded as CSV",
        gives="suppressed addresses and domains",
        recognise=lambda sample: _judge(sample.header),
        decode=decode_suppression,
    ),
)
