"""Brevo's words for what happened, in all its spellings and languages, and what they mean here: data.

A word is compared without case, accents, blanks and signs: `hard_bounce`, `hardBounces` and "Hard bounce"
are one. A label that is in no table is kept as the kind `other` with its own text.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import NamedTuple

from backend.model import BounceClass, EventKind, Origin

PRODUCT = "brevo"


class Meaning(NamedTuple):
    """What a word of Brevo's stands for. `word` is the webhook's spelling."""

    kind: EventKind
    word: str
    bounce_class: BounceClass | None = None
    machine: bool = False
    origin: Origin | None = None
    reason: str | None = None
    """The reason that the word itself tells."""


_K, _C = EventKind, BounceClass

EMAIL_MEANINGS: tuple[Meaning, ...] = (
    Meaning(_K.SENT, "request"),
    Meaning(_K.DELIVERED, "delivered"),
    Meaning(_K.DEFERRED, "deferred"),
    Meaning(_K.ERROR, "error"),
    Meaning(_K.BOUNCED, "hard_bounce", _C.HARD),
    Meaning(_K.BOUNCED, "soft_bounce", _C.SOFT),
    Meaning(_K.BOUNCED, "bounces", _C.OTHER),
    Meaning(_K.BOUNCED, "invalid_email", _C.HARD, reason="invalid"),
    Meaning(_K.EXCLUDED, "blocked"),
    Meaning(_K.OPENED, "opened"),
    Meaning(_K.OPENED, "unique_opened"),
    Meaning(_K.OPENED, "proxy_open", machine=True),
    Meaning(_K.OPENED, "unique_proxy_open", machine=True),
    Meaning(_K.CLICKED, "click"),
    Meaning(_K.UNSUBSCRIBED, "unsubscribed"),
    Meaning(_K.COMPLAINED, "spam"),
    Meaning(_K.LIST_ADDITION, "list_addition"),
    Meaning(_K.OTHER, "contact_updated"),
    Meaning(_K.OTHER, "contact_deleted"),
)

EMAIL_SPELLINGS: dict[str, str] = {
    "request": "request requests sent",
    "delivered": "delivered",
    "deferred": "deferred",
    "error": "error",
    "hard_bounce": "hardbounce hardbounces hardbounced",
    "soft_bounce": "softbounce softbounces softbounced",
    "bounces": "bounces bounce",
    "invalid_email": "invalidemail invalid",
    "blocked": "blocked",
    "opened": "opened open",
    "unique_opened": "uniqueopened uniqueopen firstopening",
    "proxy_open": "proxyopen loadedbyproxy",
    "unique_proxy_open": "uniqueproxyopen uniqueloadedbyproxy",
    "click": "click clicks clicked",
    "unsubscribed": "unsubscribed unsubscribe",
    "spam": "spam complaint complaints markedasspam",
    "list_addition": "listaddition contactaddedtolist",
    "contact_updated": "contactupdated",
    "contact_deleted": "contactdeleted",
}
"""Webhook spelling -> all spellings of webhooks, events API and exports, folded."""

LABELS: dict[str, dict[str, str]] = {
    "en": {
        "request": "Sent",
        "delivered": "Delivered",
        "unique_opened": "First opening|First open",
        "opened": "Opened",
        "proxy_open": "Loaded by proxy|Proxy open|Opened by proxy",
        "unique_proxy_open": "First proxy open|First loaded by proxy",
        "click": "Clicked",
        "unsubscribed": "Unsubscribed",
        "soft_bounce": "Soft bounce|Soft bounced",
        "hard_bounce": "Hard bounce|Hard bounced",
        "invalid_email": "Invalid email",
        "deferred": "Deferred",
        "spam": "Complaint|Marked as spam",
        "blocked": "Blocked",
        "error": "Error",
    },
    "fr": {
        "request": "Envoyé|Envoi demandé|Demande d'envoi",
        "delivered": "Délivré|Livré",
        "unique_opened": "Première ouverture|1ère ouverture",
        "opened": "Ouvert|Ouverture",
        "proxy_open": "Chargé par proxy|Chargé par un proxy|Ouverture par proxy|Ouvert par proxy",
        "unique_proxy_open": "Première ouverture par proxy",
        "click": "Cliqué|Clic|Clics",
        "unsubscribed": "Désinscrit|Désinscription|Désabonné|Désabonnement",
        "soft_bounce": "Soft bounce|Rebond temporaire",
        "hard_bounce": "Hard bounce|Rebond définitif|Rebond permanent",
        "invalid_email": "Email invalide|E-mail invalide|Email non valide|Adresse email invalide",
        "deferred": "Différé|Reporté",
        "spam": "Plainte|Signalé comme spam|Marqué comme spam",
        "blocked": "Bloqué",
        "error": "Erreur",
    },
    "it": {
        "request": "Inviata|Inviato|Richiesta invio|Richiesta di invio",
        "delivered": "Consegnata|Consegnato|Recapitata|Recapitato",
        "unique_opened": "Prima apertura",
        "opened": "Aperta|Aperto",
        "proxy_open": "Caricata per procura|Caricata da proxy|Caricato tramite proxy|Apertura proxy",
        "unique_proxy_open": "Prima apertura proxy",
        "click": "Cliccata|Cliccato|Clic",
        "unsubscribed": "Disiscrizione|Disiscritto|Disiscritta|Annullata iscrizione",
        "soft_bounce": "Soft bounce|Respinta temporaneamente",
        "hard_bounce": "Hard bounce|Respinta definitivamente",
        "invalid_email": "Email non valida|E-mail non valida|Indirizzo non valido",
        "deferred": "Differita|Differito|Rinviata|Rimandata",
        "spam": "Reclamo|Segnalata come spam|Contrassegnata come spam",
        "blocked": "Bloccata|Bloccato",
        "error": "Errore",
    },
    "de": {
        "request": "Gesendet|Versendet|Versandanfrage",
        "delivered": "Zugestellt",
        "unique_opened": "Erste Öffnung|Erstöffnung|Erstmals geöffnet",
        "opened": "Geöffnet|Öffnung",
        "proxy_open": "Durch Proxy geladen|Über Proxy geladen|Per Proxy geladen|Proxy-Öffnung",
        "unique_proxy_open": "Erste Proxy-Öffnung",
        "click": "Geklickt|Angeklickt|Klick",
        "unsubscribed": "Abgemeldet|Abmeldung",
        "soft_bounce": "Soft Bounce|Softbounce",
        "hard_bounce": "Hard Bounce|Hardbounce",
        "invalid_email": "Ungültige E-Mail|Ungültige E-Mail-Adresse|Ungültige Email",
        "deferred": "Verzögert|Aufgeschoben|Zurückgestellt",
        "spam": "Beschwerde|Als Spam markiert",
        "blocked": "Blockiert|Gesperrt",
        "error": "Fehler",
    },
    "es": {
        "request": "Enviado|Solicitud de envío",
        "delivered": "Entregado",
        "unique_opened": "Primera apertura",
        "opened": "Abierto|Apertura",
        "proxy_open": "Cargado por proxy|Cargado por un proxy|Apertura por proxy",
        "unique_proxy_open": "Primera apertura por proxy",
        "click": "Clicado|Clic|Hizo clic|Clic realizado",
        "unsubscribed": "Dado de baja|Baja|Cancelación de suscripción|Suscripción cancelada",
        "soft_bounce": "Soft bounce|Rebote suave|Rebote temporal",
        "hard_bounce": "Hard bounce|Rebote duro|Rebote permanente",
        "invalid_email": "Correo electrónico no válido|Email no válido|Email inválido",
        "deferred": "Diferido|Aplazado",
        "spam": "Queja|Marcado como spam|Reclamación",
        "blocked": "Bloqueado",
        "error": "Error",
    },
    "pt": {
        "request": "Enviado|Solicitação de envio|Pedido de envio",
        "delivered": "Entregue",
        "unique_opened": "Primeira abertura",
        "opened": "Aberto|Abertura",
        "proxy_open": "Carregado por proxy|Aberto por proxy|Abertura por proxy",
        "unique_proxy_open": "Primeira abertura por proxy",
        "click": "Clicado|Clique",
        "unsubscribed": "Descadastrado|Cancelou a inscrição|Inscrição cancelada|Descadastramento",
        "soft_bounce": "Soft bounce|Rejeição temporária",
        "hard_bounce": "Hard bounce|Rejeição permanente",
        "invalid_email": "E-mail inválido|Email inválido",
        "deferred": "Adiado|Diferido",
        "spam": "Reclamação|Queixa|Marcado como spam",
        "blocked": "Bloqueado",
        "error": "Erro",
    },
}
"""Language -> webhook word -> the labels of the transactional log's export, "|" between them."""

SMS_MEANINGS: tuple[tuple[str, Meaning], ...] = (
    ("sent requests request", Meaning(_K.SENT, "sent")),
    ("accepted", Meaning(_K.OTHER, "accepted")),
    ("delivered", Meaning(_K.DELIVERED, "delivered")),
    ("softbounce softbounces", Meaning(_K.BOUNCED, "soft_bounce", _C.SOFT)),
    ("hardbounce hardbounces", Meaning(_K.BOUNCED, "hard_bounce", _C.HARD)),
    ("bounces bounce", Meaning(_K.BOUNCED, "bounces", _C.OTHER)),
    ("rejected error", Meaning(_K.ERROR, "rejected")),
    ("blocked", Meaning(_K.EXCLUDED, "blocked")),
    ("skip skipped", Meaning(_K.EXCLUDED, "skipped")),
    ("unsubscribe unsubscribed unsubscription", Meaning(_K.UNSUBSCRIBED, "unsubscribe")),
    ("subscribe subscribed", Meaning(_K.SUBSCRIBED, "subscribe")),
    ("reply replies replied", Meaning(_K.OTHER, "replied")),
)

_CAMPAIGN, _TRANSACTIONAL = Origin.CAMPAIGN, Origin.TRANSACTIONAL

SIB_TYPES: tuple[tuple[str, Meaning], ...] = (
    (
        "track|tracking|track event|tracked event|Événements de suivi|Événement de suivi",
        Meaning(_K.TRACK, "track"),
    ),
    ("order_created|order_completed|cart_updated|cart_deleted|product_viewed", Meaning(_K.TRACK, "track")),
    ("link|track_link|Suivi des liens|Track links|Link tracking", Meaning(_K.LINK, "link")),
    ("identify|Identifier", Meaning(_K.IDENTIFY, "identify")),
    ("page|pages|page view", Meaning(_K.PAGE, "page")),
    ("form|forms|Formulaire|form submitted", Meaning(_K.FORM, "form")),
    (
        "list_addition|Ajouter un contact à une liste|Add a contact to a list|Contact added to a list",
        Meaning(_K.LIST_ADDITION, "list_addition"),
    ),
    (
        "campaigns_opened|campaign_opened|Ouvert une campagne email|A ouvert une campagne email"
        "|Opened an email campaign",
        Meaning(_K.OPENED, "campaigns_opened", origin=_CAMPAIGN),
    ),
    (
        "campaigns_clicked|campaign_clicked|Clic dans une campagne email|Clicked an email campaign"
        "|Clicked in an email campaign",
        Meaning(_K.CLICKED, "campaigns_clicked", origin=_CAMPAIGN),
    ),
    (
        "campaigns_unsubscribed|campaign_unsubscribed|Désinscription d'une campagne"
        "|Unsubscribed from a campaign|Unsubscribed from an email campaign",
        Meaning(_K.UNSUBSCRIBED, "campaigns_unsubscribed", origin=_CAMPAIGN),
    ),
    (
        "templates_opened|template_opened|Ouvert un Template/Tag d'email|Opened an email Template/Tag",
        Meaning(_K.OPENED, "templates_opened", origin=_TRANSACTIONAL),
    ),
    (
        "templates_clicked|template_clicked|Clic sur un Template/Tag d'email|Clicked an email Template/Tag"
        "|Clicked on an email Template/Tag",
        Meaning(_K.CLICKED, "templates_clicked", origin=_TRANSACTIONAL),
    ),
    (
        "templates_unsubscribed|template_unsubscribed"
        "|Désinscription d'un email transactionnel (Template/Tag)"
        "|Unsubscribed from a transactional email (Template/Tag)",
        Meaning(_K.UNSUBSCRIBED, "templates_unsubscribed", origin=_TRANSACTIONAL),
    ),
)
"""Labels of the event log, "|" between them."""

INTERNAL_REQUEST: frozenset[str]
"""What stands for the address where no one outside called (R42), folded."""


def fold(text: str) -> str:
    """Letters and digits only, without case and accents."""
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return "".join(c for c in text.casefold() if c.isalnum())


INTERNAL_REQUEST = frozenset(
    map(
        fold,
        (
            *("requête interne", "internal request", "internal", "richiesta interna", "interne Anfrage"),
            *("solicitud interna", "solicitação interna", "pedido interno"),
        ),
    )
)


def _email_table() -> dict[str, Meaning]:
    by_word = {meaning.word: meaning for meaning in EMAIL_MEANINGS}
    return {
        spelling: by_word[word]
        for word, spellings in EMAIL_SPELLINGS.items()
        for spelling in spellings.split()
    }


def _label_table() -> dict[str, Meaning]:
    by_word = {meaning.word: meaning for meaning in EMAIL_MEANINGS}
    table = dict(_EMAIL)
    for labels in LABELS.values():
        for word, spellings in labels.items():
            table.update((fold(label), by_word[word]) for label in spellings.split("|"))
    return table


_EMAIL = _email_table()
_LABEL = _label_table()
_SMS = {spelling: meaning for spellings, meaning in SMS_MEANINGS for spelling in spellings.split()}
_SIB = {fold(label): meaning for labels, meaning in SIB_TYPES for label in labels.split("|")}


@lru_cache(maxsize=1024)
def email_meaning(word: str) -> Meaning:
    """What a webhook or the events API says; `other` with its own word for what is not known."""
    return _EMAIL.get(fold(word)) or Meaning(EventKind.OTHER, word)


@lru_cache(maxsize=1024)
def sms_meaning(word: str) -> Meaning:
    return _SMS.get(fold(word)) or Meaning(EventKind.OTHER, word)


@lru_cache(maxsize=1024)
def label_meaning(label: str) -> Meaning | None:
    """What a label of the log's export says, in any of the languages; None for one that is in none."""
    return _LABEL.get(fold(label))


@lru_cache(maxsize=1024)
def sib_meaning(word: str) -> Meaning:
    """What a row of the event log is about."""
    return _SIB.get(fold(word)) or Meaning(EventKind.OTHER, word)
