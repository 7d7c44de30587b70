"""Explanations and audiences: every source finds the same facts, so it gives the same verdicts."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from backend.errors import NothingFound, UsageError
from backend.explaining.audience import Audience, Members, audience_notes
from backend.explaining.barred import Suppression
from backend.explaining.facts import Facts
from backend.model import BounceClass, Channel, EventKind, LogName, LogRow, StepKind, SubjectKind
from backend.query.language import parse
from backend.record import (
    DeliveryRecord,
    Event,
    Identity,
    Record,
    Ref,
    ScenarioRow,
    StepRecord,
    SuppressionRecord,
)
from backend.source import Direction, Source, pick_subject
from tests.contract import filling as feed

NOW_MS, HOUR_MS = feed.NOW_MS, 3_600_000
NAMED: dict[str, Any] = {"product": "brevo", "account": "main"}


def mail(kind: EventKind, message: str, ago_ms: int = HOUR_MS, **more: Any) -> Event:
    return Event(
        key=(kind, message, str(ago_ms)),
        at_ms=NOW_MS - ago_ms,
        kind=kind,
        type=kind,
        channel=Channel.EMAIL,
        message=message,
        identities=(Identity("email", f"{message[0]}@example.org"),),
        delivery=Ref("d1", name="Mail A"),
        **NAMED,
        **more,
    )


def way(kind: StepKind, who: str, ago_ms: int, at: str | None = None) -> ScenarioRow:
    return ScenarioRow(
        key=(kind, who, str(ago_ms)),
        at_ms=NOW_MS - ago_ms,
        kind=kind,
        type=kind,
        scenario=Ref("s1", name="Welcome"),
        step=Ref(at, name=at.title()) if at else None,
        identities=(Identity("email", f"{who}@example.org"),),
        **NAMED,
    )


DEFINED: list[Record] = [
    DeliveryRecord(delivery=Ref("d1", name="Mail A"), scenario=Ref("s1"), step=Ref("mail"), **NAMED),
    *(
        StepRecord(scenario=Ref("s1"), step=Ref(key), position=n, next=following, **NAMED)
        for n, (key, following) in enumerate(
            (("split", ("wait", "sms")), ("wait", ("mail",)), ("mail", ()), ("sms", ()))
        )
    ),
]


async def why(source: Source, who: str) -> tuple[str, str | None]:
    (contact,) = await source.find_contacts(f"{who}@example.org")
    subject = pick_subject(await source.catalog(SubjectKind.DELIVERY), "Mail A")
    verdict = await source.explain(contact.id, subject)
    assert verdict.contact == f"{who}@example.org" and verdict.delivery == "Mail A"
    return verdict.kind, verdict.evidence.source if verdict.evidence else None


async def test_a_verdict_follows_from_what_the_source_holds(filled: Any) -> None:
    filled.add(
        [
            *DEFINED,
            *(way(StepKind.ENTERED, who, 5 * HOUR_MS) for who in "abcd"),
            way(StepKind.STEP, "a", HOUR_MS, "sms"),
            way(StepKind.EXITED, "a", HOUR_MS - 1),
            way(StepKind.WAITING, "b", HOUR_MS, "wait"),
            way(StepKind.ACTION, "c", HOUR_MS, "mail"),
            mail(EventKind.BOUNCED, "c1", bounce_class=BounceClass.HARD, reason="550 5.1.1 unknown"),
            way(StepKind.ACTION_ERROR, "d", HOUR_MS // 2, "mail"),
            mail(EventKind.OPENED, "e1"),
        ]
    )
    assert await why(filled.source, "a") == ("other_branch", "scenario log")
    assert await why(filled.source, "b") == ("waiting", "scenario log")
    assert await why(filled.source, "c") == ("bounced", "event log")
    assert await why(filled.source, "d") == ("step_error", "scenario log")
    assert await why(filled.source, "e") == ("opened", "event log")
    with pytest.raises(NothingFound):
        await filled.source.explain(99_999)


async def test_many_are_explained_in_one_pass_each_as_by_itself(filled: Any) -> None:
    filled.add(
        [
            *DEFINED,
            *(way(StepKind.WAITING, who, hours * HOUR_MS, "wait") for who, hours in (("a", 1), ("b", 2))),
            *(way(StepKind.WAITING, who, 3 * HOUR_MS, "wait") for who in "cde"),
            way(StepKind.ACTION_ERROR, "z", 1000, "wait"),
            mail(EventKind.BOUNCED, "b1", bounce_class=BounceClass.HARD, reason="550 5.1.1 unknown"),
            mail(EventKind.OPENED, "x1"),
        ]
    )
    source: Source = filled.source
    subject = pick_subject(await source.catalog(SubjectKind.DELIVERY), "d1")
    names = [f"{who}@example.org" for who in "abcdezx"]
    for delivery in (None, subject):
        found = await source.explain_all([*names, "A@Example.ORG", "nobody", names[0]], delivery)
        assert [one.asked for one in found] == [*names, "A@Example.ORG", "nobody", names[0]]
        assert found[-2].verdict is None and "no contact is known" in found[-2].reason
        assert found[-1].verdict == found[-3].verdict == found[0].verdict
        for name, answer in zip(names, found, strict=False):
            (contact,) = await source.find_contacts(name)
            assert answer.verdict == await source.explain(contact.id, delivery), name
    assert await source.explain_all([]) == ()
    with pytest.raises(UsageError):
        await source.explain_all(["x"] * 1_001)


async def test_the_others_at_the_step_are_counted(filled: Any) -> None:
    filled.add(
        [
            *DEFINED,
            *(
                way(StepKind.WAITING, who, hours * HOUR_MS, "wait")
                for who, hours in (("a", 1), ("b", 2), ("c", 4))
            ),
            way(StepKind.ACTION_ERROR, "z", 1000, "wait"),
            way(StepKind.EXITED, "z", 900),
        ]
    )
    (contact,) = await filled.source.find_contacts("a@example.org")
    crowd = (await filled.source.explain(contact.id)).crowd
    assert (crowd.step, crowd.others, crowd.waiting, crowd.typical_ms) == ("Wait", 2, 2, 4 * HOUR_MS)
    assert (crowd.hour_rows, crowd.hour_failed) == (1, 1)


async def test_entries_of_suppression_lists_are_found_by_any_identity(filled: Any) -> None:
    people = (Identity("email", "a@example.org"), Identity("phone", "+33612345678"))
    filled.add(
        [
            msgspec.structs.replace(mail(EventKind.DELIVERED, "a1"), identities=people),
            SuppressionRecord(
                identity=Identity("email", "A@example.org"), reason="hard", since_ms=5, **NAMED
            ),
            SuppressionRecord(identity=Identity("phone", "+33612345678"), reason="stop", **NAMED),
            SuppressionRecord(identity=Identity("email", "x@example.org"), reason="other", **NAMED),
        ]
    )
    (contact,) = await filled.source.find_contacts("a@example.org")
    facts: Facts = await filled.source.facts(contact.id)
    assert tuple(facts.suppressions) == (
        Suppression(id=1, namespace="email", value="A@example.org", reason="hard", since_ms=5),
        Suppression(id=2, namespace="phone", value="+33612345678", reason="stop"),
    )
    assert (await filled.source.explain(contact.id)).kind == "suppressed"


async def test_the_waterfall_adds_up_or_says_by_how_much_it_overlaps(filled: Any) -> None:
    """R13"""
    source = filled.source
    filled.add(
        [
            mail(EventKind.DELIVERED, "a1"),
            mail(EventKind.DELIVERED, "b1"),
            mail(EventKind.BOUNCED, "c1", bounce_class=BounceClass.SOFT, reason="full"),
            mail(EventKind.SENT, "d1"),
            mail(EventKind.EXCLUDED, "e1", reason="EmailNoConsent"),
            mail(EventKind.ERROR, "f1", reason="timeout"),
        ]
    )
    subject = pick_subject(await source.catalog(SubjectKind.DELIVERY), "d1")
    audience = await source.audience(subject)
    told = {one.name: one.share.contacts for one in audience.slices}
    assert told == {
        "targeted": 6,
        "excluded": 1,
        "errors": 1,
        "untold": 0,
        "sent": 4,
        "bounced": 1,
        "delivered": 2,
        "pending": 1,
    }
    assert audience_notes(audience) == []
    parts = {one.name: [(part.reason, part.bounce_class) for part in one.parts] for one in audience.slices}
    assert parts["excluded"] == [("EmailNoConsent", None)]
    assert parts["bounced"] == [("full", "soft")]
    filled.add([mail(EventKind.EXCLUDED, "a2", reason="CAP_REACHED"), mail(EventKind.BOUNCED, "b2")])
    audience = await source.audience(subject)
    assert (audience.overlap, audience.sent_overlap) == (1, 1)
    assert audience_notes(audience) == [
        "1 more in excluded, errors, untold and sent than targeted",
        "1 more in bounced, delivered and pending than sent",
        "who got several messages of the delivery is in several slices (R13)",
    ]
    page = await source.audience_rows(subject, Members(slice="excluded"))
    assert {row.contact for row in page.rows} == {"a@example.org", "e@example.org"}
    await check_slices_open(source, audience)
    with pytest.raises(UsageError, match="there is no slice"):
        await source.audience_rows(subject, Members(slice="lost"))


async def check_slices_open(source: Source, audience: Audience) -> None:
    """Each slice and each part opens to one row for each of its contacts, in pages that join."""
    for one in audience.slices:
        members = Members(slice=one.name)
        assert len(await who_is_in(source, audience, members)) == one.share.contacts, one.name
        for part in one.parts:
            members = Members(
                slice=one.name, is_part=True, reason=part.reason, bounce_class=part.bounce_class
            )
            assert len(await who_is_in(source, audience, members)) == part.share.contacts, part


async def who_is_in(source: Source, audience: Audience, members: Members) -> list[tuple[int, str]]:
    whole = await source.audience_rows(audience.delivery, members, limit=1_000)
    rows: list[LogRow] = []
    cursor: str | None = None
    while True:
        page = await source.audience_rows(audience.delivery, members, cursor, limit=2)
        rows[:0] = page.rows
        cursor = page.older
        if cursor is None:
            break
    assert rows == list(whole.rows)
    return [(row.at_ms, row.key) for row in rows]


async def test_rows_that_name_no_message_are_in_no_slice_and_said(filled: Any) -> None:
    loose = msgspec.structs.replace(mail(EventKind.BOUNCED, "x1"), message=None)
    filled.add([mail(EventKind.DELIVERED, "a1"), loose])
    subject = pick_subject(await filled.source.catalog(SubjectKind.DELIVERY), "d1")
    audience = await filled.source.audience(subject)
    assert (audience.slices[0].share.contacts, audience.loose) == (1, 1)
    (note,) = audience_notes(audience)
    assert note.startswith("1 row names no message")


@pytest.mark.parametrize("seed", [1, 2])
async def test_all_sources_give_the_same_verdicts_and_waterfalls(all_filled: Any, seed: int) -> None:
    answers = []
    for name in ("memory", "sqlite"):
        filled = all_filled[name]
        filled.add([to_one_person(record) for record in feed.make_records(seed, 200)])
        answers.append(await verdicts(filled.source))
    assert answers[0].keys() == answers[1].keys()
    differing = {key: (told, answers[1][key]) for key, told in answers[0].items() if told != answers[1][key]}
    assert differing == {}
    assert len({kind for kind, *_ in answers[0].values()}) >= 5


def to_one_person(record: Record) -> Record:
    """The record with a message that goes to one person on the channel of its delivery, as real ones do."""
    if not isinstance(record, Event) or record.message is None:
        return record
    who = record.identities[0].value if record.identities else ""
    message = f"{record.message} {record.delivery and record.delivery.key} {who}"
    return msgspec.structs.replace(record, message=message, channel=Channel.EMAIL)


async def verdicts(source: Source) -> dict[str, Any]:
    """Everything that does not hang on handles, for every contact and delivery."""
    found: dict[str, Any] = {}
    deliveries = {
        (one.account, one.product, one.key): one for one in await source.catalog(SubjectKind.DELIVERY)
    }
    people = {
        (one.product, one.account, one.identities): one
        for one in await source.find_contacts("user", limit=1000)
    }
    for who, contact in people.items():
        for key, delivery in [*deliveries.items(), (None, None)]:
            verdict = await source.explain(contact.id, delivery)
            told = (verdict.evidence.source, verdict.evidence.at_ms) if verdict.evidence else None
            crowd = verdict.crowd
            found[str((who, key))] = (
                verdict.kind,
                verdict.sentence,
                verdict.next,
                told,
                verdict.missing,
                crowd,
            )
    for key, delivery in deliveries.items():
        audience = await source.audience(delivery)
        slices = [(one.name, one.share, tuple(sorted(map(str, one.parts)))) for one in audience.slices]
        found[f"audience {key}"] = (audience.loose, *slices)
        found[f"excluded {key}"] = ("", await who_is_in(source, audience, Members(slice="excluded")))
        found[f"sent {key}"] = ("", await who_is_in(source, audience, Members(slice="sent")))
    return found


@pytest.mark.parametrize("seed", [3, 4, 5])
async def test_a_story_is_both_logs_merged_by_time_whatever_the_pages(filled: Any, seed: int) -> None:
    """No row is lost, doubled or out of order, read forwards or backwards in pages of any size."""
    source = filled.source
    filled.add(feed.make_records(seed, 240))
    for contact in await source.find_contacts("user", limit=6):
        whole = await read_story(source, contact.id, 1_000, Direction.NEWER)
        assert [at for at, _, _ in whole] == sorted(at for at, _, _ in whole)
        assert len({(log, row) for _, log, row in whole}) == len(whole)
        for limit in (1, 3, 7):
            assert await read_story(source, contact.id, limit, Direction.NEWER) == whole
            assert await read_story(source, contact.id, limit, Direction.OLDER) == whole
        for log in (LogName.SCENARIO, LogName.EVENT):
            page = await source.log(log, parse("", now_ms=NOW_MS, log=log), limit=1_000)
            mine = {row.id for row in page.rows if row.contact_id == contact.id}
            assert {row for _, name, row in whole if name == log} == mine


async def read_story(
    source: Source, contact_id: int, limit: int, direction: Direction
) -> list[tuple[int, LogName, int]]:
    """(time, log, id) of a contact's rows, oldest first, read page by page."""
    rows: list[tuple[int, LogName, int]] = []
    cursor = None
    while True:
        page = await source.trace(contact_id, cursor, direction=direction, limit=limit)
        told = [(row.at_ms, row.log, row.id) for row in page.rows]
        if direction is Direction.NEWER:
            rows, cursor = [*rows, *told], page.newer if page.has_newer else None
        else:
            rows, cursor = [*told, *rows], page.older
        if cursor is None:
            return rows
