"""Adobe Campaign's words: enumerations in English, in French and as the schema names them, as data.

Exports show labels in the operator's language or the raw values of the enumeration. Of the numbers of the
delivery log's statuses only 2 (failed) is documented; others belong into the mapping file (docs/formats).
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from backend.feeds.columns import plain_name
from backend.model import BounceClass, Channel, EventKind
from backend.products import ADOBE_CAMPAIGN as PRODUCT

__all__ = ["PRODUCT"]


def fold(word: str) -> str:
    """A label for comparing: letters and digits only, without case and accents."""
    return plain_name(word).replace("_", "")


def _words(table: Mapping[str, str]) -> dict[str, str]:
    """name -> "|"-separated labels, turned round: each folded label -> the name."""
    return {
        fold(label): name for name, labels in table.items() for label in (name, *labels.split("|")) if label
    }


STATUSES: dict[str, str] = _words(
    {
        "sent": "Envoyé|Envoyée",
        "ignored": "Ignoré|Ignorée",
        "failed": "2|Échec|En échec|Échoué|Échouée",
        "pending": "En attente",
        "prepared": "Préparé|Préparée|Prepared for sending",
        "not applicable": "Non applicable|Sans objet",
        "canceled": "Cancelled|Delivery canceled|Delivery cancelled|Annulé|Annulée|Diffusion annulée",
        "taken into account": "Taken into account by the service provider|Taken into account by provider"
        "|Pris en compte|Pris en compte par le fournisseur de services|Pris en compte par le prestataire"
        "|Pris en compte par le prestataire de services|Prise en compte par le fournisseur de services",
        "received on mobile": "Received on the mobile|Reçu sur mobile|Reçu sur le mobile",
        "sent to the service provider": "Sent to service provider|Sent to provider|Sent to the provider"
        "|Envoyé au fournisseur de services|Envoyé au prestataire|Envoyé au prestataire de services",
    }
)
STATUS_KINDS: dict[str, EventKind] = {
    "sent": EventKind.DELIVERED,  # Adobe's Success
    "received on mobile": EventKind.DELIVERED,
    "taken into account": EventKind.SENT,
    "sent to the service provider": EventKind.SENT,
    "failed": EventKind.BOUNCED,
    "ignored": EventKind.EXCLUDED,
    "canceled": EventKind.EXCLUDED,
    "pending": EventKind.TARGETED,
    "prepared": EventKind.TARGETED,
    "not applicable": EventKind.OTHER,
}


class Reason(msgspec.Struct, frozen=True):
    """A value of the enumeration failureReason."""

    code: int
    label: str
    words: str
    """Its name in the schema, and its French labels."""


REASONS: tuple[Reason, ...] = (
    Reason(0, "Not defined", "Undefined|Non défini|Non définie"),
    Reason(1, "User unknown", "UnknownUser|Utilisateur inconnu|Inconnu"),
    Reason(2, "Invalid domain", "Domaine invalide|Domaine non valide"),
    Reason(3, "Unreachable", "Inatteignable|Injoignable"),
    Reason(4, "Account disabled", "Disabled|Compte désactivé"),
    Reason(5, "Mailbox full", "Inbox full|Boîte pleine|Boîte aux lettres pleine|Boîte de réception pleine"),
    Reason(6, "Not connected", "Non connecté"),
    Reason(7, "Address not specified", "AddressUndefined|Adresse non spécifiée|Adresse non renseignée"),
    Reason(
        8,
        "Denylisted address",
        "Blacklisted|Denylisted|Blacklisted address|Adresse sur liste bloquée|Adresse sur liste noire"
        "|Adresse en liste noire|Adresse placée sur liste bloquée",
    ),
    Reason(9, "Address in quarantine", "Quarantine|Adresse en quarantaine"),
    Reason(10, "Double", "Duplicate|Doublon"),
    Reason(11, "Excluded by a SQL rule", "Exclu par une règle SQL|Exclus par une règle SQL"),
    Reason(12, "Excluded after arbitration", "Exclu après arbitrage|Exclus après arbitrage"),
    Reason(14, "Bad-quality address", "Adresse de mauvaise qualité"),
    Reason(15, "Unqualified address", "Adresse non qualifiée"),
    Reason(16, "Not eligible for the offers", "Non éligible aux offres"),
    Reason(17, "Target limited in size", "Cible limitée en taille|Cible limitée en nombre"),
    Reason(20, "Refused", "Rejected|Refusé|Refusée|Rejeté|Rejetée"),
    Reason(25, "Error ignored", "ErrorIgnored|Erreur ignorée"),
    Reason(127, "Control address", "Seed address|Adresse de contrôle|Adresse témoin"),
)
_REASON_OF: dict[str, Reason] = {
    fold(word): reason
    for reason in REASONS
    for word in (str(reason.code), reason.label, *reason.words.split("|"))
}
COMPLAINT = 8
"""Failed for this reason is how Campaign counts complaints."""
CLASS_BY_REASON: dict[int, BounceClass] = {
    1: BounceClass.HARD,
    **dict.fromkeys((2, 3, 4, 5, 6, 20), BounceClass.SOFT),
}
"""R22. Failed for any other reason is neither hard nor soft."""


def reason_of(text: str | None) -> Reason | None:
    """The reason that a number, a schema name or a label stands for; None for words that are not known."""
    return _REASON_OF.get(fold(text)) if text else None


URL_TYPES: dict[str, str] = _words(
    {
        "email click": "1|click|clic|clic e-mail|clic email|clic dans l'e-mail|emailClick|e-mail click",
        "open": "2|opening|ouverture|ouvert",
        "opt-out": "3|optout|désinscription|désabonnement|unsubscription|unsubscribe|lien de désinscription",
        "web": "4|web page|page web",
        "transaction": "5",
        "mirror page": "6|mirror|page miroir|lien vers la page miroir",
    }
)
URL_KINDS: dict[str, EventKind] = {
    "email click": EventKind.CLICKED,
    "open": EventKind.OPENED,
    "opt-out": EventKind.UNSUBSCRIBED,
    "web": EventKind.PAGE,
    "transaction": EventKind.TRACK,
    "mirror page": EventKind.LINK,
}
"""R29: what is no e-mail click stays out of Clicks."""
OPEN_URL_ID = "1"
"""Primary key of the open pixel."""

_CHANNELS: dict[str, str] = _words(
    {
        "email": "0|e-mail|courriel|mail",
        "sms": "1|mobile|mobile (sms)|sms mobile",
        "push": "40|41|42|push notification|mobile application|application mobile|ios|android|ios channel"
        "|android channel|canal ios|canal android|notification push",
    }
)


def channel_of(text: str | None, address: str | None) -> Channel | None:
    """The channel as told, else as the address looks; None for channels that have no reports here."""
    if text:
        name = _CHANNELS.get(fold(text))
        return Channel(name) if name else None
    if address is None or "@" in address:
        return Channel.EMAIL
    return Channel.SMS if address.strip("+ 0123456789.-()") == "" else None


QUARANTINED: dict[str, str] = _words(
    {
        "quarantine": "quarantined|in quarantine|quarantaine|en quarantaine|mise en quarantaine",
        "denylist": "denylisted|on denylist|blacklisted|blacklist|liste noire|sur liste noire|liste bloquée"
        "|sur liste bloquée|bloquée",
        "": "valid|valide|with errors|erroneous|en erreur|erreurs|erronée|avec erreurs",
    }
)
"""Status of an address -> why it is not written to; "": it is."""
_TRUE = frozenset(map(fold, ("1", "true", "yes", "oui", "vrai", "enabled", "activé", "on")))
_FALSE = frozenset(map(fold, ("0", "false", "no", "non", "faux", "disabled", "désactivé", "off")))


def truth_of(text: str | None) -> bool | None:
    """Yes or no in words; None for what is neither."""
    word = fold(text) if text else ""
    return True if word in _TRUE else False if word in _FALSE else None
