"""What a query's names and texts stand for in a store: looked up in the dictionaries, never in the logs.

Dictionaries grow with what is different, not with what happens, so looking through one is cheap; only
identities grow with the audience and have an index of their own (backend.sources.sqlite.identity_search).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from backend.identity import SHOWN
from backend.model import ContactRef, LogName
from backend.query.fields import NAMED_FIELDS, Compare, find_field
from backend.query.language import ROSTER, Filter, Term
from backend.sources.sqlite.conditions import Known, TextHits
from backend.sources.sqlite.functions import contains, equals
from backend.sources.sqlite.identity_search import containing_identities, listed_identities
from backend.sources.sqlite.json_text import as_json
from backend.sources.sqlite.schema import Word

MOST_IDENTITIES = 2_000
"""Above this many it is faster to look at the rows newest first than to gather the rows of each contact."""
NAMESPACES = '["email", "phone", "id", "token"]'
FORGOTTEN_NAME = "(forgotten)"

WORD_OF = {
    "type": Word.TYPE,
    "reason": Word.REASON,
    "name": Word.NAME,
    "domain": Word.DOMAIN,
    "platform": Word.PLATFORM,
    "user_agent": Word.AGENT,
    "format": Word.FORMAT,
    "origin": Word.ORIGIN,
    "message": Word.TEXT,
}
"""The dictionary of a field that holds words (`message` and `origin` in the scenario log only)."""
SHOWN_NAME = "CASE name WHEN '' THEN key ELSE name END"
OWN_ID = {"scenario": "coalesce(alias_of, id)", "step": "id", "campaign": "id", "delivery": "id"}


def look_up(connection: sqlite3.Connection, query: Filter) -> Known:
    """The handles of everything that the query names."""
    ids: dict[Term, frozenset[int]] = {}
    texts: dict[Term, TextHits] = {}
    for term in query.terms:
        if not term.field:
            texts[term] = _text_hits(connection, query.log, term.value)
        elif term.value and (found := _handles(connection, query.log, term)) is not None:
            ids[term] = found
    return Known(ids=ids, texts=texts, step_scenarios=_step_scenarios(connection, query, ids))


def _handles(connection: sqlite3.Connection, log: str, term: Term) -> frozenset[int] | None:
    """Handles that a term's value stands for; None for fields that have none."""
    field = find_field(log, term.field)
    assert field is not None, "a Filter has only fields of its log"
    folded = term.value.casefold()
    if term.field in NAMED_FIELDS:
        return named_ids(connection, term.field, folded)
    if field.compare is Compare.CONTACT:
        return frozenset(contact for _, contact in exact_identities(connection, term.value))
    if term.field in ("product", "account"):
        sql = f"SELECT id FROM account WHERE {equals(term.field, '?1', folded)}"
        return _ids(connection.execute(sql, (folded,)))
    if field.compare is Compare.EXACT:
        return _ids(connection.execute("SELECT id FROM message WHERE message_id = ?", (term.value,)))
    if term.field == "url":
        return _url_ids(connection, folded)
    if field.compare in (Compare.EQUALS, Compare.CONTAINS) and term.field in WORD_OF:
        return _word_ids(connection, WORD_OF[term.field], folded, field.compare)
    return None


def _word_ids(connection: sqlite3.Connection, kind: Word, folded: str, compare: Compare) -> frozenset[int]:
    test = (equals if compare is Compare.EQUALS else contains)("text", "?2", folded)
    return _ids(connection.execute(f"SELECT id FROM word WHERE kind = ?1 AND {test}", (int(kind), folded)))


def _url_ids(connection: sqlite3.Connection, folded: str) -> frozenset[int]:
    return _ids(connection.execute(f"SELECT id FROM url WHERE {contains('url', '?1', folded)}", (folded,)))


def named_ids(connection: sqlite3.Connection, table: str, folded: str) -> frozenset[int]:
    """Scenarios, steps, campaigns or deliveries of that name or id; a version stands for its scenario."""
    named = f"{equals('name', '?1', folded)} OR {equals('key', '?1', folded)}"
    sql = f"SELECT {OWN_ID[table]} FROM {table} WHERE {named}"
    return _ids(connection.execute(sql, (folded,)))


def _step_scenarios(
    connection: sqlite3.Connection, query: Filter, ids: dict[Term, frozenset[int]]
) -> frozenset[int] | None:
    terms = [term for term in query.terms if term.field == "step" and not term.negated]
    if query.log == ROSTER or not terms or not all(term.value for term in terms):
        return None
    steps = frozenset[int]().union(*(ids[term] for term in terms))
    sql = (
        "SELECT coalesce((SELECT s.alias_of FROM scenario AS s WHERE s.id = step.scenario_id), scenario_id) "
        "FROM step WHERE id IN (SELECT value FROM json_each(?))"
    )
    return _ids(connection.execute(sql, (as_json(steps),)))


def _text_hits(connection: sqlite3.Connection, log: str, text: str) -> TextHits:
    """Where a free text is, by the columns that a log has (backend.query.fields.TEXT_FIELDS)."""
    folded = text.casefold()
    columns: dict[str, frozenset[int]] = {}
    tables = ("scenario", "step") if log == ROSTER else NAMED_FIELDS
    for table in tables:
        sql = f"SELECT {OWN_ID[table]} FROM {table} WHERE name <> '' AND {contains('name', '?1', folded)} "
        sql += f"OR name = '' AND {contains('key', '?1', folded)}"
        columns[f"{table}_id"] = _ids(connection.execute(sql, (folded,)))
    words = {"type_id": Word.TYPE, "reason_id": Word.REASON}
    if log == LogName.SCENARIO:
        del columns["campaign_id"]
        columns["named_delivery"] = columns.pop("delivery_id")
        words["text_id"] = Word.TEXT
    elif log != ROSTER:
        words["name_id"] = Word.NAME
        columns["url_id"] = _url_ids(connection, folded)
        columns["message_id"] = _ids(
            connection.execute("SELECT id FROM message WHERE message_id = ?", (text,))
        )
    for column, kind in words.items() if log != ROSTER else ():
        columns[column] = _word_ids(connection, kind, folded, Compare.CONTAINS)
    found = listed_identities(connection, folded, MOST_IDENTITIES)
    if found is None:
        return TextHits(text=folded, columns=columns, identities=None)
    return TextHits(
        text=folded,
        columns=columns,
        identities=frozenset(identity for identity, _ in found),
        contacts=frozenset(contact for _, contact in found),
    )


# --- people --------------------------------------------------------------------------------------------


def exact_identities(connection: sqlite3.Connection, text: str) -> list[tuple[int, int]]:
    """(identity, contact) of identities that equal the text: as it is written, or case-folded."""
    wanted = text.strip()
    sql = (
        "SELECT i.id, i.contact_id FROM account AS a CROSS JOIN json_each(?) AS n "
        "CROSS JOIN identity AS i ON i.account_id = a.id AND i.namespace = n.value AND i.value IN (?, ?)"
    )
    return connection.execute(sql, (NAMESPACES, wanted, wanted.casefold())).fetchall()


def contacts_known_as(connection: sqlite3.Connection, texts: Iterable[str]) -> dict[str, list[int]]:
    """Contacts with an identity that equals a text, for many texts in one pass."""
    texts = list(dict.fromkeys(texts))
    forms: dict[str, list[str]] = {}
    for text in texts:
        for form in {text.strip(), text.strip().casefold()}:
            forms.setdefault(form, []).append(text)
    found: dict[str, list[int]] = {text: [] for text in texts}
    rows = connection.execute(
        "SELECT w.value, i.contact_id FROM json_each(?) AS w CROSS JOIN account AS a "
        "CROSS JOIN json_each(?) AS n CROSS JOIN identity AS i "
        "ON i.account_id = a.id AND i.namespace = n.value AND i.value = w.value",
        (msgspec.json.encode([form for form in forms if form]).decode(), NAMESPACES),
    )
    for form, contact in rows:
        for text in forms[form]:
            if contact not in found[text]:
                found[text].append(contact)
    return found


def find_contacts(connection: sqlite3.Connection, text: str, limit: int) -> tuple[ContactRef, ...]:
    """Contacts with an identity that equals the text, else that contains it."""
    wanted = text.strip()
    if not wanted or limit <= 0:
        return ()
    exact = exact_identities(connection, wanted)
    contacts = list(dict.fromkeys(contact for _, contact in exact))
    if not contacts:
        folded = wanted.casefold()
        found = containing_identities(connection, folded, 4 * limit)
        if found is None:
            found = _short_identities(connection, folded, 4 * limit)
        contacts = list(dict.fromkeys(contact for _, contact in found))
    return tuple(read_contacts(connection, contacts[:limit]).values())


def _short_identities(connection: sqlite3.Connection, folded: str, limit: int) -> list[tuple[int, int]]:
    """Identities that begin with a text too short for the index; where there are none, that contain it."""
    sql = (
        "SELECT i.id, i.contact_id FROM account AS a CROSS JOIN json_each(?) AS n CROSS JOIN identity AS i "
        "ON i.account_id = a.id AND i.namespace = n.value AND i.value >= ? AND i.value < ? LIMIT ?"
    )
    after = folded[:-1] + chr(min(ord(folded[-1]) + 1, 0x10FFFF))
    found = connection.execute(sql, (NAMESPACES, folded, after, limit)).fetchall()
    if found:
        return found
    sql = f"SELECT id, contact_id FROM identity WHERE {contains('shown', '?1', folded)} ORDER BY id LIMIT ?2"
    return connection.execute(sql, (folded, limit)).fetchall()


def living_contact(connection: sqlite3.Connection, contact_id: int) -> int | None:
    """The contact that this one was merged into, else itself; None where there is none."""
    current: int | None = contact_id
    for _ in range(100):
        row = connection.execute("SELECT merged_into FROM contact WHERE id = ?", (current,)).fetchone()
        if row is None:
            return None
        if row[0] is None:
            return current
        current = row[0]
    return current


def read_contact(connection: sqlite3.Connection, contact_id: int) -> ContactRef:
    """A contact that exists and was not merged, with its identities, the one to show first."""
    return read_contacts(connection, [contact_id])[contact_id]


def read_contacts(connection: sqlite3.Connection, contacts: Sequence[int]) -> dict[int, ContactRef]:
    """Contacts that exist and were not merged, in the order they are asked for."""
    wanted = as_json(contacts)
    known = {
        contact: (product, account, forgotten)
        for contact, product, account, forgotten in connection.execute(
            "SELECT c.id, a.product, a.account, c.forgotten FROM json_each(?) AS w CROSS JOIN contact AS c "
            "ON c.id = w.value CROSS JOIN account AS a ON a.id = c.account_id",
            (wanted,),
        )
    }
    identities: dict[int, list[tuple[str, str]]] = {}
    for contact, namespace, shown in connection.execute(
        "SELECT i.contact_id, i.namespace, i.shown FROM json_each(?) AS w CROSS JOIN identity AS i "
        "INDEXED BY identity_contact ON i.contact_id = w.value WHERE i.shown <> ''",
        (wanted,),
    ):
        identities.setdefault(contact, []).append((namespace, shown))
    return {
        contact: _ref(contact, *known[contact], identities.get(contact, ()))
        for contact in dict.fromkeys(contacts)
        if contact in known
    }


def _ref(
    contact_id: int, product: str, account: str, forgotten: int, rows: Sequence[tuple[str, str]]
) -> ContactRef:
    rows = () if forgotten else rows
    identities = tuple(sorted(rows, key=lambda row: (SHOWN.get(row[0], 9), row[1])))
    shown = identities[0][1] if identities else FORGOTTEN_NAME if forgotten else nameless(contact_id)
    return ContactRef(id=contact_id, shown=shown, product=product, account=account, identities=identities)


def shown_contacts(connection: sqlite3.Connection, contacts: Iterable[int]) -> dict[int, str]:
    """What each of these contacts is shown as: `ContactRef.shown`, for many at once."""
    wanted = as_json(contacts)
    best: dict[int, tuple[int, str]] = {}
    rows = connection.execute(
        "SELECT contact_id, namespace, shown FROM identity INDEXED BY identity_contact "
        "WHERE contact_id IN (SELECT value FROM json_each(?)) AND shown <> ''",
        (wanted,),
    )
    for contact, namespace, shown in rows:
        rank = (SHOWN.get(namespace, 9), shown)
        best[contact] = min(best.get(contact, rank), rank)
    forgotten = connection.execute(
        "SELECT id, forgotten FROM contact WHERE id IN (SELECT value FROM json_each(?))", (wanted,)
    )
    return {
        contact: FORGOTTEN_NAME
        if is_forgotten
        else best[contact][1]
        if contact in best
        else nameless(contact)
        for contact, is_forgotten in forgotten
    }


def nameless(contact_id: int) -> str:
    """What a contact without any identity is shown as."""
    return f"contact {contact_id}"


def _ids(rows: Iterable[tuple[Any, ...]]) -> frozenset[int]:
    return frozenset(row[0] for row in rows)
