"""The demonstration's happenings as Brevo writes them: webhook bodies and automation logs, as JSON text.

All text that goes in is ours and holds neither quotes nor backslashes, so it is put in as it is: a JSON
encoder would cost more than all the rest of a row.
"""

from __future__ import annotations

from backend.demo.catalogue import Campaign, Mail
from backend.demo.clockwork import date_text, iso_text
from backend.demo.fates import Fate, What
from backend.demo.people import Person
from backend.model import HOUR_MS

_WEBHOOK_ID = 26224
_MARKETING_WEBHOOK_ID = 26230
_SMS_WEBHOOK_ID = 26231

TRANSACTIONAL_WORDS = {
    What.EXCLUDED: "blocked",
    What.ERROR: "error",
    What.DEFERRED: "deferred",
    What.DELIVERED: "delivered",
    What.HARD: "hard_bounce",
    What.SOFT: "soft_bounce",
    What.IGNORED: "blocked",
    What.FIRST_PROXY: "unique_proxy_open",
    What.PROXY: "proxy_open",
    What.FIRST_OPEN: "unique_opened",
    What.OPEN: "opened",
    What.CLICK: "click",
    What.SCANNER_CLICK: "click",
    What.UNSUBSCRIBE: "unsubscribed",
    What.COMPLAINT: "spam",
}
MARKETING_WORDS = {
    What.DELIVERED: "delivered",
    What.HARD: "hard_bounce",
    What.SOFT: "soft_bounce",
    What.IGNORED: "soft_bounce",
    What.FIRST_PROXY: "proxy_open",
    What.PROXY: "proxy_open",
    What.FIRST_OPEN: "opened",
    What.OPEN: "opened",
    What.CLICK: "click",
    What.SCANNER_CLICK: "click",
    What.UNSUBSCRIBE: "unsubscribe",
    What.COMPLAINT: "spam",
}
_SMS_WORDS = {
    What.DELIVERED: "delivered",
    What.ERROR: "rejected",
    What.HARD: "hard_bounce",
    What.SOFT: "soft_bounce",
}
_READER = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15"
_AGENTS = {
    What.FIRST_PROXY: "MailPrivacyProxy/1.0",
    What.PROXY: "MailPrivacyProxy/1.0",
    What.SCANNER_CLICK: "Barracuda Sentinel (EE)",
}
_CLICKS = frozenset({What.CLICK, What.SCANNER_CLICK})
_READS = frozenset({What.FIRST_PROXY, What.PROXY, What.FIRST_OPEN, What.OPEN, What.CLICK, What.SCANNER_CLICK})


def reader_ip(person: Person) -> str:
    """The address from which he reads: of the range that is kept for examples (RFC 5737)."""
    return f"203.0.113.{person.number % 250 + 1}"


def webhook(mail: Mail, person: Person, message_id: str, word: str, fate: Fate) -> str:
    """One body of a transactional webhook."""
    seconds = fate.at_ms // 1000
    extra = ""
    if fate.what in _READS:
        agent = _AGENTS.get(fate.what, _READER)
        extra = f',"user_agent":"{agent}","device":"{"MOBILE" if agent is _READER else "UNKNOWN"}"'
        if fate.what in _CLICKS:
            extra += f',"link":"{fate.detail}"'
    elif fate.detail:
        extra = f',"reason":"{fate.detail}"'
    return (
        f'{{"event":"{word}","email":"{person.email}","id":{_WEBHOOK_ID},'
        f'"date":"{date_text(fate.at_ms + HOUR_MS)}","ts":{seconds},"message-id":"{message_id}",'
        f'"ts_event":{seconds},"subject":"{mail.subject}","sending_ip":"192.0.2.17",'
        f'"template_id":{mail.template},"tags":["{mail.tag}"],"contact_id":{person.number + 1},'
        f'"ts_epoch":{fate.at_ms}{extra}}}'
    )


def marketing_webhook(campaign: Campaign, person: Person, sent_ms: int, word: str, fate: Fate) -> str:
    """One body of a marketing webhook."""
    seconds = fate.at_ms // 1000
    extra = ""
    if fate.what in _CLICKS:
        extra = f',"URL":"{fate.detail}"'
    elif fate.what is What.UNSUBSCRIBE:
        extra = f',"list_id":[{campaign.list_id}]'
    elif fate.detail:
        extra = f',"reason":"{fate.detail}"'
    return (
        f'{{"event":"{word}","email":"{person.email}","id":{_MARKETING_WEBHOOK_ID},'
        f'"camp_id":{campaign.number},"campaign name":"{campaign.name}",'
        f'"date_sent":"{date_text(sent_ms + HOUR_MS)}","date_event":"{date_text(fate.at_ms + HOUR_MS)}",'
        f'"ts_sent":{sent_ms // 1000},"ts_event":{seconds},"ts":{seconds + 3600},'
        f'"segment_ids":[{campaign.list_id}]{extra}}}'
    )


def sms_webhook(tag: str, person: Person, message_id: int, word: str, at_ms: int, reason: str) -> str:
    """One body of an SMS webhook."""
    extra = f',"reason":"{reason}"' if reason else ""
    return (
        f'{{"id":{_SMS_WEBHOOK_ID},"msg_status":"{word}","to":"{person.phone}","messageId":{message_id},'
        f'"ts_event":{at_ms // 1000},"date":"{date_text(at_ms + HOUR_MS)}","type":"transactional",'
        f'"tag":"{tag}","sms_count":1,"credits_used":1{extra}}}'
    )


def sms_word(fate: Fate) -> str:
    """Brevo's word for what happened to an SMS."""
    return _SMS_WORDS[fate.what]


def scenario_row(
    scenario: str, step: int, person: Person, at_ms: int, message: str, type_: str, points: str, until_ms: int
) -> str:
    """One row of the scenario log. points: start, restart or exit, else ""; until_ms: 0 unless it waits."""
    extra = f',"workflow_points":"{points}"' if points else ""
    if until_ms:
        extra += f',"until":"{iso_text(until_ms)}"'
    return (
        f'{{"message":"{message}","type":"{type_}","scenario_name":"{scenario}"{extra},'
        f'"date":"{iso_text(at_ms)}","user_email":"{person.email}","step_id":"{step}"}}'
    )


def contacts_row(
    scenario: str, step: int, person: Person, entered_ms: int, as_of_ms: int, waiting: bool
) -> str:
    """One line of the list of the contacts in the scenarios, as it was at a moment."""
    return (
        f'{{"user_email":"{person.email}","scenario_name":"{scenario}","step_id":"{step}",'
        f'"state":"{"waiting" if waiting else "active"}","date":"{iso_text(entered_ms)}",'
        f'"as_of":"{iso_text(as_of_ms)}"}}'
    )


def event_row(person: Person, at_ms: int, sib_type: str, name: str, ip: str, data: str) -> str:
    """One row of the event log that is about no message. ip "": an internal request. data: a JSON object."""
    caller = f',"ip":"{ip}"' if ip else ""
    extra = f',"data":{data}' if data else ""
    return (
        f'{{"contact_id":{person.number + 1},"created_at":"{iso_text(at_ms)}","email_id":"{person.email}",'
        f'"sib_type":"{sib_type}","name":"{name}"{caller}{extra}}}'
    )


def event_row_of_message(mail: Mail, person: Person, message_id: str, sib_type: str, fate: Fate) -> str:
    """An open or click of a message in the event log: the same fact that a webhook told before."""
    link = f',"link":"{fate.detail}"' if fate.what in _CLICKS else ""
    return (
        f'{{"contact_id":{person.number + 1},"created_at":"{iso_text(fate.at_ms)}",'
        f'"email_id":"{person.email}","message_id":"{message_id}","sib_type":"{sib_type}",'
        f'"template_id":{mail.template},"name":"{mail.subject}","ip":"{reader_ip(person)}"{link}}}'
    )
