"""Brevo's list of the contacts in scenarios (Automations > Logs > Contacts in workflow), as CSV or JSON."""

from __future__ import annotations

from collections.abc import Iterator

from backend.errors import DecodeError
from backend.feeds.brevo.fields import identities
from backend.feeds.brevo.scenario_log import EMAIL_HEADERS, SCENARIO_HEADERS, STEP_HEADERS, step_of
from backend.feeds.brevo.words import PRODUCT, fold
from backend.feeds.columns import Row, names_of
from backend.feeds.fields import id_of
from backend.feeds.format import Frame, Settings
from backend.feeds.times import read_time
from backend.model import RosterState
from backend.record import NamedBy, Record, Ref, Rejected, RosterRecord

NAMES = names_of(
    {
        "email": f"user_email|{EMAIL_HEADERS}",
        "contact_id": "",
        "scenario": f"scenario_name|{SCENARIO_HEADERS}",
        "step_id": "",
        "step": STEP_HEADERS,
        "entered": "date|entered_at|entry date|date d'entrée|date et heure d'entrée|entry date and time"
        "|date and time|date et heure|date of entry|entrée|data di ingresso|eintrittsdatum|fecha de entrada",
        "state": "status|statut|état|stato|estado",
        "until": "waiting until|en attente jusqu'au|jusqu'au",
        "as_of": "",
    }
)
_WAITING = frozenset(
    map(fold, ("waiting", "en attente", "in attesa", "wartend", "en espera", "em espera", "aguardando"))
)


def decode_contact_row(frame: Frame, settings: Settings) -> Iterator[Record | Rejected]:
    """One line of the list. Raises: DecodeError."""
    if not isinstance(frame.value, dict):
        raise DecodeError("not a JSON object")
    row = Row(frame.value, settings, NAMES)
    email, contact_id = row.text("email"), id_of(row.raw("contact_id"))
    if email is None and contact_id is None:
        raise DecodeError("no email")
    scenario = row.need("scenario")
    entered = read_time(row.need("entered"), settings.zone)
    until, as_of = row.text("until"), row.text("as_of")
    yield RosterRecord(
        product=PRODUCT,
        account=settings.account,
        scenario=Ref(scenario, NamedBy.NAME, scenario),
        identities=identities(email, contact_id),
        entered_ms=entered.at_ms,
        step=step_of(id_of(row.raw("step_id")), row.text("step")),
        state=RosterState.WAITING if fold(row.text("state") or "") in _WAITING else RosterState.ACTIVE,
        until_ms=read_time(until, settings.zone).at_ms if until else None,
        as_of_ms=read_time(as_of, settings.zone).at_ms if as_of else None,
    )
