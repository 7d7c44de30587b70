"""Marketo's activities, from the REST API (JSON) and from bulk extracts (CSV), to rows of the event log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from backend.errors import DecodeError
from backend.feeds.columns import Row, names_of, plain_name
from backend.feeds.fields import id_of, text_of
from backend.feeds.format import Frame, Settings
from backend.feeds.intake import parse_json
from backend.feeds.marketo.pages import each_result
from backend.feeds.marketo.words import ACTIVITIES, NO_CLICKS, PRODUCT, TRUE, UNDONE, Activity
from backend.feeds.times import read_time
from backend.model import Channel, EventKind
from backend.record import Event, Identity, NamedBy, Record, Ref, Rejected

NAMES = names_of(
    {
        "guid": "marketoGUID|marketo guid",
        "id": "activityId|activity id",
        "lead_id": "leadId|lead id|person id",
        "date": "activityDate|activity date|activity date/time",
        "type_id": "activityTypeId|activity type id",
        "campaign_id": "campaignId|campaign id",
        "primary_id": "primaryAttributeValueId|primary attribute value id",
        "primary": "primaryAttributeValue|primary attribute value",
        "attributes": "",
        "result": "actionResult|action result",
    }
)
_URLS = {"1": ("webpage_url",), "11": ("link", "link_url", "url"), "3": ("link", "link_url")}
"""Where a type tells its link."""


def decode_page(frame: Frame, settings: Settings) -> Iterator[Record | Rejected]:
    """A page of activities, or one. Raises: DecodeError."""
    yield from each_result(frame, lambda body: _decode(body, settings))


def decode_extract_row(frame: Frame, settings: Settings) -> Iterator[Record | Rejected]:
    """A row of a bulk extract. Raises: DecodeError."""
    yield from _decode(frame.value, settings)


def _decode(body: Mapping[str, Any], settings: Settings) -> Iterator[Record | Rejected]:
    row = Row(body, settings, NAMES)
    type_id, raw_time = row.need("type_id"), row.need("date")
    activity = ACTIVITIES.get(type_id, Activity(type_id))
    moment = read_time(raw_time, settings.zone)
    told = _Attributes(row.raw("attributes"))
    lead, asset, campaign = (id_of(row.raw(name)) for name in ("lead_id", "primary_id", "campaign_id"))
    if lead is None:
        raise DecodeError("no leadId")
    name, result = row.text("primary"), (row.text("result") or "").lower()
    url = told.take(*_URLS.get(type_id, ()))
    kind = _kind(activity, url, result)
    guid, number = row.text("guid"), id_of(row.raw("id"))
    email = told.take("email") if activity.of_email else None
    details = told.take("details") if kind is EventKind.BOUNCED else None
    is_message = activity.of_email and asset is not None
    yield Event(
        product=PRODUCT,
        account=settings.account,
        key=(guid,)
        if guid
        else ("id", number)
        if number
        else (type_id, lead, raw_time, asset or "", url or ""),
        has_id=bool(guid or number),
        at_ms=moment.at_ms,
        key_ms=moment.key_ms,
        kind=kind,
        type=activity.name,
        bounce_class=activity.bounce_class if kind is EventKind.BOUNCED else None,
        channel=Channel.EMAIL if activity.of_email else None,
        machine=(told.take("bot_activity", "is_bot_activity") or "").lower() in TRUE,
        identities=(*((Identity("email", email),) if email else ()), Identity("id", lead)),
        message="|".join((asset or "", lead, campaign or "")) if is_message else None,
        delivery=Ref(asset, NamedBy.ID, name or "") if activity.of_email and asset else None,
        campaign=Ref(campaign) if campaign else None,
        run=told.take("campaign_run_id"),
        reason=details or (result if result in UNDONE else None),
        name=name,
        url=url or (name if kind is EventKind.LINK and type_id == "3" else None),
        platform=told.take("platform"),
        ip=told.take("client_ip_address"),
        user_agent=told.take("user_agent"),
        fields={**({"activityTypeId": type_id} if type_id == activity.name else {}), **told.rest, **row.rest},
    )


def _kind(activity: Activity, url: str | None, result: str) -> EventKind:
    if result in UNDONE:
        return UNDONE[result] if activity.kind is EventKind.SENT else EventKind.OTHER
    if activity.kind is EventKind.CLICKED and url and any(part in url.lower() for part in NO_CLICKS):
        return EventKind.LINK
    return activity.kind


class _Attributes:
    """The attributes of one activity, in the three forms in which Marketo writes them."""

    def __init__(self, value: Any) -> None:
        self.rest: dict[str, Any] = {}
        """What was not taken, by its own name."""
        for name, part in _pairs(value):
            if text_of(part) is not None:
                self.rest[name] = part

    def take(self, *names: str) -> str | None:
        """The first of these attributes, named as `plain_name` spells them; the others stay."""
        for name in names:
            for own, value in self.rest.items():
                if plain_name(own) == name:
                    del self.rest[own]
                    return text_of(value)
        return None


def _pairs(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, str):
        try:
            value = parse_json(value.encode())
        except DecodeError:
            yield "attributes", value
            return
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        for part in value:
            if isinstance(part, dict) and isinstance(part.get("name"), str):
                yield part["name"], part.get("value")
