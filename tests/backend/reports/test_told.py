"""What products never tell is so: no example of theirs holds it, and the metrics of it are not told."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from backend.feeds import MODULES
from backend.model import Availability, Channel, EventKind, SubjectKind
from backend.record import NamedBy, Ref
from backend.reports.metrics import METRICS
from backend.reports.told import CAMPAIGNS_UNTOLD, ONLY, SILENT, UNTOLD, UNTOLD_ON, has_channel, is_told
from backend.sources.sqlite.opening import open_reader
from backend.sources.sqlite.schema import CHANNELS, CLASSES, EVENT_KINDS
from backend.sources.sqlite.writing import Store

K = EventKind
CAMPAIGN = Ref("c1", NamedBy.ID, "Spring")
Place = tuple[str, Channel | None, bool]
"""product, channel, whether the message is a campaign's own"""


def words_read(folder: Path) -> dict[Place, set[str]]:
    """The words that the examples hold of each place."""
    with _examples(folder) as connection:
        rows = connection.execute(
            "SELECT DISTINCT a.product, e.channel, d.key_kind IS ?, kind, class, flags & 1"
            " FROM event_log AS e JOIN account AS a ON a.id = e.account_id"
            " LEFT JOIN delivery AS d ON d.id = e.delivery_id",
            (NamedBy.CAMPAIGN,),
        ).fetchall()
    found: dict[Place, set[str]] = {}
    for product, channel, of_campaigns, kind, bounce_class, machine in rows:
        place = product, CHANNELS[channel - 1] if channel else None, bool(of_campaigns)
        found.setdefault(place, set()).add(_word(kind, bounce_class, machine))
    return found


@contextmanager
def _examples(folder: Path) -> Iterator[sqlite3.Connection]:
    """A store of all examples."""
    from backend.ingest.ingest import Ingest, Options

    examples = Path(__file__).parents[3] / "examples"
    with Store(folder / "all.db", create=True) as store:
        Ingest(store, Options()).read([str(examples)])
    connection = open_reader(folder / "all.db")
    yield connection
    connection.close()


def _word(kind: int, bounce_class: int | None, machine: int) -> str:
    name = EVENT_KINDS[kind - 1].value
    if bounce_class:
        return f"{name}.{CLASSES[bounce_class - 1]}"
    return f"machine.{name}" if machine else name


def test_no_example_holds_what_its_product_is_said_never_to_tell(tmp_path: Path) -> None:
    found = words_read(tmp_path)
    assert {product for product, *_ in found} >= set(UNTOLD)
    for (product, channel, of_campaigns), words in found.items():
        assert not words & UNTOLD.get(product, frozenset()), product
        assert channel is None or not words & UNTOLD_ON.get((product, channel), frozenset()), product
        assert channel is None or has_channel(product, channel), product
        assert not of_campaigns or not words & CAMPAIGNS_UNTOLD.get(product, frozenset()), product
    told = found["brevo", Channel.EMAIL, True], found["brevo", Channel.EMAIL, False]
    assert told[0] >= {"delivered", "bounced.hard", "bounced.soft", "opened", "machine.opened", "clicked"}
    assert told[1] - told[0] >= {"excluded", "deferred"}


@pytest.mark.parametrize(
    ("product", "untold"),
    [
        ("ajo", set()),
        ("brevo", {"bounces_ignored", "bounces_admin", "machine_clicks"}),
        ("adobe_campaign", {"errors", "messages_errors", "retries", "bounces_ignored", "machine_opens"}),
        ("marketo", {"targeted", "excluded", "complaints", "bounces_other", "messages_bounced_other"}),
        ("sendgrid", {"errors", "push_actions", "offers_sent", "bounces_admin", "machine_clicks"}),
        ("mandrill", {"errors", "bounces_other", "messages_bounced_other", "machine_opens"}),
        ("postmark", {"machine_opens", "machine_clicks"}),
        ("of-our-own", set()),
    ],
)
def test_the_metrics_of_it_are_not_told(product: str, untold: set[str]) -> None:
    missing = {name for name, metric in METRICS.items() if not is_told(metric, product)}
    assert missing >= untold and not missing & {"sent", "delivered", "bounces", "opens", "completed"}
    assert bool(missing) == bool(untold)


def test_an_open_of_a_text_message_is_never_told_by_brevo() -> None:
    assert is_told(METRICS["opens"], "brevo", Channel.EMAIL)
    assert not is_told(METRICS["opens"], "brevo", Channel.SMS)
    assert not is_told(METRICS["messages_opened"], "brevo", Channel.SMS)
    assert is_told(METRICS["opens"], "ajo", Channel.SMS)
    assert not is_told(METRICS["messages_unsubscribed"], "ajo", Channel.PUSH)
    assert is_told(METRICS["messages_unsubscribed"], "ajo", Channel.EMAIL)


def test_no_example_of_a_format_holds_more_than_the_format_is_said_to_tell(tmp_path: Path) -> None:
    """Beside what belongs to no message, and what a message's first rows imply."""
    beside = {"list_addition", "form", "identify", "link", "page", "track", "other", "subscribed"}
    by_format: dict[str, set[str]] = {}
    with _examples(tmp_path) as connection:
        for name, kind, bounce_class, machine in connection.execute(
            "SELECT DISTINCT w.text, e.kind, e.class, e.flags & 1 FROM event_log AS e"
            " JOIN word AS w ON w.id = e.format_id"
        ):
            by_format.setdefault(name, set()).add(_word(kind, bounce_class, machine))
    for name, words in by_format.items():
        assert name not in ONLY or words <= ONLY[name] | beside, name
        assert name not in SILENT or words <= beside or name.startswith("parcours"), name
    families = {name.partition("-")[0] for name in ONLY}
    for name in MODULES:
        known = by_format.keys() | ONLY.keys() | SILENT
        assert name in known or name.partition("-")[0] not in families, name
    assert {"ajo-feedback", "ajo-tracking", "brevo-marketing-webhook", "ses-feedback"} <= by_format.keys()


@pytest.mark.parametrize(
    ("product", "formats", "told", "untold"),
    [
        ("ajo", {"ajo-feedback", "ajo-step-events"}, {"delivered", "sent", "bounces"}, {"opens", "clicks"}),
        ("ajo", {"ajo-tracking", "parcours"}, {"opens", "machine_opens"}, {"delivered", "bounces", "errors"}),
        ("ajo", {"ajo-tracking", "ajo-feedback"}, {"opens", "errors"}, {"offers_sent"}),
        ("ajo", {"ajo-step-events"}, {"opens", "errors", "offers_sent"}, set()),  # no feed of messages yet
        ("ajo", {"ajo-feedback", "by hand"}, {"opens", "errors", "offers_sent"}, set()),
        ("brevo", {"brevo-event-log"}, {"opens", "unsubscribes"}, {"delivered", "sent", "complaints"}),
        ("brevo", {"brevo-event-log"}, set(), {"messages_sent", "messages_opened", "messages_pending"}),
        ("brevo", {"brevo-event-log", "brevo-webhook"}, {"opens", "delivered", "excluded"}, set()),
        ("brevo", {"brevo-marketing-webhook"}, {"sent", "bounces", "complaints"}, {"errors", "retries"}),
        ("adobe_campaign", {"campaign-broadlog"}, {"sent", "complaints"}, {"opens", "unsubscribes"}),
        ("mailgun", {"mailgun-form"}, {"delivered", "opens"}, {"sent", "retries", "messages_errors"}),
        ("mailgun", {"mailgun-form", "mailgun-webhook"}, {"sent", "retries"}, set()),
        ("ses", {"ses-feedback"}, {"delivered", "complaints"}, {"sent", "opens", "errors"}),
    ],
)
def test_an_account_is_told_what_its_feeds_tell(
    product: str, formats: set[str], told: set[str], untold: set[str]
) -> None:
    found = {name for name, metric in METRICS.items() if is_told(metric, product, formats=formats)}
    assert found >= told | {"completed", "entered_contacts"}
    assert not found & untold


def test_of_campaigns_brevo_tells_less_than_of_templates() -> None:
    untold = {"excluded", "errors", "retries", "messages_excluded", "messages_errors"}
    untold |= {"bounces_other", "messages_bounced_other"}
    for name, metric in METRICS.items():
        if metric.part is None:
            here = is_told(metric, "brevo", Channel.EMAIL)
            assert is_told(metric, "brevo", Channel.EMAIL, of_campaigns=True) is (here and name not in untold)


def test_of_a_channel_that_a_product_has_not_nothing_is_told(brevo: Any) -> None:
    for product, channels in (("brevo", "email sms"), ("sendgrid", "email"), ("ajo", "email push sms")):
        found = {channel for channel in Channel if is_told(METRICS["sent"], product, channel)}
        assert found == {Channel(name) for name in channels.split()}
    brevo.event(K.DELIVERED, 10)
    assert brevo.report("push").pane("push_sending_performance").availability is Availability.NO_FEED
    assert brevo.report("sms").pane("sms_summary").availability is Availability.NOT_COLLECTED


def test_machines_are_told_of_adobe_campaign_by_hits_only() -> None:
    opens = METRICS["machine_opens"]
    assert not is_told(opens, "adobe_campaign", formats={"campaign-tracking"})
    assert is_told(opens, "adobe_campaign", formats={"campaign-tracking", "campaign-access-log"})


def test_in_a_report_a_brevo_campaign_knows_of_nobody_that_was_blocked(brevo: Any) -> None:
    of_campaign = {"of": {"campaign": CAMPAIGN}, "delivery": Ref("7", NamedBy.CAMPAIGN, "Spring")}
    brevo.event(K.DELIVERED, 10, who="ann", **of_campaign)
    brevo.event(K.EXCLUDED, 10, who="bob")
    seen = brevo.report("email", SubjectKind.CAMPAIGN, "c1")
    for metric in ("excluded", "retries", "excluded_rate"):
        assert seen.figure("email_targeting", metric).availability is Availability.NO_FEED, metric
    assert seen.figure("email_sending_statistics", "errors").availability is Availability.NO_FEED
    assert seen.value("email_sending_statistics", "bounces") == 0
    assert brevo.report("email").value("email_targeting", "excluded") == 1
    assert brevo.report("email").value("email_targeting", "retries") == 0


def test_in_a_report_a_campaign_sent_by_templates_knows_as_much_as_they(brevo: Any) -> None:
    brevo.delivery("Mail A", campaign=CAMPAIGN)
    brevo.event(K.DELIVERED, 10, of={})
    seen = brevo.report("email", SubjectKind.CAMPAIGN, "c1")
    assert seen.value("email_targeting", "excluded") == 0


def test_in_a_report_what_was_told_of_a_campaign_all_the_same_is_shown(brevo: Any) -> None:
    of_campaign = {"of": {"campaign": CAMPAIGN}, "delivery": Ref("7", NamedBy.CAMPAIGN, "Spring")}
    brevo.event(K.DELIVERED, 10, who="ann", **of_campaign)
    brevo.event(K.EXCLUDED, 5000, who="bob", **of_campaign)
    seen = brevo.report("email", SubjectKind.CAMPAIGN, "c1")
    assert seen.value("email_targeting", "excluded") == 0
