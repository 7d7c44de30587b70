"""Who a contact is, in one line above his story."""

from __future__ import annotations

from backend.model import ContactRef
from backend.query.language import parse, with_term

STORY_TAB, TRACKING_TAB = "Story", "Tracking"


def story_tabs(here: str) -> str:
    """The two tabs of a contact's trace, the one on screen in brackets."""
    return "  ".join(f"[{tab}]" if tab == here else tab for tab in (STORY_TAB, TRACKING_TAB))


def contact_line(contact: ContactRef) -> str:
    """Every identity that the contact is known by, the shown one first."""
    others = [f"{space} {value}" for space, value in contact.identities if value != contact.shown]
    account = contact.product if contact.account == "default" else f"{contact.product} {contact.account}"
    return ", ".join([contact.shown, *others, account])


def query_of(contact: ContactRef) -> str:
    """The query for this contact's rows in a log."""
    value = contact.identities[0][1] if contact.identities else contact.shown
    return with_term(parse("", now_ms=0), "contact", value).text
