"""Records of our own format that are no rows of a log: people, entities, lists, technical runs."""

from __future__ import annotations

from backend.errors import DecodeError
from backend.feeds.own import names
from backend.feeds.own.reading import Fields
from backend.feeds.own.rows import account, product
from backend.model import Channel, RosterState
from backend.record import (
    CampaignRecord,
    ContactRecord,
    ContentRecord,
    DeliveryRecord,
    NamedBy,
    Record,
    Ref,
    RosterComplete,
    RosterRecord,
    ScenarioRecord,
    StepRecord,
    SuppressionRecord,
    UrlRecord,
    WorkflowRun,
)


def decode_contact(fields: Fields) -> list[Record]:
    people = fields.needed_identities()
    return [
        ContactRecord(
            product=product(fields),
            account=account(fields),
            identities=people,
            fields=fields.rest(names.CONTACT),
        )
    ]


def decode_scenario(fields: Fields) -> list[Record]:
    return [
        ScenarioRecord(
            product=product(fields),
            account=account(fields),
            scenario=_entity(fields, "scenario"),
            version=fields.text("version"),
            state=fields.text("state"),
        )
    ]


def decode_step(fields: Fields) -> list[Record]:
    return [
        StepRecord(
            product=product(fields),
            account=account(fields),
            scenario=fields.needed_ref("scenario"),
            step=_entity(fields, "step"),
            type=fields.text("type"),
            position=fields.count("position"),
            next=fields.listed("next"),
        )
    ]


def decode_campaign(fields: Fields) -> list[Record]:
    campaign = _entity(fields, "campaign")
    return [CampaignRecord(product=product(fields), account=account(fields), campaign=campaign)]


def decode_delivery(fields: Fields) -> list[Record]:
    return [
        DeliveryRecord(
            product=product(fields),
            account=account(fields),
            delivery=_entity(fields, "delivery", *names.DELIVERY_IDS),
            channel=fields.choice("channel", Channel),
            subject=fields.text("subject"),
            scenario=fields.ref("scenario"),
            step=fields.ref("step"),
            campaign=fields.ref("campaign", *names.CAMPAIGN_IDS),
            tracking=fields.truth("tracking"),
        )
    ]


def decode_url(fields: Fields) -> list[Record]:
    return [
        UrlRecord(
            product=product(fields),
            account=account(fields),
            url=fields.required("url"),
            url_id=fields.text("url_id"),
            label=fields.text("label"),
            type=fields.text("type"),
            category=fields.text("category"),
            delivery=fields.ref("delivery", *names.DELIVERY_IDS),
        )
    ]


def decode_content(fields: Fields) -> list[Record]:
    delivery = fields.ref("delivery", *names.DELIVERY_IDS)
    if delivery is None:
        raise DecodeError("content without a delivery")
    return [
        ContentRecord(
            product=product(fields),
            account=account(fields),
            delivery=delivery,
            html=fields.required("html"),
        )
    ]


def decode_suppression(fields: Fields) -> list[Record]:
    """One record for each identity that is told."""
    people = fields.needed_identities()
    reason = fields.required("reason")
    since_ms, until_ms = fields.at_ms("since"), fields.at_ms("until")
    return [
        SuppressionRecord(
            product=product(fields),
            account=account(fields),
            identity=one,
            reason=reason,
            since_ms=since_ms,
            until_ms=until_ms,
        )
        for one in people
    ]


def decode_roster(fields: Fields) -> list[Record]:
    return [
        RosterRecord(
            product=product(fields),
            account=account(fields),
            scenario=fields.needed_ref("scenario"),
            identities=fields.needed_identities(),
            entered_ms=fields.needed_moment("entered_at").at_ms,
            run=fields.text("run") or "",
            step=fields.ref("step"),
            state=fields.choice("state", RosterState) or RosterState.ACTIVE,
            until_ms=fields.at_ms("until"),
            as_of_ms=fields.at_ms("as_of"),
        )
    ]


def decode_roster_complete(fields: Fields) -> list[Record]:
    return [
        RosterComplete(
            product=product(fields),
            account=account(fields),
            scenario=fields.needed_ref("scenario"),
            as_of_ms=fields.needed_moment("as_of").at_ms,
        )
    ]


def decode_workflow_run(fields: Fields) -> list[Record]:
    return [
        WorkflowRun(
            product=product(fields),
            account=account(fields),
            workflow=fields.required("workflow"),
            started_ms=fields.needed_moment("started_at").at_ms,
            ended_ms=fields.at_ms("ended_at"),
            status=fields.required("status"),
            read=fields.count("read"),
            written=fields.count("written"),
            rejected=fields.count("rejected"),
            error=fields.text("error"),
            log=fields.text("log"),
        )
    ]


def _entity(fields: Fields, noun: str, *id_aliases: str) -> Ref:
    """The entity that the record is about: it may call its id `id` and its name `name`."""
    ref = fields.ref(noun, *id_aliases)
    plain_id, name = fields.text("id"), fields.text("name") or ""
    if ref is None and plain_id is not None:
        ref = Ref(plain_id)
    if ref is None and name:
        ref = Ref(name, NamedBy.NAME, name)
    if ref is None:
        raise DecodeError(f"{fields.kind}: no {noun}_id, {noun}_key or name")
    return Ref(ref.key, ref.by, ref.name or name)
