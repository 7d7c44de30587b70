"""Brevo's scenario log (Automations > Logs > Workflow logs), as CSV or JSON, by its documented fields.

What a row is comes from `workflow_points` where the contact started, restarted or left, else from the
wording of `message`, which is in the language of the account: words are data here, in English and French
(removals and exits in the other languages too). Rows that match nothing are kept as `other`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from backend.errors import DecodeError
from backend.feeds.brevo.fields import identities
from backend.feeds.brevo.words import PRODUCT, sib_meaning
from backend.feeds.columns import Row, names_of
from backend.feeds.fields import id_of, json_object
from backend.feeds.format import Frame, Settings
from backend.feeds.times import read_time
from backend.model import EventKind, StepKind
from backend.record import NamedBy, Record, Ref, Rejected, ScenarioRow

SCENARIO_HEADERS = (
    "scenario|nom du scénario|nom de l'automatisation|automatisation|automation|automation name|workflow"
    "|workflow name|nom du workflow|nome automazione|name der automatisierung|nombre de la automatización"
)
EMAIL_HEADERS = (
    "email|e-mail|email address|adresse email|adresse e-mail|email du contact|contact email|contact"
    "|email_id|indirizzo email|e-mail-adresse|correo electrónico"
)
STEP_HEADERS = (
    "étape|step name|current step|étape actuelle|étape en cours|nom de l'étape|passaggio|schritt|paso"
)
DATE_HEADERS = "date and time|date et heure|date time|date/heure|horodatage|data e ora|datum|fecha"

NAMES = names_of(
    {
        "message": "description|messaggio|nachricht|mensaje|mensagem",
        "type": "event type|type d'événement|tipo|typ",
        "scenario_name": SCENARIO_HEADERS,
        "start_id": "",
        "workflow_points": "workflow point",
        "date": DATE_HEADERS,
        "user_email": EMAIL_HEADERS,
        "step_id": "id de l'étape",
        "step": STEP_HEADERS,
        "contact_id": "",
        "until": "waiting until|en attente jusqu'au|jusqu'au",
        "reason": "error|erreur|raison",
        "data": "",
    }
)

_POINTS = {
    "start": StepKind.ENTERED,
    "started": StepKind.ENTERED,
    "entry": StepKind.ENTERED,
    "entree": StepKind.ENTERED,
    "debut": StepKind.ENTERED,
    "demarrage": StepKind.ENTERED,
    "restart": StepKind.RESTARTED,
    "restarted": StepKind.RESTARTED,
    "redemarrage": StepKind.RESTARTED,
    "exit": StepKind.EXITED,
    "exited": StepKind.EXITED,
    "end": StepKind.EXITED,
    "sortie": StepKind.EXITED,
    "fin": StepKind.EXITED,
    "removed": StepKind.REMOVED,
    "deleted": StepKind.REMOVED,
    "supprime": StepKind.REMOVED,
    "suppression": StepKind.REMOVED,
}

_SCENARIO = r"(workflow|automation|automatisation|scenario|journey)"
_MESSAGES: tuple[tuple[StepKind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        (
            StepKind.REMOVED,
            r"supprime manuellement|retire manuellement|manually (removed|deleted)|(removed|deleted) manually"
            r"|(rimosso|eliminato) manualmente|manuell (entfernt|geloscht)|(eliminado|removido) manualmente",
        ),
        (
            StepKind.DISCARDED,
            r"\bdiscarded\b|entry conditions? (was |were )?not met|conditions? d'entree non",
        ),
        (StepKind.FAILED, rf"{_SCENARIO}.*(\bfailed|\ba echoue|\ben echec|\ben erreur|\bin error)"),
        (
            StepKind.ACTION_ERROR,
            r"\berrors?\b|\berreurs?\b|\bechec|\bechoue|\bfailed\b|could not|cannot|couldn't|unable to"
            r"|n'a pas pu|n'ont pas pu|impossible",
        ),
        (StepKind.RESTARTED, rf"({_SCENARIO}.*)?\b(restart|redemarr|recommenc)|{_SCENARIO}.*a nouveau"),
        (
            StepKind.EXITED,
            rf"\b(exited|left|quit|completed|finished|quitte|sorti|sortie|termine)\b.*{_SCENARIO}"
            r"|(uscito|verlassen|salido|saiu|abandonado)",
        ),
        (
            StepKind.ENTERED,
            rf"\b(entered|started|joined|entre|demarre|commence|integre|rejoint)\b.*{_SCENARIO}",
        ),
        (StepKind.WAITING, r"\bwait(s|ing|ed)?\b|\ben attente\b|\battend\b|\bpatiente\b|\bdelay"),
        (
            StepKind.EVENT,
            r"\b(opened|clicked|unsubscribed|submitted|visited|viewed|filled)\b"
            r"|\ba (ouvert|clique|soumis|rempli|visite|vu|consulte)\b|\bs'est (desabonne|desinscrit)"
            r"|\bdesinscription\b",
        ),
        (StepKind.STEP, r"\bconditions?\b|\bstep\b|\betape\b|\bbranche?\b|\bpassed\b|\bmoved to\b|\ba/b\b"),
        (
            StepKind.ACTION,
            r"\bsent\b|\benvoyee?s?\b|\b(was|were|been) (added|removed|updated|created|called|copied|moved)\b"
            r"|\ba ete (ajoute|retire|mis|cree|appele|supprime|copie|deplace)|\bmise? a jour\b|\bwebhook\b"
            r"|\b(added|removed|updated|ajoute|retire)\b",
        ),
    )
)
_REASON_KINDS = frozenset({StepKind.ACTION_ERROR, StepKind.FAILED, StepKind.DISCARDED})


def decode_scenario_row(frame: Frame, settings: Settings) -> Iterator[Record | Rejected]:
    """One row of the scenario log. Raises: DecodeError."""
    if not isinstance(frame.value, dict):
        raise DecodeError("not a JSON object")
    row = Row(frame.value, settings, NAMES)
    scenario = row.need("scenario_name")
    email = row.text("user_email")
    if email is None and id_of(row.raw("contact_id")) is None:
        raise DecodeError("no user_email")
    raw_time = row.need("date")
    moment = read_time(raw_time, settings.zone)
    message, type_ = row.text("message") or "", row.text("type") or ""
    start_id, points = row.text("start_id"), row.text("workflow_points")
    kind = kind_of(message, type_, points)
    until = row.text("until")
    step_id = id_of(row.raw("step_id"))
    contact_id = id_of(row.raw("contact_id"))
    yield ScenarioRow(
        product=PRODUCT,
        account=settings.account,
        key=(
            *("scenario", scenario, email or contact_id or "", raw_time, type_, message),
            *(step_id or row.text("step") or "", start_id or "", points or ""),
        ),
        at_ms=moment.at_ms,
        key_ms=moment.key_ms,
        kind=kind,
        type=type_,
        message=message,
        scenario=Ref(scenario, NamedBy.NAME, scenario),
        step=step_of(step_id, row.text("step")),
        identities=identities(email, contact_id),
        start_id=start_id,
        workflow_points=points,
        reason=row.text("reason") or (_told_reason(message) if kind in _REASON_KINDS else None),
        origin=type_ or None if kind == StepKind.EVENT else None,
        until_ms=read_time(until, settings.zone).at_ms if until else None,
        fields=row.rest,
        data=json_object(row.raw("data")),
    )


def step_of(step_id: str | None, name: str | None) -> Ref | None:
    """A step by its id, else by its name."""
    if step_id:
        return Ref(step_id, NamedBy.ID, name or "")
    return Ref(name, NamedBy.NAME, name) if name else None


def kind_of(message: str, type_: str, points: str | None) -> StepKind:
    """What a row of the scenario log is."""
    return (_kind_of_known if len(message) <= _KNOWN_LENGTH else _judge)(message, type_, points)


def _judge(message: str, type_: str, points: str | None) -> StepKind:
    wording = _wording(message)
    said = next((kind for kind, pattern in _MESSAGES if pattern.search(wording)), None)
    pointed = _POINTS.get(_wording(points or "").strip())
    if pointed is not None:
        # A removal and a failure are exits of their own; their rows carry `exit` as well.
        is_special_exit = pointed == StepKind.EXITED and said in (StepKind.REMOVED, StepKind.FAILED)
        return said if is_special_exit and said else pointed
    if said is not None:
        return said
    return StepKind.EVENT if sib_meaning(type_).kind != EventKind.OTHER else StepKind.OTHER


_KNOWN_LENGTH = 200
"""Messages up to this length are remembered with what they mean: a scenario says few different ones."""
_kind_of_known = lru_cache(maxsize=4096)(_judge)


def _wording(text: str) -> str:
    """For comparing: lower case, no accents, one kind of apostrophe."""
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return text.casefold().replace("’", "'")


def _told_reason(message: str) -> str | None:
    """What a message says behind its first colon."""
    _, colon, reason = message.partition(":")
    return reason.strip() or None if colon else None
