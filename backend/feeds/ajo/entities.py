"""The entity data set: names of journeys, campaigns and the actions that send their messages."""

from __future__ import annotations

from backend.errors import DecodeError
from backend.feeds.ajo.naming import (
    ENTITY_CHANNEL,
    PRODUCT,
    campaign,
    channel,
    delivery,
    scenario,
)
from backend.feeds.ajo.xdm import Xdm
from backend.record import CampaignRecord, DeliveryRecord, Record


def decode_entities(x: Xdm, account: str) -> list[Record]:
    """What a published message is called, and to what it belongs. It is no row of a log."""
    ref, records = scenario(x, account)
    mailing = campaign(x)
    sent = delivery(x)
    if mailing is not None:
        records.append(CampaignRecord(product=PRODUCT, account=account, campaign=mailing))
    if sent is not None:
        told = channel(
            x.peek(ENTITY_CHANNEL + "channel._id"),
            *(word for word in ("email", "push", "sms") if ENTITY_CHANNEL + word in x),
        )
        subject = x.peek(ENTITY_CHANNEL + "email.subject", ENTITY_CHANNEL + "push.title")
        records.append(
            DeliveryRecord(
                product=PRODUCT,
                account=account,
                delivery=sent,
                channel=told,
                subject=subject,
                scenario=ref,
                campaign=mailing,
            )
        )
    if not records:
        raise DecodeError("an entity without the id of a journey, a campaign or a message")
    return records
