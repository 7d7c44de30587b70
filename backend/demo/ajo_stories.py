"""The stories that Adobe Journey Optimizer tells of: runs through two journeys, executions of a campaign.

As in brevo_stories, a story is a pure function of its serial number, its start and its chance.
"""

from __future__ import annotations

from random import Random

from backend.demo.ajo_rows import (
    INTERACTIONS,
    STATUSES,
    Sender,
    campaign_sender,
    discard,
    feedback,
    journey_sender,
    offer,
    push_tracking,
    record_id,
    step_event,
    tracking,
)
from backend.demo.brevo_stories import Row
from backend.demo.catalogue import (
    FLASH_SALE,
    FLASH_SALE_NAME,
    LOYALTY,
    LOYALTY_STEPS,
    MAIL_CARD,
    MAIL_FLASH,
    MAIL_POINTS,
    OFFERS,
    PARCEL,
    PARCEL_STEPS,
    PUSH_CARD,
    PUSH_FLASH,
    PUSH_PARCEL,
    SMS_CARD,
    SMS_PARCEL,
    Action,
    Journey,
    Step,
)
from backend.demo.clockwork import MINUTE_MS
from backend.demo.fates import SMS_GATEWAY_503, Fate, What, email_fates, push_fates, sms_fates
from backend.demo.people import AJO_FIRST, Person, ajo_person, people
from backend.model import DAY_MS, HOUR_MS

STEP_EVENTS = "ajo-step-events"
FEEDBACK = "ajo-feedback"
TRACKING = "ajo-tracking"
OFFER_EVENTS = "ajo-offers"


def exported(at_ms: int) -> int:
    """When a record of that moment comes: data sets are read some 20 to 90 seconds behind."""
    return at_ms + 20_000 + at_ms % 70_000


def _has_app(person: Person) -> bool:
    return person.number % 7 != 5


def excluded(action: Action, person: Person) -> str | None:
    """Why the person is left out of a sending; None where he is not."""
    if action.channel == "email":
        if person.suppressed:
            return "EmailSuppressed"
        return "EmailNoConsent" if person.opted_out else None
    if action.channel == "push":
        return None if _has_app(person) else "PushNoTokenFoundInProfile"
    return "SMSNoToNumberDefinedInProfile" if person.number % 50 == 3 else None


def message_rows(
    roll: Random, sender: Sender, action: Action, person: Person, leg: int, at_ms: int
) -> list[Row]:
    """All records about one message: feedback, and what was done with it. leg: first number of their ids."""
    reason = excluded(action, person)
    if reason is not None:
        fates = [Fate(What.EXCLUDED, at_ms, reason)]
    elif action.channel == "email":
        fates = email_fates(roll, person, at_ms, action.links, action.pull)
    elif action.channel == "push":
        fates = push_fates(roll, at_ms, action.pull)
    else:
        fates = sms_fates(roll, at_ms, action.links[0])
    rows = []
    for place, fate in enumerate(fates, leg):
        args = (sender, action, person, place, fate)
        arrival_ms = exported(fate.at_ms)
        if fate.what in STATUSES:
            rows.append(Row(arrival_ms, FEEDBACK, feedback, args))
        elif action.channel == "push":
            rows.append(Row(arrival_ms, TRACKING, push_tracking, args))
        elif fate.what in INTERACTIONS:
            rows.append(Row(arrival_ms, TRACKING, tracking, args))
    return rows


class _Run:
    """One contact's pass through a journey, told record by record."""

    def __init__(
        self, journey: Journey, steps: tuple[Step, ...], stream: int, serial: int, person: Person
    ) -> None:
        self.journey = journey
        self.person = person
        self.number = stream << 40 | serial
        self.test = serial % 97 == 0
        self.instance = f"unitary_{record_id(self.number, 0)}"
        self.sender = journey_sender(journey, self.instance, self.number, self.test)
        self.rows: list[Row] = []
        self._steps = steps
        self._leg = 0

    def step(self, place: int, at_ms: int, extra: str, done: bool = True) -> None:
        """A node did its work, or is reached only. place counts from 1; extra: as `step_event` takes it."""
        self._leg += 1
        if self.test:
            extra += ',"inTest":true'
        step = self._steps[place - 1]
        # Adobe logs some steps twice: all the same but for the _id (R08).
        for leg in (self._leg, self._leg + 200) if (self.number + place) % 211 == 0 else (self._leg,):
            id_ = record_id(self.number, leg)
            args = (self.journey, step, self.person, self.instance, id_, at_ms, done, extra)
            self.rows.append(Row(exported(at_ms), STEP_EVENTS, step_event, args))

    def enter(self, at_ms: int, event: str) -> None:
        external = "true" if self.number % 3 else "false"
        self.step(
            1,
            at_ms,
            f',"nodeType":"event","stepType":"event","eventName":"{event}","isExternalEvent":{external},'
            f'"stepStatus":"transitions","entrance":true,"reentrance":false',
        )

    def wait(self, place: int, from_ms: int, to_ms: int) -> None:
        self.step(place, from_ms, ',"nodeType":"wait","stepType":"wait","stepStatus":"transitions"', False)
        self.step(place, to_ms, ',"nodeType":"wait","stepType":"wait","stepStatus":"ended"')

    def condition(self, place: int, at_ms: int) -> None:
        self.step(place, at_ms, ',"nodeType":"condition","stepType":"condition","stepStatus":"transitions"')

    def act(self, roll: Random, place: int, action: Action, at_ms: int) -> bool:
        """Send a message at a step. Answers whether the action was carried out."""
        rows = message_rows(roll, self.sender, action, self.person, 1_000 * place, at_ms)
        failed = any(row.args[4].detail == SMS_GATEWAY_503 for row in rows)
        took_ms = 10_000 if failed else 120 + int(roll.random() * 400)
        error = (
            f'"actionExecutionError":"http","actionExecutionErrorCode":"503",'
            f'"actionExecutionOriginError":"{SMS_GATEWAY_503}","stepStatus":"error"'
        )
        self.step(
            place,
            at_ms,
            f',"nodeType":"action","stepType":"action","actionID":"{action.id}","actionName":"{action.name}",'
            f'"actionType":"{action.channel}","actionExecutionTime":{took_ms}'
            f",{error if failed else _ENDED}",
        )
        self.rows += rows
        return not failed

    def offers(self, roll: Random, action: Action, leg: int, at_ms: int) -> None:
        """Decide on an offer in a mail; it is seen and clicked where the mail is."""
        if excluded(action, self.person):
            return
        place = int(roll.random() * len(OFFERS))
        shown = [("propositionDecision", at_ms)]
        for row in self.rows:
            if row.format == TRACKING and row.args[1] is action:
                if row.args[4].what is What.FIRST_OPEN:
                    shown.append(("propositionDisplay", row.args[4].at_ms + 500))
                elif row.args[4].what is What.CLICK and roll.random() < 0.6:
                    shown.append(("propositionInteract", row.args[4].at_ms + 100))
        for number, (event, when_ms) in enumerate(shown, leg):
            args = (self.sender, action, self.person, number, when_ms, event, OFFERS[place])
            self.rows.append(Row(exported(when_ms), OFFER_EVENTS, offer, args))

    def end(self, place: int, at_ms: int, failed: bool = False) -> list[Row]:
        status = '"stepStatus":"error","fetchError":"timeout"' if failed else _ENDED
        kind = "end" if not failed else "condition"
        self.step(place, at_ms, f',"nodeType":"{kind}","stepType":"{kind}",{status},"instanceEnded":true')
        return self.rows


_ENDED = '"stepStatus":"endStep"'
_DISCARDS = ("reentranceNotAllowed", "notSuitableInitialEvent")


def loyalty(serial: int, begin_ms: int, roll: Random) -> list[Row]:
    """Somebody joins the club and is led in, over a day and a half."""
    person = ajo_person(serial)
    if roll.random() < 0.02:
        reason = _DISCARDS[roll.random() < 0.2]
        args = (LOYALTY, person, 7 << 40 | serial, begin_ms, reason)
        return [Row(exported(begin_ms), STEP_EVENTS, discard, args)]
    run = _Run(LOYALTY, LOYALTY_STEPS, 3, serial, person)
    run.enter(begin_ms, "clubJoined")
    run.act(roll, 2, MAIL_CARD, begin_ms + 2_500)
    run.offers(roll, MAIL_CARD, 20_000, begin_ms + 2_300)
    at_ms = begin_ms + 8 * HOUR_MS + 4_000
    run.wait(3, begin_ms + 4_000, at_ms)
    if roll.random() < 0.008:
        return run.end(4, at_ms + 1_000, failed=True)
    run.condition(4, at_ms + 1_000)
    if _has_app(person):
        run.act(roll, 5, PUSH_CARD, at_ms + 2_000)
    elif not run.act(roll, 6, SMS_CARD, at_ms + 2_000) and roll.random() < 0.5:
        return run.end(9, at_ms + 20_000)
    run.wait(7, at_ms + 14_000, at_ms + DAY_MS)
    at_ms += DAY_MS
    run.act(roll, 8, MAIL_POINTS, at_ms + 1_500)
    run.offers(roll, MAIL_POINTS, 21_000, at_ms + 1_200)
    return run.end(9, at_ms + 6_000)


def parcel(serial: int, begin_ms: int, roll: Random) -> list[Row]:
    """A parcel leaves, and its receiver is told so by push and SMS."""
    run = _Run(PARCEL, PARCEL_STEPS, 4, serial, ajo_person(serial + 1_500))
    run.enter(begin_ms, "orderShipped")
    run.act(roll, 2, PUSH_PARCEL, begin_ms + 1_500)
    at_ms = begin_ms + 4 * HOUR_MS
    run.wait(3, begin_ms + 3_000, at_ms)
    run.act(roll, 4, SMS_PARCEL, at_ms + 2_000)
    return run.end(5, at_ms + 15_000)


def flash_sale(day: int, begin_ms: int, roll: Random) -> list[Row]:
    """One execution of the flash sale: a mail to a third of the people, a push to those with the app,
    and to a few without it."""
    sender = campaign_sender(FLASH_SALE, FLASH_SALE_NAME, 5 << 40 | day)
    rows = []
    for place, person in enumerate(people()[AJO_FIRST:]):
        action = PUSH_FLASH if place % 2 else MAIL_FLASH
        wanted = action is MAIL_FLASH or _has_app(person) or place % 16 == 1
        if roll.random() < 0.5 and wanted:
            at_ms = begin_ms + int(roll.random() ** 1.4 * 12 * MINUTE_MS)
            rows += message_rows(roll, sender, action, person, 100 * person.number, at_ms)
    return rows
