"""The stories that Brevo tells of: runs through two scenarios, visits of the shop, campaigns sent to a list.

A story is a pure function of its serial number, its start and its chance; its rows may lie days after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random
from typing import Any, NamedTuple

from backend.demo.brevo_rows import (
    MARKETING_WORDS,
    TRANSACTIONAL_WORDS,
    contacts_row,
    event_row,
    event_row_of_message,
    marketing_webhook,
    reader_ip,
    scenario_row,
    sms_webhook,
    sms_word,
    webhook,
)
from backend.demo.catalogue import (
    CART,
    MAIL_CART,
    MAIL_FAVOURITES,
    MAIL_FIRST_ORDER,
    MAIL_WELCOME,
    SMS_CART,
    SMS_GIFT,
    SMS_LINK,
    WELCOME,
    Campaign,
    Mail,
)
from backend.demo.clockwork import MINUTE_MS, SLOT_MS, WEBHOOKS_HELD
from backend.demo.fates import SMS_GATEWAY_503, Fate, What, email_fates, sms_fates
from backend.demo.people import BREVO_PEOPLE, Person, brevo_person, people
from backend.model import DAY_MS, HOUR_MS

WEBHOOK = "brevo-webhook"
MARKETING_WEBHOOK = "brevo-marketing-webhook"
SMS_WEBHOOK = "brevo-sms-webhook"
SCENARIO_LOG = "brevo-scenario-log-json"
EVENT_LOG = "brevo-event-log-json"
CONTACTS = "brevo-contacts-in-scenario-json"

_LISTED_AT_MS = 6 * HOUR_MS
"""When of the day the list of contacts in the scenarios is taken."""


class Row(NamedTuple):
    """One record that is not written out yet: only what lies in the wanted stretch of time ever is."""

    arrival_ms: int
    format: str
    write: Callable[..., str]
    args: tuple[Any, ...]


def webhook_arrival(at_ms: int) -> int:
    """When a webhook of that moment comes: at once, but for the time in which nobody takes them."""
    if not WEBHOOKS_HELD.covers(at_ms):
        return at_ms + 400
    since_ms = at_ms % DAY_MS - WEBHOOKS_HELD.from_ms
    return at_ms - since_ms + WEBHOOKS_HELD.to_ms - WEBHOOKS_HELD.from_ms + since_ms // 20 + 400


def polled(at_ms: int) -> int:
    """When a row of the event log comes: it is fetched every five minutes."""
    return (at_ms // SLOT_MS + 1) * SLOT_MS + 20_000


class _Run:
    """One contact's pass through a Brevo scenario, told row by row."""

    def __init__(
        self, scenario: str, steps: int, stream: int, serial: int, person: Person, begin_ms: int
    ) -> None:
        self.scenario = scenario
        self.person = person
        self.number = stream * 10**9 + serial
        self.rows: list[Row] = []
        self.begin_ms = begin_ms
        self._steps = steps
        self._path: list[tuple[int, int, bool]] = []
        self._legs = 0

    def log(self, step: int, at_ms: int, message: str, type_: str, points: str = "") -> None:
        self._log(step, at_ms, message, type_, points, 0)

    def wait(self, step: int, at_ms: int, until_ms: int) -> None:
        self._log(step, at_ms, "Contact is waiting", "wait", "", until_ms)

    def _log(self, step: int, at_ms: int, message: str, type_: str, points: str, until_ms: int) -> None:
        args = (self.scenario, step, self.person, at_ms, message, type_, points, until_ms)
        self.rows.append(Row(at_ms + 2_000, SCENARIO_LOG, scenario_row, args))
        self._path.append((at_ms, step, bool(until_ms)))

    def event(self, at_ms: int, sib_type: str, name: str, ip: str = "", data: str = "") -> None:
        self.rows.append(
            Row(polled(at_ms), EVENT_LOG, event_row, (self.person, at_ms, sib_type, name, ip, data))
        )

    def mail(self, roll: Random, mail: Mail, step: int, at_ms: int) -> list[Fate]:
        """Send an e-mail at a step; answers what becomes of it."""
        person = self.person
        message_id = f"<{at_ms // 1000}.{self.number + self._legs * 10**12}@smtp-relay.maison-lune.example>"
        self._legs += 1
        self.log(step, at_ms, "Email was sent", "action")
        request = Fate(What.DELIVERED, at_ms + 150, "")
        self._hook((mail, person, message_id, "request", request))
        if person.suppressed or person.opted_out:
            reason = "blocked : contact is blocklisted" if person.suppressed else "blocked : unsubscribed"
            self._hook((mail, person, message_id, "blocked", Fate(What.EXCLUDED, at_ms + 700, reason)))
            return []
        fates = email_fates(roll, person, at_ms, mail.links, mail.pull)
        for fate in fates:
            self._hook((mail, person, message_id, TRANSACTIONAL_WORDS[fate.what], fate))
        if person.number % 4 == 0:
            self._retell(mail, message_id, fates)
        return fates

    def _hook(self, args: tuple[Mail, Person, str, str, Fate]) -> None:
        self.rows.append(Row(webhook_arrival(args[4].at_ms), WEBHOOK, webhook, args))

    def _retell(self, mail: Mail, message_id: str, fates: Iterable[Fate]) -> None:
        """The same opens and clicks again, as the event log tells them."""
        for fate in fates:
            if fate.what in _RETOLD:
                args = (mail, self.person, message_id, _RETOLD[fate.what], fate)
                self.rows.append(Row(polled(fate.at_ms), EVENT_LOG, event_row_of_message, args))

    def sms(self, roll: Random, tag: str, step: int, at_ms: int) -> None:
        """Send an SMS at a step; a gateway that is down shows in the scenario log too."""
        person = self.person
        message_id = self.number + self._legs * 10**12
        self._legs += 1
        fates = sms_fates(roll, at_ms, SMS_LINK)
        failed = fates[0].what is What.ERROR
        self.log(
            step, at_ms, f"SMS could not be sent: {SMS_GATEWAY_503}" if failed else "SMS was sent", "action"
        )
        if not failed:
            self._sms_hook((tag, person, message_id, "sent", at_ms + 200, ""))
        for fate in fates:
            if fate.what is not What.CLICK:  # Brevo tells no SMS clicks by webhook
                self._sms_hook((tag, person, message_id, sms_word(fate), fate.at_ms, fate.detail))

    def _sms_hook(self, args: tuple[str, Person, int, str, int, str]) -> None:
        self.rows.append(Row(webhook_arrival(args[4]), SMS_WEBHOOK, sms_webhook, args))

    def end(
        self, at_ms: int, message: str = "Contact has exited workflow", points: str = "exit"
    ) -> list[Row]:
        """Leave the scenario. Answers all rows, with the lists on which the contact stood meanwhile."""
        first = (self.begin_ms - _LISTED_AT_MS) // DAY_MS + 1
        last = (at_ms - _LISTED_AT_MS) // DAY_MS
        for day in range(first, last + 1):
            listed_ms = day * DAY_MS + _LISTED_AT_MS
            _, step, waiting = max(place for place in self._path if place[0] <= listed_ms)
            args = (self.scenario, step, self.person, self.begin_ms, listed_ms, waiting)
            self.rows.append(Row(listed_ms + 90_000, CONTACTS, contacts_row, args))
        self.log(self._steps, at_ms, message, "exit", points)
        return self.rows


_RETOLD = {
    What.FIRST_OPEN: "templates_opened",
    What.OPEN: "templates_opened",
    What.CLICK: "templates_clicked",
}
_REMOVED = "Le contact a été supprimé manuellement du scénario"
_FORMS = ("Newsletter footer", "Pop-up: 10 % off", "Shop registration")


def welcome(serial: int, begin_ms: int, roll: Random) -> list[Row]:
    """A sign-up and the series of mails after it; about a day and a half long."""
    person = brevo_person(serial)
    run = _Run(WELCOME, 9, 1, serial, person, begin_ms)
    form = _FORMS[int(roll.random() * len(_FORMS))]
    run.event(begin_ms - 900, "form", form, reader_ip(person))
    run.event(begin_ms - 400, "list_addition", "Newsletter")
    run.log(1, begin_ms, "Contact has entered workflow", "form", "start")
    fates = run.mail(roll, MAIL_WELCOME, 2, begin_ms + 3_000)
    run.wait(3, begin_ms + 5_000, begin_ms + 5_000 + DAY_MS)
    at_ms = begin_ms + 5_000 + DAY_MS
    chance = roll.random()
    if chance < 0.006:
        return run.end(begin_ms + int(roll.random() * DAY_MS) + MINUTE_MS, _REMOVED)
    if chance < 0.010:
        return run.end(at_ms, "Workflow failed for contact: condition could not be evaluated")
    opened = any(fate.what is What.FIRST_OPEN and fate.at_ms < at_ms for fate in fates)
    run.log(4, at_ms, "Condition met: yes" if opened else "Condition met: no", "condition")
    if opened:
        run.mail(roll, MAIL_FAVOURITES, 5, at_ms + 2_000)
    else:
        run.sms(roll, SMS_GIFT, 6, at_ms + 2_000)
    run.wait(7, at_ms + 4_000, at_ms + 4_000 + DAY_MS // 2)
    at_ms += 4_000 + DAY_MS // 2
    run.mail(roll, MAIL_FIRST_ORDER, 8, at_ms)
    return run.end(at_ms + 3_000)


def cart(serial: int, begin_ms: int, roll: Random) -> list[Row]:
    """A cart left behind: a third order within the hour, the others are reminded."""
    person = brevo_person(serial + 2_000)
    run = _Run(CART, 7, 2, serial, person, begin_ms)
    cents = 1_500 + int(roll.random() ** 2 * 28_000)
    cart_id = f"C{serial:08}"
    data = f'{{"cart_id":"{cart_id}","amount":{cents / 100:.2f},"currency":"EUR","items":{1 + cents % 4}}}'
    run.event(begin_ms - 1_500, "track", "cart_updated", reader_ip(person), data)
    run.log(1, begin_ms, "Contact has entered workflow", "track", "start")
    run.wait(2, begin_ms + 1_000, begin_ms + HOUR_MS)
    at_ms = begin_ms + HOUR_MS
    if roll.random() < 0.34:
        ordered_ms = begin_ms + 2 * MINUTE_MS + int(roll.random() * 50 * MINUTE_MS)
        run.event(ordered_ms, "track", "order_created", reader_ip(person), _order(serial, 2, cents))
        run.log(3, at_ms, "Condition met: yes", "condition")
        return run.end(at_ms + 1_000)
    run.log(3, at_ms, "Condition met: no", "condition")
    fates = run.mail(roll, MAIL_CART, 4, at_ms + 1_500)
    for fate in fates:
        if fate.what is What.CLICK and roll.random() < 0.4:
            ordered_ms = fate.at_ms + 3 * MINUTE_MS
            run.event(ordered_ms, "track", "order_created", reader_ip(person), _order(serial, 2, cents))
            break
    run.wait(5, at_ms + 3_000, at_ms + 6 * HOUR_MS)
    at_ms += 6 * HOUR_MS
    run.sms(roll, SMS_CART, 6, at_ms)
    return run.end(at_ms + 2_000)


def _order(serial: int, stream: int, cents: int) -> str:
    return (
        f'{{"order_id":"ML-{stream}{serial:07}","amount":{cents / 100:.2f},"currency":"EUR",'
        f'"items":{1 + cents % 4}}}'
    )


_PAGES = (
    "/",
    "/spring",
    "/bestsellers",
    "/stores",
    "/help/delivery",
    "/product/lamp-lune",
    "/product/tapis-sol",
)


def visit(serial: int, begin_ms: int, roll: Random) -> list[Row]:
    """A known contact looks around in the shop, and one in seven orders something."""
    person = brevo_person(serial + 5_000)
    ip = reader_ip(person)
    rows = []

    def tell(at_ms: int, sib_type: str, name: str, data: str = "") -> None:
        rows.append(Row(polled(at_ms), EVENT_LOG, event_row, (person, at_ms, sib_type, name, ip, data)))

    at_ms = begin_ms
    if roll.random() < 0.4:
        tell(at_ms, "identify", "identify")
    for _ in range(1 + int(roll.random() * 3)):
        at_ms += 5_000 + int(roll.random() * 90_000)
        page = _PAGES[int(roll.random() * len(_PAGES))]
        tell(at_ms, "page", page, f'{{"ma_path":"{page}"}}')
    chance = roll.random()
    if chance < 0.15:
        tell(
            at_ms + 60_000,
            "track",
            "order_created",
            _order(serial, 3, 1_200 + int(roll.random() ** 2 * 24_000)),
        )
    elif chance < 0.22:
        tell(
            at_ms + 8_000,
            "trackLink",
            "Size guide (PDF)",
            '{"ma_url":"https://shop.maison-lune.example/size.pdf"}',
        )
    return rows


def sending(campaign: Campaign, begin_ms: int, roll: Random) -> list[Row]:
    """One sending of a campaign to its list: a burst of a quarter of an hour, and what becomes of it."""
    rows = []
    for person in people()[:BREVO_PEOPLE]:
        if roll.random() >= campaign.share or person.suppressed or person.opted_out:
            continue
        sent_ms = begin_ms + int(roll.random() ** 1.6 * 15 * MINUTE_MS)
        for fate in email_fates(roll, person, sent_ms, campaign.links, campaign.pull):
            word = MARKETING_WORDS.get(fate.what)
            if word is not None:
                args = (campaign, person, sent_ms, word, fate)
                rows.append(Row(webhook_arrival(fate.at_ms), MARKETING_WEBHOOK, marketing_webhook, args))
    return rows
