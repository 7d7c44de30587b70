"""Adobe Campaign's exports: which rows and definitions each line gives, and how each is recognised."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.errors import BadData, DecodeError
from backend.feeds import find_format, recognise
from backend.feeds.campaign import FORMATS
from backend.feeds.campaign.tracked_url import TrackedUrl, decode_tracked_url, encode_tracked_url
from backend.feeds.campaign.words import REASONS, reason_of
from backend.feeds.format import Format, Frame, Framing, Settings
from backend.feeds.framing import open_framer
from backend.model import BounceClass, Channel, EventKind
from backend.record import (
    CampaignRecord,
    DeliveryRecord,
    Event,
    Identity,
    NamedBy,
    Record,
    Ref,
    Rejected,
    SuppressionRecord,
    UrlRecord,
)

EXAMPLES = Path(__file__).parents[3] / "examples"
T8 = 1_773_129_600_000  # 2026-03-10 08:00:00 UTC
LOG = {
    "Primary key": "9001",
    "Status": "Sent",
    "Last modified": "2026-03-10 08:00:00",
    "Address": "ana@shop.example",
    "Delivery-id": "77",
    "Delivery": "Spring sale",
}
TRACKING = {
    "Primary key": "31",
    "Log date": "2026-03-10 08:00:00",
    "Type": "Email click",
    "URL": "https://shop.example/offer",
    "broadLog-id": "9001",
    "Delivery-id": "77",
}


def read(name: str, row: dict[str, str], **said: Any) -> list[Record | Rejected]:
    frame = Frame(raw=b"raw", value=row, place="line 2")
    return list(find_format(f"campaign-{name}").decode(frame, Settings(**said)))


def log_row(**cells: str) -> Event:
    found = read("broadlog", {**LOG, **cells})
    event = next(one for one in found if isinstance(one, Event))
    assert isinstance(event, Event)
    return event


def tracking_row(**cells: str) -> Event:
    found = [one for one in read("tracking", {**TRACKING, **cells}) if isinstance(one, Event)]
    return found[0]


def rows_of(name: str) -> list[Record | Rejected]:
    """All that one of the examples gives, read as the format that its content tells."""
    raw = (EXAMPLES / name).read_bytes()
    form = recognise(raw)
    framer = open_framer(Framing.CSV, raw)
    pieces = [*framer.feed(raw), *framer.finish()]
    return [
        record for piece in pieces if isinstance(piece, Frame) for record in form.decode(piece, Settings())
    ]


# --- the delivery log ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("Sent", EventKind.DELIVERED),
        ("Envoyé", EventKind.DELIVERED),
        ("sent", EventKind.DELIVERED),
        ("Received on mobile", EventKind.DELIVERED),
        ("Reçu sur le mobile", EventKind.DELIVERED),
        ("Taken into account by the service provider", EventKind.SENT),
        ("takenIntoAccount", EventKind.SENT),
        ("Pris en compte par le fournisseur de services", EventKind.SENT),
        ("Sent to the service provider", EventKind.SENT),
        ("Failed", EventKind.BOUNCED),
        ("Échec", EventKind.BOUNCED),
        ("2", EventKind.BOUNCED),
        ("Ignored", EventKind.EXCLUDED),
        ("IGNORÉ", EventKind.EXCLUDED),
        ("Delivery canceled", EventKind.EXCLUDED),
        ("Diffusion annulée", EventKind.EXCLUDED),
        ("Pending", EventKind.TARGETED),
        ("En attente", EventKind.TARGETED),
        ("Prepared", EventKind.TARGETED),
        ("Not applicable", EventKind.OTHER),
    ],
)
def test_a_status_is_a_kind_in_any_language(status: str, kind: EventKind) -> None:
    event = log_row(Status=status)
    assert (event.kind, event.type) == (kind, status)


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: reason.label)
def test_only_user_unknown_is_hard_and_six_reasons_are_soft(reason: Any) -> None:
    """R22"""
    wanted = {1: BounceClass.HARD, **dict.fromkeys((2, 3, 4, 5, 6, 20), BounceClass.SOFT)}
    for word in (str(reason.code), reason.label, *reason.words.split("|")):
        event = log_row(Status="Failed", Reason=word)
        assert event.bounce_class == wanted.get(reason.code, BounceClass.OTHER)
        assert event.reason == reason.label


@pytest.mark.parametrize("reason", ["", "gone fishing"])
def test_a_failure_for_an_unknown_reason_is_neither_hard_nor_soft(reason: str) -> None:
    event = log_row(Status="Failed", Reason=reason)
    assert (event.bounce_class, event.reason) == (BounceClass.OTHER, reason or None)


def test_a_failure_for_the_denylist_is_a_complaint_too() -> None:
    found = read("broadlog", {**LOG, "Status": "Failed", "Reason": "8"})
    kinds = [(one.kind, one.bounce_class) for one in found if isinstance(one, Event)]
    assert kinds == [(EventKind.BOUNCED, BounceClass.OTHER), (EventKind.COMPLAINED, None)]


def test_a_status_is_keyed_by_primary_key_status_and_its_time() -> None:
    first = log_row()
    assert first.message == first.message_id == "9001"
    assert first.key == log_row(Status="Envoyé", Delivery="another label").key
    assert first.key != log_row(Status="Failed").key
    assert first.key != log_row(**{"Last modified": "2026-03-10 09:00:00"}).key


def test_the_time_of_a_status_is_last_modified_else_the_event_date() -> None:
    both = log_row(**{"Event date": "2026-03-10 07:00:00"})
    assert both.at_ms == T8
    only = log_row(**{"Event date": "2026-03-10 07:00:00", "Last modified": ""})
    assert only.at_ms == T8 - 3_600_000


def test_a_time_has_no_zone_and_another_zone_changes_no_key() -> None:
    (utc,) = read("broadlog", LOG)
    (paris,) = read("broadlog", LOG, zone=ZoneInfo("Europe/Paris"))
    assert isinstance(utc, Event) and isinstance(paris, Event)
    assert (utc.key, utc.key_ms) == (paris.key, paris.key_ms)
    assert paris.at_ms == utc.at_ms - 3_600_000


def test_who_and_what_a_row_is_about() -> None:
    event = log_row(**{"Recipient-id": "501", "Campaign": "Spring", "Proof": "yes", "Domain": "shop.example"})
    assert event.identities == (Identity("email", "ana@shop.example"), Identity("id", "501"))
    assert event.delivery == Ref("77", NamedBy.ID, "Spring sale")
    assert event.campaign == Ref("Spring", NamedBy.NAME, "Spring")
    assert event.channel is Channel.EMAIL
    assert event.test
    assert event.fields == {"Domain": "shop.example"}


@pytest.mark.parametrize(
    ("address", "told", "channel", "namespace"),
    [
        ("ana@shop.example", "", Channel.EMAIL, "email"),
        ("+33 6 12 34", "", Channel.SMS, "phone"),
        ("+33612", "Mobile (SMS)", Channel.SMS, "phone"),
        ("f00d", "iOS channel", Channel.PUSH, "token"),
        ("1 Main Street", "Direct mail", None, "phone"),
    ],
)
def test_the_channel_is_told_or_seen_in_the_address(
    address: str, told: str, channel: Channel | None, namespace: str
) -> None:
    event = log_row(Address=address, Channel=told)
    assert event.channel is channel
    assert event.identities == (Identity(namespace, address),)


def test_a_status_that_is_not_known_is_kept_and_noted_or_named_by_the_mapping_file() -> None:
    noted = read("broadlog", {**LOG, "Status": "1"})
    assert [type(one) for one in noted] == [Rejected, Event]
    (named,) = read("broadlog", {**LOG, "Status": "1"}, columns={"status=1": "sent"})
    assert isinstance(named, Event) and named.kind is EventKind.DELIVERED


def test_renamed_columns_are_found_by_the_mapping_file() -> None:
    renamed = {("Wann" if name == "Last modified" else name): cell for name, cell in LOG.items()}
    with pytest.raises(DecodeError):
        read("broadlog", renamed)
    (event,) = read("broadlog", renamed, columns={"Wann": "Last modified"})
    assert isinstance(event, Event) and event.at_ms == T8


def test_without_a_primary_key_delivery_and_recipient_are_the_message() -> None:
    assert log_row(**{"Primary key": ""}).message == "77 ana@shop.example"
    with pytest.raises(DecodeError):
        read("broadlog", {**LOG, "Primary key": "", "Address": ""})


def test_an_exclusion_is_a_message_of_its_own() -> None:
    found = rows_of("campaign-exclusions.csv")
    assert [(one.kind, one.reason, one.name, one.message) for one in found if isinstance(one, Event)] == [
        (EventKind.EXCLUDED, "Denylisted address", None, "excluded 77 506"),
        (EventKind.EXCLUDED, "Excluded by a SQL rule", "At most two a week", "excluded 77 507"),
    ]


# --- the tracking log ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Email click", EventKind.CLICKED),
        ("Clic e-mail", EventKind.CLICKED),
        ("1", EventKind.CLICKED),
        ("Open", EventKind.OPENED),
        ("Ouverture", EventKind.OPENED),
        ("2", EventKind.OPENED),
        ("Opt-out", EventKind.UNSUBSCRIBED),
        ("Désinscription", EventKind.UNSUBSCRIBED),
        ("3", EventKind.UNSUBSCRIBED),
        ("Web", EventKind.PAGE),
        ("Transaction", EventKind.TRACK),
        ("Mirror page", EventKind.LINK),
        ("Page miroir", EventKind.LINK),
        ("something else", EventKind.OTHER),
        ("", EventKind.CLICKED),
    ],
)
def test_a_reaction_is_told_by_the_type_of_its_url(word: str, kind: EventKind) -> None:
    """R29: only an e-mail click is a click."""
    assert tracking_row(Type=word).kind is kind


def test_the_first_url_is_the_open_pixel() -> None:
    assert tracking_row(Type="", **{"URL-id": "1"}).kind is EventKind.OPENED


def test_a_tracked_link_tells_message_delivery_and_url() -> None:
    event = tracking_row(
        URL="https://t.shop.example/r/?id=h2329,4d,c&p1=42",
        **{"broadLog-id": "", "Delivery-id": "", "URL label": "Offer", "Source-id": "b2"},
    )
    assert event.message == "9001"
    assert event.delivery == Ref("77", NamedBy.ID, "")
    assert event.url == "Offer"
    assert event.fields["url_id"] == "12" and event.fields["source_id"] == "b2"


def test_a_reaction_joins_the_message_of_the_delivery_log() -> None:
    event = tracking_row()
    assert (event.message, event.key, event.has_id) == ("9001", ("tracking", "31"), True)
    assert tracking_row(**{"Primary key": ""}).has_id is False


@given(
    st.builds(
        TrackedUrl,
        server=st.sampled_from(["", "https://t.shop.example", "http://t.shop.example:8080"]),
        is_html=st.booleans(),
        message_id=st.integers(0, 2**63 - 1),
        delivery_id=st.integers(0, 2**63 - 1),
        url_id=st.integers(0, 2**31 - 1),
        parameters=st.lists(
            st.tuples(
                st.sampled_from(["p1", "p2"]),
                st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
            ),
            max_size=3,
        ).map(tuple),
    )
)
@settings(max_examples=60, deadline=None)
def test_a_tracked_link_comes_back_as_it_was(link: TrackedUrl) -> None:
    assert decode_tracked_url(encode_tracked_url(link)) == link


@pytest.mark.parametrize(
    "text",
    ["", "https://shop.example/r/?id=x1,2,3", "https://shop.example/r/?id=h1,2", "/r/?id=hzz,1,2", "h1,2,3"],
)
def test_what_is_no_tracked_link_is_none(text: str) -> None:
    assert decode_tracked_url(text) is None


# --- lists -----------------------------------------------------------------------------------------------


def test_the_list_of_deliveries_tells_channel_and_tracking() -> None:
    assert rows_of("campaign-deliveries.csv") == [
        CampaignRecord(
            product="adobe_campaign", account="default", campaign=Ref("Spring", NamedBy.NAME, "Spring")
        ),
        DeliveryRecord(
            product="adobe_campaign",
            account="default",
            delivery=Ref("77", NamedBy.ID, "Spring sale"),
            channel=Channel.EMAIL,
            subject="Spring is here",
            campaign=Ref("Spring", NamedBy.NAME, "Spring"),
            tracking=True,
        ),
        CampaignRecord(
            product="adobe_campaign", account="default", campaign=Ref("Spring", NamedBy.NAME, "Spring")
        ),
        DeliveryRecord(
            product="adobe_campaign",
            account="default",
            delivery=Ref("78", NamedBy.ID, "Reminder"),
            channel=Channel.SMS,
            campaign=Ref("Spring", NamedBy.NAME, "Spring"),
            tracking=False,
        ),
    ]


def test_the_list_of_urls_tells_label_type_and_category() -> None:
    first = rows_of("campaign-urls.csv")[0]
    assert first == UrlRecord(
        product="adobe_campaign",
        account="default",
        url="https://shop.example/offer",
        url_id="12",
        label="Offer",
        type="email click",
        category="Products",
        delivery=Ref("77", NamedBy.ID, ""),
    )


def test_only_addresses_in_quarantine_are_suppressed() -> None:
    form = find_format("campaign-quarantines")
    raw = (EXAMPLES / "campaign-quarantines.csv").read_bytes()
    framer = open_framer(Framing.CSV, raw)
    frames = [piece for piece in [*framer.feed(raw), *framer.finish()] if isinstance(piece, Frame)]
    found = [next(iter(form.decode(frame, Settings()))) for frame in frames[:2]]
    told = [
        (one.identity.value, one.reason, one.since_ms) for one in found if isinstance(one, SuppressionRecord)
    ]
    assert told == [
        ("bo@nowhere.example", "quarantine: User unknown", T8 + 130_000),
        ("eve@shop.example", "denylist: Denylisted address", T8 + 300_000),
    ]
    with pytest.raises(DecodeError, match="not in quarantine"):
        list(form.decode(frames[2], Settings()))


# --- all of them -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_each_example_is_recognised_by_its_columns(form: Format) -> None:
    for path in sorted(EXAMPLES.glob(f"{form.name}*.csv")):
        assert recognise(path.read_bytes()).name == form.name
        assert recognise(path.read_bytes().replace(b",", b"\t")).name == form.name


def test_renamed_columns_are_recognised_too() -> None:
    raw = b"Wer;Wann;Was;Mailing\nana@x.org;2026-03-10;Sent;77\n"
    with pytest.raises(BadData):
        recognise(raw)
    columns = {"Wer": "Address", "Wann": "Last modified", "Was": "Status", "Mailing": "Delivery-id"}
    assert recognise(raw, columns=columns).name == "campaign-broadlog"


CELLS = st.dictionaries(
    st.sampled_from(
        [*LOG, *TRACKING, "Reason", "Label", "Quarantine reason", "Channel", "Typology rule", "Typ", "id"]
    ),
    st.sampled_from(["", "1", "Sent", "Open", "2026-03-10 08:00:00", "ana@x.org", "/r/?id=h1,2,3", "9"])
    | st.text(max_size=20),
    max_size=12,
)


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
@given(row=CELLS)
@settings(max_examples=80, deadline=None)
def test_any_row_gives_records_or_a_reason(form: Format, row: dict[str, str]) -> None:
    try:
        records = list(form.decode(Frame(raw=b"", value=row), Settings()))
    except DecodeError as error:
        assert str(error)
    else:
        assert records


def test_every_word_for_a_reason_is_found() -> None:
    assert reason_of("boite pleine") == reason_of("5")
    assert reason_of(None) is None
