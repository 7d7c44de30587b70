"""Brevo's automation logs: scenario log, event log, contacts in scenarios, as CSV rows and as JSON."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from backend.errors import DecodeError
from backend.feeds import find_format
from backend.feeds.format import Frame, Settings
from backend.model import Channel, EventKind, Origin, RosterState, StepKind
from backend.record import Event, Identity, NamedBy, Ref, RosterRecord, ScenarioRow

K, S = EventKind, StepKind
PARIS = ZoneInfo("Europe/Paris")
AT = 1_772_445_600_000  # 2026-03-02T10:00:00Z
REMOVED = "Le contact a été supprimé manuellement du scénario"


def one(name: str, value: Any, **said: Any) -> Any:
    (record,) = find_format(name).decode(Frame(raw=b"raw", value=value), Settings(**said))
    return record


def scenario_row(**more: Any) -> ScenarioRow:
    given = {
        "message": "",
        "scenario_name": "Bienvenue",
        "date": "2026-03-02T10:00:00Z",
        "user_email": "ada@example.org",
        **more,
    }
    record = one("brevo-scenario-log", given)
    assert isinstance(record, ScenarioRow)
    return record


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (REMOVED, S.REMOVED),
        ("The contact was manually removed from the workflow", S.REMOVED),
        ("Contact has been deleted manually from the automation", S.REMOVED),
        ("Contact has entered workflow", S.ENTERED),
        ("Contact started the automation", S.ENTERED),
        ("Le contact est entré dans le scénario", S.ENTERED),
        ("Le contact a démarré le scénario", S.ENTERED),
        ("Contact has restarted workflow", S.RESTARTED),
        ("Le contact a redémarré le scénario", S.RESTARTED),
        ("Contact has exited workflow", S.EXITED),
        ("Le contact a quitté le scénario", S.EXITED),
        ("Le contact est sorti du scénario", S.EXITED),
        ("Contact is waiting", S.WAITING),
        ("Le contact est en attente", S.WAITING),
        ("Email was sent", S.ACTION),
        ("L’email a été envoyé", S.ACTION),
        ("SMS was sent", S.ACTION),
        ("Contact was added to list Newsletter", S.ACTION),
        ("Le contact a été ajouté à la liste", S.ACTION),
        ("SMS could not be sent: gateway answered 503", S.ACTION_ERROR),
        ("L'email n'a pas pu être envoyé : domaine inconnu", S.ACTION_ERROR),
        ("Workflow failed for contact: condition could not be evaluated", S.FAILED),
        ("Le scénario a échoué", S.FAILED),
        ("Entry condition not met", S.DISCARDED),
        ("Opened the campaign", S.EVENT),
        ("A ouvert la campagne", S.EVENT),
        ("A cliqué sur un lien", S.EVENT),
        ("Condition met: yes", S.STEP),
        ("Le contact est passé à l'étape suivante", S.STEP),
        ("Quelque chose d'autre", S.OTHER),
        ("", S.OTHER),
    ],
)
def test_a_message_tells_what_a_row_is_in_english_and_french(message: str, kind: StepKind) -> None:
    row = scenario_row(message=message)
    assert (row.kind, row.message) == (kind, message)


@pytest.mark.parametrize(
    ("points", "message", "kind"),
    [
        ("start", "whatever", S.ENTERED),
        ("Restart", "whatever", S.RESTARTED),
        ("exit", "whatever", S.EXITED),
        ("exit", REMOVED, S.REMOVED),
        ("exit", "Workflow failed for contact", S.FAILED),
        ("removed", "", S.REMOVED),
        ("sortie", "", S.EXITED),
        ("other", "Email was sent", S.ACTION),
    ],
)
def test_workflow_points_come_before_the_wording(points: str, message: str, kind: StepKind) -> None:
    row = scenario_row(message=message, workflow_points=points)
    assert (row.kind, row.workflow_points) == (kind, points)


def test_a_type_alone_tells_an_event() -> None:
    assert scenario_row(type="templates_clicked").kind == S.EVENT
    assert scenario_row(type="templates_clicked").origin == "templates_clicked"
    assert scenario_row(type="action").kind == S.OTHER


def test_a_scenario_row_keeps_all_it_says() -> None:
    value = {
        "Step_ID": "17",
        "User Email": "Ada@Example.org",
        "DATE": "02/03/2026 11:00:00",
        "workflow_points": "",
        "start_id": "2",
        "Scenario_Name": "Bienvenue",
        "Type": "action",
        "message": "SMS could not be sent: gateway answered 503",
        "extra": "kept",
    }
    assert one("brevo-scenario-log", value, zone=PARIS, account="shop") == ScenarioRow(
        product="brevo",
        account="shop",
        key=(
            *("scenario", "Bienvenue", "Ada@Example.org", "02/03/2026 11:00:00", "action"),
            *("SMS could not be sent: gateway answered 503", "17", "2", ""),
        ),
        at_ms=AT,
        key_ms=AT + 3_600_000,
        kind=S.ACTION_ERROR,
        type="action",
        message="SMS could not be sent: gateway answered 503",
        scenario=Ref("Bienvenue", NamedBy.NAME, "Bienvenue"),
        step=Ref("17"),
        identities=(Identity("email", "Ada@Example.org"),),
        start_id="2",
        reason="gateway answered 503",
        fields={"extra": "kept"},
    )


def test_order_and_case_of_columns_change_nothing() -> None:
    names = [
        "message",
        "type",
        "scenario_name",
        "start_id",
        "workflow_points",
        "date",
        "user_email",
        "step_id",
    ]
    values = ["Email was sent", "form", "Welcome", "1", "", "2026-03-02 10:00:00", "a@x.example", "3"]
    straight = dict(zip(names, values, strict=True))
    turned = {name.upper().replace("_", " "): straight[name] for name in reversed(names)}
    assert one("brevo-scenario-log", straight) == one("brevo-scenario-log-json", turned)


def test_a_step_without_an_id_is_known_by_its_name() -> None:
    assert scenario_row(étape="Attente").step == Ref("Attente", NamedBy.NAME, "Attente")
    assert scenario_row(étape="Attente", step_id=3).step == Ref("3", NamedBy.ID, "Attente")
    assert scenario_row().step is None


@pytest.mark.parametrize(
    ("missing", "reason"),
    [("scenario_name", "no scenario_name"), ("date", "no date"), ("user_email", "no user_email")],
)
def test_a_scenario_row_needs_who_where_and_when(missing: str, reason: str) -> None:
    with pytest.raises(DecodeError, match=reason):
        scenario_row(**{missing: ""})


# --- the event log -----------------------------------------------------------------------------------


def event_row(**more: Any) -> Event:
    given = {"created_at": "2026-03-02T10:00:00Z", "email_id": "Ada@Example.org", "contact_id": 8, **more}
    record = one("brevo-event-log", given)
    assert isinstance(record, Event)
    return record


@pytest.mark.parametrize(
    ("sib_type", "kind", "origin"),
    [
        ("form", K.FORM, None),
        ("identify", K.IDENTIFY, None),
        ("page", K.PAGE, None),
        ("track", K.TRACK, None),
        ("order_created", K.TRACK, None),
        ("link", K.LINK, None),
        ("list_addition", K.LIST_ADDITION, None),
        ("templates_opened", K.OPENED, Origin.TRANSACTIONAL),
        ("templates_clicked", K.CLICKED, Origin.TRANSACTIONAL),
        ("templates_unsubscribed", K.UNSUBSCRIBED, Origin.TRANSACTIONAL),
        ("campaigns_opened", K.OPENED, Origin.CAMPAIGN),
        ("campaigns_clicked", K.CLICKED, Origin.CAMPAIGN),
        ("campaigns_unsubscribed", K.UNSUBSCRIBED, Origin.CAMPAIGN),
        ("anniversary", K.OTHER, None),
        ("something new", K.OTHER, None),
        # the names of the help centre, in the language of the account
        ("Événements de suivi", K.TRACK, None),
        ("Suivi des liens", K.LINK, None),
        ("Identifier", K.IDENTIFY, None),
        ("Formulaire", K.FORM, None),
        ("Ajouter un contact à une liste", K.LIST_ADDITION, None),
        ("Ouvert une campagne email", K.OPENED, Origin.CAMPAIGN),
        ("Désinscription d'une campagne", K.UNSUBSCRIBED, Origin.CAMPAIGN),
        ("Clic dans une campagne email", K.CLICKED, Origin.CAMPAIGN),
        ("Ouvert un Template/Tag d'email", K.OPENED, Origin.TRANSACTIONAL),
        ("Désinscription d'un email transactionnel (Template/Tag)", K.UNSUBSCRIBED, Origin.TRANSACTIONAL),
        ("Clic sur un Template/Tag d'email", K.CLICKED, Origin.TRANSACTIONAL),
    ],
)
def test_every_kind_of_event_is_told_from_the_others(
    sib_type: str, kind: EventKind, origin: Origin | None
) -> None:
    event = event_row(sib_type=sib_type, message_id="<1@relay>", template_id=4)
    assert (event.kind, event.type, event.origin) == (kind, sib_type, origin)
    is_message = kind in (K.OPENED, K.CLICKED, K.UNSUBSCRIBED)
    assert event.channel == (Channel.EMAIL if is_message else None)
    assert event.message == ("1@relay ada@example.org" if is_message else None)
    assert event.delivery == (Ref("4") if origin == Origin.TRANSACTIONAL else None)
    assert event.fields == {"contact_id": 8, "template_id": 4}


def test_an_open_of_the_event_log_is_of_the_message_that_the_webhook_told() -> None:
    webhook = one(
        "brevo-webhook",
        {
            "event": "opened",
            "email": "ada@example.org",
            "message-id": "1@relay",
            "ts_epoch": AT,
            "template_id": 4,
        },
    )
    event = event_row(sib_type="templates_opened", message_id="<1@relay>", template_id=4)
    assert (event.message, event.kind, event.at_ms) == (webhook.message, webhook.kind, webhook.at_ms)
    campaign = one(
        "brevo-marketing-webhook",
        {"event": "opened", "email": "ada@example.org", "camp_id": 9, "ts_event": AT // 1000},
    )
    assert event_row(sib_type="campaigns_opened", camp_id=9).message == campaign.message


@pytest.mark.parametrize(
    ("ip", "shown"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("requête interne", None),
        ("Requete Interne", None),
        ("internal request", None),
        ("", None),
        (None, None),
    ],
)
def test_an_internal_request_has_no_address(ip: str | None, shown: str | None) -> None:
    assert event_row(sib_type="form", ip=ip).ip == shown


@pytest.mark.parametrize("data", [{"order_id": 1, "amount": 2.5}, '{"amount": 2.5, "order_id": 1}'])
def test_a_tracked_event_carries_its_data(data: Any) -> None:
    event = event_row(sib_type="track", name="order_created", data=data)
    assert (event.name, event.data) == ("order_created", {"order_id": 1, "amount": 2.5})
    assert event.key[-2:] == ("order_created", '{"amount":2.5,"order_id":1}')


@pytest.mark.parametrize("data", ["{broken", "text", 17, [1], '["x"]'])
def test_data_that_is_no_object_is_none(data: Any) -> None:
    assert event_row(sib_type="track", data=data).data == {}


def test_the_columns_that_the_screen_shows_are_enough() -> None:
    value = {
        "Type": "Formulaire",
        "Date": "02/03/2026 11:00",
        "Nom": "Inscription",
        "Email": "ada@example.org",
        "Adresse IP": "requête interne",
    }
    event = one("brevo-event-log", value, zone=PARIS)
    assert (event.at_ms, event.key_ms, event.kind) == (AT, AT + 3_600_000, K.FORM)
    assert (event.name, event.ip, event.identities) == (
        "Inscription",
        None,
        (Identity("email", "ada@example.org"),),
    )


def test_contact_zero_is_none_and_somebody_must_be_told() -> None:
    assert event_row(sib_type="form", contact_id=0).identities == (Identity("email", "Ada@Example.org"),)
    assert event_row(sib_type="form", contact_id=0).fields == {}
    assert event_row(sib_type="form", email_id=None).identities == (Identity("id", "8"),)
    for missing, reason in (("sib_type", "no type"), ("created_at", "no created_at")):
        with pytest.raises(DecodeError, match=reason):
            event_row(**{"sib_type": "form", missing: None})
    with pytest.raises(DecodeError, match="neither email_id nor contact_id"):
        event_row(sib_type="form", contact_id=0, email_id="")


# --- contacts in scenarios ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        {
            "user_email": "ada@example.org",
            "scenario_name": "Bienvenue",
            "step": "Attente",
            "state": "waiting",
            "date": "2026-03-02 11:00:00",
        },
        {
            "Email": "ada@example.org",
            "Automatisation": "Bienvenue",
            "Étape actuelle": "Attente",
            "Statut": "En attente",
            "Date d'entrée": "02/03/2026 11:00",
        },
        {
            "Contact": "ada@example.org",
            "Workflow": "Bienvenue",
            "Current step": "Attente",
            "Status": "Waiting",
            "Entry date": "2 Mar 2026 11:00",
        },
    ],
)
def test_a_contact_inside_is_read_under_french_and_english_headers(value: dict[str, str]) -> None:
    assert one("brevo-contacts-in-scenario", value, zone=PARIS) == RosterRecord(
        product="brevo",
        account="default",
        scenario=Ref("Bienvenue", NamedBy.NAME, "Bienvenue"),
        identities=(Identity("email", "ada@example.org"),),
        entered_ms=AT,
        step=Ref("Attente", NamedBy.NAME, "Attente"),
        state=RosterState.WAITING,
    )


def test_a_contact_inside_may_tell_more() -> None:
    record = one(
        "brevo-contacts-in-scenario-json",
        {
            "email": "ada@example.org",
            "contact_id": 8,
            "scenario": "Bienvenue",
            "step_id": 3,
            "date": "2026-03-02T10:00:00Z",
            "until": "2026-03-02T11:00:00Z",
            "as_of": "2026-03-02T10:30:00Z",
        },
    )
    assert (record.step, record.state) == (Ref("3"), RosterState.ACTIVE)
    assert (record.entered_ms, record.until_ms, record.as_of_ms) == (AT, AT + 3_600_000, AT + 1_800_000)
    assert record.identities == (Identity("email", "ada@example.org"), Identity("id", "8"))


@pytest.mark.parametrize("missing", ["email", "scenario", "date"])
def test_a_contact_inside_needs_who_where_and_since_when(missing: str) -> None:
    value = {"email": "a@x.example", "scenario": "S", "date": "2026-03-02", missing: ""}
    with pytest.raises(DecodeError):
        one("brevo-contacts-in-scenario", value)
