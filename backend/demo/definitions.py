"""What the shop has set up, as records of our own format: what no webhook tells.

Scenarios with their steps, what each message belongs to, who the contacts are, whom nobody may write to.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from backend.demo.catalogue import (
    ACCOUNT,
    BREVO_CAMPAIGNS,
    CART,
    CART_STEPS,
    LOYALTY,
    LOYALTY_STEPS,
    MAIL_CART,
    MAIL_FAVOURITES,
    MAIL_FIRST_ORDER,
    MAIL_WELCOME,
    PARCEL,
    PARCEL_STEPS,
    SMS_CART,
    SMS_GIFT,
    WELCOME,
    WELCOME_STEPS,
    Mail,
    Step,
)
from backend.demo.people import AJO_FIRST, BREVO_PEOPLE, Person, people

FORMAT = "parcours"


def definitions() -> Iterator[bytes]:
    """All records, in the order in which they belong in the store. The same ones again change nothing."""
    encode = msgspec.json.Encoder().encode
    for record in (*_scenarios(), *_deliveries(), *_people()):
        yield encode({"v": 1, **record, "account": ACCOUNT})


def _scenarios() -> Iterator[dict[str, Any]]:
    for product, key, name, steps in (
        ("brevo", f"name:{WELCOME}", WELCOME, WELCOME_STEPS),
        ("brevo", f"name:{CART}", CART, CART_STEPS),
        ("ajo", f"id:{LOYALTY.id}", LOYALTY.name, LOYALTY_STEPS),
        ("ajo", f"id:{PARCEL.id}", PARCEL.name, PARCEL_STEPS),
    ):
        scenario = {"product": product, "scenario_key": key, "scenario": name}
        yield {"record": "scenario", **scenario, "state": "live"}
        for position, step in enumerate(steps):
            yield {"record": "step", **scenario, **_step(step), "position": position, "next": list(step.next)}


def _step(step: Step) -> dict[str, Any]:
    return {"step_id": step.key, "step": step.name, "type": step.type}


def _deliveries() -> Iterator[dict[str, Any]]:
    for scenario, step, mail in (
        (WELCOME, "2", MAIL_WELCOME),
        (WELCOME, "5", MAIL_FAVOURITES),
        (WELCOME, "8", MAIL_FIRST_ORDER),
        (CART, "4", MAIL_CART),
    ):
        yield {**_sent_at(scenario, step), **_mail(mail), "channel": "email", "tracking": True}
    for scenario, step, tag, name in (
        (WELCOME, "6", SMS_GIFT, "SMS: A small gift"),
        (CART, "6", SMS_CART, "SMS: Last chance"),
    ):
        yield {**_sent_at(scenario, step), "delivery_key": f"tag:{tag}", "delivery": name, "channel": "sms"}
    for campaign in BREVO_CAMPAIGNS:
        named = {"campaign_id": str(campaign.number), "campaign": campaign.name}
        yield {"record": "delivery", "product": "brevo", "delivery_key": f"campaign:{campaign.number}",
               "delivery": campaign.name, "channel": "email", "tracking": True, **named}  # fmt: skip


def _sent_at(scenario: str, step: str) -> dict[str, Any]:
    return {"record": "delivery", "product": "brevo", "scenario_key": f"name:{scenario}", "step_id": step}


def _mail(mail: Mail) -> dict[str, Any]:
    return {"delivery_id": str(mail.template), "delivery": mail.subject, "subject": mail.subject}


def _people() -> Iterator[dict[str, Any]]:
    """Contacts with all that they are known by, and the suppressed among them."""
    for person in people():
        told = {"email": person.email, "first_name": person.first, "last_name": person.last}
        who = {"record": "contact", "product": "brevo", "contact_id": str(person.number + 1)}
        if person.number < BREVO_PEOPLE:
            yield {**who, **told, "phone": person.phone}
            if person.suppressed:
                yield _suppression("brevo", person, "blocklisted")
        if person.number >= AJO_FIRST:
            yield {
                **who,
                "product": "ajo",
                "contact_id": f"crmid:{person.crm_id}",
                **told,
                "phone": f"+{person.phone}",
            }
            if person.suppressed:
                yield _suppression("ajo", person, "hard bounce")


def _suppression(product: str, person: Person, reason: str) -> dict[str, Any]:
    return {"record": "suppression", "product": product, "email": person.email, "reason": reason}
