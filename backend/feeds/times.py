"""The times of feeds, in the forms that products write them, to Unix milliseconds UTC.

A time that carries no zone is read in the zone that the person named, else as UTC. An hour that the
clocks repeat is read as the first one. Days come before months (31/12/2026): the products read here are
European; a feed that writes months first needs a reader of its own.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any, NamedTuple

from backend.errors import DecodeError

EARLIEST_MS = 631_152_000_000  # 1990-01-01
LATEST_MS = 4_102_444_800_000  # 2100-01-01

_TIME = (
    r"(?:[T,\s]+(?:(?:at|à|a|um|alle|às|las)\s+)*(?P<hour>\d{1,2})[:h](?P<minute>\d{2})"
    r"(?::(?P<second>\d{2})(?:[.,](?P<part>\d{1,9})\d*)?)?\s*(?P<half>[ap]\.?m\.?)?)?"
    r"\s*(?:(?:gmt|utc)(?=[+-]))?(?P<zone>[+-]\d{2}(?::?\d{2})?|z|[a-z]{2,4})?"
)
_FORMS = tuple(
    re.compile(rf"\s*{day}{_TIME}\s*\Z", re.IGNORECASE)
    for day in (
        r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})",
        r"(?P<day>\d{1,2})[-/.](?P<month>\d{1,2})[-/.](?P<year>\d{4})",
        r"(?:[^\W\d]{2,12}\.?,?\s+)?(?P<day>\d{1,2})(?:\.|er)?[\s-]+(?:de\s+)?"
        r"(?P<name>[^\W\d]{3,10})\.?,?[\s-]+(?:de\s+)?(?P<year>\d{4})",
        r"(?:[^\W\d]{2,12}\.?,?\s+)?(?P<name>[^\W\d]{3,10})\.?\s+(?P<day>\d{1,2}),?\s+(?P<year>\d{4})",
    )
)
MOST_DIGITS = 20
_NUMBER = re.compile(rf"\s*\d{{1,{MOST_DIGITS}}}(?:\.\d+)?\s*\Z", re.ASCII)
_LONGEST = 64
_PLAIN_FORMS, _PLAIN_FORMS_UTC = (19, 23), (20, 24)
"""Lengths of 2026-03-10T09:00:03 and 2026-03-10T09:00:03.400, without and with a Z."""
_EPOCH_DAY = datetime(1970, 1, 1, tzinfo=UTC).toordinal()

_MONTHS = (
    "jan gen ene",
    "feb fév fev",
    "mar mär mrz",
    "apr avr abr",
    "mai may mag",
    "jun juin giu",
    "jul juil lug",
    "aug aoû aou ago",
    "sep set",
    "oct okt ott out",
    "nov",
    "dec déc dez dic",
)
_MONTH = {start: number for number, starts in enumerate(_MONTHS, 1) for start in starts.split()}
_ZONE_HOURS = {
    **dict.fromkeys(("z", "utc", "gmt", "ut", "wet"), 0),
    **dict.fromkeys(("cet", "bst", "west"), 1),
    **dict.fromkeys(("cest", "eet"), 2),
    "eest": 3,
    **dict.fromkeys(("est", "cdt"), -5),
    **dict.fromkeys(("cst", "mdt"), -6),
    **dict.fromkeys(("mst", "pdt"), -7),
    "edt": -4,
    "pst": -8,
}


class Moment(NamedTuple):
    at_ms: int
    key_ms: int | None
    """The text read as UTC where it carried no zone; None where it told its zone."""


def read_time(value: Any, zone: tzinfo | None = None) -> Moment:
    """The moment that a number or a text stands for.

    Numbers count seconds, milliseconds, microseconds or nanoseconds since 1970, told by their size.
    Raises: DecodeError for what is no date, and for dates before 1990 or from 2100 on.
    """
    if type(value) is int:
        return _plausible(_epoch_ms(value), None)
    if isinstance(value, str):
        if value.isdigit() and value.isascii() and len(value) <= MOST_DIGITS:
            return _plausible(_epoch_ms(int(value)), None)
        if value[4:5] == value[7:8] == "-" and (moment := _read_plain(value, zone)):
            return moment
        if _NUMBER.match(value):
            return _plausible(_epoch_ms(float(value) if "." in value else int(value)), None)
        return _read_text(value, zone)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _plausible(_epoch_ms(value), None)
    raise DecodeError("a record without a date" if value is None else "a date that cannot be read")


def _epoch_ms(number: float) -> int:
    size = abs(number)
    if size < 1e11:
        return round(number * 1_000)
    if size < 1e14:
        return round(number)
    if not math.isfinite(size):
        raise DecodeError("a date that cannot be read")
    return round(number / (1e3 if size < 1e17 else 1e6))


def _read_plain(text: str, zone: tzinfo | None) -> Moment | None:
    """A date and time as ISO 8601 writes them, to the second or millisecond; None for other forms.

    The same answers as `_read_text` gives, in a third of its time: nearly every feed writes this form.
    """
    is_utc = text[-1] == "Z"
    if len(text) not in (_PLAIN_FORMS_UTC if is_utc else _PLAIN_FORMS) or text[10] not in "T ":
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    if is_utc:
        return _plausible(_clock_ms(read), None)
    if read.tzinfo is not None:
        return None
    as_utc = _clock_ms(read)
    if zone is None or zone is UTC:
        return _plausible(as_utc, as_utc)
    return _plausible(_start_ms(read.replace(microsecond=0), zone) + read.microsecond // 1_000, as_utc)


def _clock_ms(read: datetime) -> int:
    """What a clock that shows UTC says, in Unix milliseconds."""
    seconds = (read.hour * 60 + read.minute) * 60 + read.second
    return (read.toordinal() - _EPOCH_DAY) * 86_400_000 + seconds * 1_000 + read.microsecond // 1_000


def _read_text(text: str, zone: tzinfo | None) -> Moment:
    if not text.strip():
        raise DecodeError("a record without a date")
    match = next((m for form in _FORMS if (m := form.match(text))), None) if len(text) <= _LONGEST else None
    if match is None:
        raise DecodeError("a date that cannot be read")
    parts = match.groupdict()
    told = _told_zone(parts["zone"])
    try:
        start = datetime(
            int(parts["year"]),
            _month(parts),
            int(parts["day"]),
            _hour(parts),
            int(parts["minute"] or 0),
            tzinfo=UTC,
        )
        late_ms = _late_ms(parts)
        as_utc = _start_ms(start, UTC) + late_ms
        if told is not None:
            return _plausible(_start_ms(start, told) + late_ms, None)
        return _plausible(_start_ms(start, zone or UTC) + late_ms, as_utc)
    except (ValueError, OverflowError) as error:
        raise DecodeError("a date that cannot be read") from error


def _start_ms(start: datetime, zone: tzinfo) -> int:
    return int(start.replace(tzinfo=zone, fold=0).timestamp()) * 1_000


def _late_ms(parts: dict[str, str | None]) -> int:
    """Seconds and their part; a leap second (60) is the next minute's first."""
    second = int(parts["second"] or 0)
    if second > 60:
        raise ValueError("no such second")
    return second * 1_000 + int((parts["part"] or "0").ljust(3, "0")[:3])


def _month(parts: dict[str, str | None]) -> int:
    if number := parts.get("month"):
        return int(number)
    name = str(parts["name"]).casefold()
    found = _MONTH.get(name[:4]) or _MONTH.get(name[:3])
    if found is None:
        raise ValueError("no such month")
    return found


def _hour(parts: dict[str, str | None]) -> int:
    hour = int(parts["hour"] or 0)
    half = (parts["half"] or "").casefold()[:1]
    if not half:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError("no such hour")
    return hour % 12 + (12 if half == "p" else 0)


def _told_zone(text: str | None) -> tzinfo | None:
    if not text:
        return None
    if text[0] in "+-":
        digits = text[1:].replace(":", "").ljust(4, "0")
        minutes = int(digits[:2]) * 60 + int(digits[2:])
        if minutes >= 24 * 60 or int(digits[2:]) > 59:
            raise DecodeError("a date that cannot be read")
        return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))
    hours = _ZONE_HOURS.get(text.casefold())
    if hours is None:
        raise DecodeError("a date with a zone that is not known")
    return timezone(timedelta(hours=hours))


def _plausible(at_ms: int, key_ms: int | None) -> Moment:
    if not EARLIEST_MS <= at_ms < LATEST_MS:
        raise DecodeError("a date before 1990 or after 2099")
    return Moment(at_ms, key_ms)
