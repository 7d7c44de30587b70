"""Identities and the contacts they make, kept in step with `backend.identity` as links come in.

An identity's contact is derived from all links of its component; when a link changes the grouping, the
rows of the identities that moved are pointed to their contact. A contact that loses all its identities
redirects to the one that has them now.
"""

from __future__ import annotations

import hmac
import secrets
import sqlite3
from collections.abc import Iterable

import msgspec

from backend.identity import HUB, SHOWN, STRENGTH, fold_value, group_identities, is_hub
from backend.record import Identity

FORGOTTEN = "~"
"""First character of the value of a forgotten identity: the rest is its keyed hash."""

NAMELESS_ROWS = """UPDATE event_log SET contact_id = ? WHERE contact_id = ? AND owner_id IS NULL
 AND message_id IN (SELECT id FROM message WHERE contact_id = ? AND owner_id = ?)"""
"""Rows that name nobody go with the contact of their message."""
OWNED_TABLES = ("event_log", "scenario_log", "message", "roster_line")


FIND = "SELECT id FROM identity WHERE account_id = ? AND namespace = ? AND value = ?"
FIND_MANY = (
    "SELECT value, id FROM identity WHERE account_id = ? AND namespace = ? "
    "AND value IN (SELECT value FROM json_each(?))"
)
MOST_REMEMBERED = 300_000
"""Identities, and sets of them: some 100 MB."""
INSERT_LINK = "INSERT OR IGNORE INTO identity_link(a, b) VALUES(?, ?)"


class _New:
    """Contacts and identities that have their ids and wait to be inserted, many in one statement."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._next: dict[str, int] = {}
        self._contacts: list[tuple[int, int]] = []
        self._identities: list[tuple[int, int, str, str, str, int]] = []
        self.links: list[tuple[int, int]] = []

    def contact(self, account_id: int) -> int:
        handle = self._id("contact")
        self._contacts.append((handle, account_id))
        return handle

    def identity(self, account_id: int, namespace: str, value: str, shown: str, contact: int) -> int:
        handle = self._id("identity")
        self._identities.append((handle, account_id, namespace, value, shown, contact))
        return handle

    def _id(self, table: str) -> int:
        if table not in self._next:
            top = self._db.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()[0]
            self._next[table] = int(top)
        self._next[table] += 1
        return self._next[table]

    def flush(self) -> None:
        if not (self._contacts or self._identities or self.links):
            return
        self._db.executemany("INSERT INTO contact(id, account_id) VALUES(?, ?)", self._contacts)
        self._db.executemany(
            "INSERT INTO identity(id, account_id, namespace, value, shown, contact_id) VALUES(?,?,?,?,?,?)",
            self._identities,
        )
        self._db.executemany(
            "INSERT INTO identity_fts(rowid, value) VALUES(?, ?)",
            [(identity[0], identity[3]) for identity in self._identities],
        )
        self._db.executemany(INSERT_LINK, self.links)
        for waiting in (self._contacts, self._identities, self.links):
            waiting.clear()


class Identities:
    """Resolves what records call people to contacts, for the one transaction that writes."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._seen: dict[tuple[int, tuple[Identity, ...]], tuple[int, int]] = {}
        self._found: dict[tuple[int, str, str], int | None] = {}
        """(account, namespace, value) -> the identity, where it was looked up or inserted; None: none."""
        self._contact: dict[int, int] = {}
        self._forget_key: bytes | None = None
        self._forget_known = False
        self._new = _New(connection)
        self._news = 0
        self.moved: set[tuple[int, int, int]] = set()
        """(identity, former contact, contact) of identities that rows may point to."""

    def expect(self, people: Iterable[tuple[int, tuple[Identity, ...]]]) -> None:
        """Looks up the identities of records that are about to be taken: (account, identities) each."""
        if len(self._found) > MOST_REMEMBERED:
            self.flush()
            self._found.clear()
        asked: dict[tuple[int, str], set[str]] = {}
        for place in people:
            if place in self._seen:
                continue
            for identity in place[1]:
                asked.setdefault((place[0], identity.namespace), set()).add(fold_value(identity))
        for (account, namespace), values in asked.items():
            wanted = sorted(value for value in values if (account, namespace, value) not in self._found)
            self._found.update(((account, namespace, value), None) for value in wanted)
            rows = self._db.execute(FIND_MANY, (account, namespace, msgspec.json.encode(wanted).decode()))
            self._found.update(((account, namespace, value), handle) for value, handle in rows)

    def resolve(self, account_id: int, identities: tuple[Identity, ...]) -> tuple[int, int] | None:
        """(owner, shown): the identity that decides whose row it is, and the one a person sees.
        None where the record names nobody."""
        place = (account_id, identities)
        known = self._seen.get(place)
        if known is None:
            handles = self._handles(account_id, identities)
            if not handles:
                return None
            owner = min(handles, key=lambda handle: STRENGTH.get(handles[handle], 0))
            shown = min(handles, key=lambda handle: SHOWN.get(handles[handle], 9))
            known = (owner, shown)
            if len(self._seen) > MOST_REMEMBERED:
                self._seen.clear()
            self._seen[place] = known
        return known

    def flush(self) -> None:
        """Inserts what was new: to be called before rows that point to it."""
        self._new.flush()

    @property
    def news(self) -> int:
        """Counts up whenever an identity or a link is learned."""
        return self._news

    def contact_of(self, identity_id: int) -> int:
        known = self._contact.get(identity_id)
        if known is None:
            self.flush()
            row = self._db.execute("SELECT contact_id FROM identity WHERE id = ?", (identity_id,)).fetchone()
            known = int(row[0])
            if len(self._contact) > 500_000:
                self._contact.clear()  # what is new was flushed, so the next question finds it
            self._contact[identity_id] = known
        return known

    def _handles(self, account_id: int, identities: Iterable[Identity]) -> dict[int, str]:
        """identity -> namespace of all that the record tells, in its order, inserted and linked where new."""
        known: dict[int, str] = {}
        fresh: dict[tuple[str, str], Identity] = {}
        order: dict[tuple[str, str], int] = {}
        for identity in identities:
            value = fold_value(identity)
            if not value:
                continue
            name = (identity.namespace, value)
            handle = self._find(account_id, *name)
            if handle is None:
                fresh.setdefault(name, identity)
            else:
                known[handle] = identity.namespace
            order.setdefault(name, handle or 0)
        inserted = self._insert(account_id, known, fresh)
        order.update(zip(fresh, inserted, strict=True))
        handles = {handle: namespace for (namespace, _), handle in order.items()}
        if (
            len(handles) > 1
            and self._link(list(handles), inserted)
            and not self._trivially_one(known, inserted)
        ):
            self._regroup(handles, set(inserted))
        return handles

    def _find(self, account_id: int, namespace: str, value: str) -> int | None:
        place = (account_id, namespace, value)
        found = self._found.get(place)
        if found is None and place not in self._found:
            found = self._select(place)
        if found is None and (hashed := self._hashed(value)):
            found = self._select((account_id, namespace, hashed))
        return found

    def _select(self, place: tuple[int, str, str]) -> int | None:
        row = self._db.execute(FIND, place).fetchone()
        return int(row[0]) if row else None

    def _hashed(self, value: str) -> str | None:
        if not self._forget_known:
            found = self._db.execute("SELECT value FROM meta WHERE key = 'forget_key'").fetchone()
            self._forget_key = bytes.fromhex(found[0]) if found else None
            self._forget_known = True
        return hashed_value(self._forget_key, value) if self._forget_key else None

    def _insert(
        self, account_id: int, known: dict[int, str], fresh: dict[tuple[str, str], Identity]
    ) -> dict[int, str]:
        """Inserts identities, each with the contact that it surely has or one of its own."""
        if not fresh:
            return {}
        self._news += len(fresh)
        shared = self._shared_contact(known, fresh) if known else None
        is_one = not known and self._is_one_person(fresh)
        inserted = {}
        for (namespace, value), identity in fresh.items():
            contact = shared if shared is not None else self._new.contact(account_id)
            handle = self._new.identity(account_id, namespace, value, identity.value.strip(), contact)
            self._found[account_id, namespace, value] = handle
            self._contact[handle] = contact
            inserted[handle] = namespace
            if is_one:
                shared = contact
        return inserted

    def _shared_contact(self, known: dict[int, str], fresh: Iterable[tuple[str, str]]) -> int | None:
        """The contact of all known identities, where the new ones cannot change the grouping."""
        contacts = {self.contact_of(handle) for handle in known}
        if len(contacts) != 1 or not self._adds_nothing(
            known.values(), [namespace for namespace, _ in fresh]
        ):
            return None
        return contacts.pop()

    @staticmethod
    def _adds_nothing(known: Iterable[str], fresh: Iterable[str]) -> bool:
        """True where the new identities are weaker than a known strong one: they simply join it."""
        best = min(STRENGTH.get(namespace, 0) for namespace in known)
        return best <= 1 and all(STRENGTH.get(namespace, 0) > max(best, 0) for namespace in fresh)

    @staticmethod
    def _is_one_person(fresh: Iterable[tuple[str, str]]) -> bool:
        """True where grouping puts these, which nothing else is linked to, together."""
        namespaces = [namespace for namespace, _ in fresh]
        return namespaces.count("id") <= 1 and (namespaces.count("id") == 1 or namespaces.count("email") <= 1)

    def _trivially_one(self, known: dict[int, str], inserted: dict[int, str]) -> bool:
        """True where `_insert` has already given all of them the contact that grouping would give."""
        if not inserted:
            return False
        contacts = {self.contact_of(handle) for handle in (*known, *inserted)}
        if len(contacts) != 1:
            return False
        if not known:
            return True
        return (
            len(known) == 1
            and self._adds_nothing(known.values(), inserted.values())
            and not any(self._links(handle, namespace) > HUB for handle, namespace in known.items())
        )

    def _links(self, identity: int, namespace: str) -> int:
        """How many others an identity was seen with, as far as HUB asks; 0 for a product id."""
        if namespace == "id":
            return 0
        self.flush()
        sql = "SELECT count(*) FROM (SELECT 1 FROM identity_link WHERE a = ? LIMIT ?)"
        return int(self._db.execute(sql, (identity, HUB + 2)).fetchone()[0])

    def _link(self, handles: list[int], inserted: dict[int, str]) -> bool:
        """Remembers that these stand for one person; True where that is news."""
        pairs = [(a, b) for a in handles for b in handles if a != b]
        if inserted:
            self._new.links += pairs
            self._news += 1
            return True
        self.flush()
        before = self._db.total_changes
        self._db.executemany(INSERT_LINK, pairs)
        self._news += self._db.total_changes - before
        return self._db.total_changes > before

    # --- grouping ---------------------------------------------------------------------------------------

    def _regroup(self, start: dict[int, str], fresh: set[int]) -> None:
        self.flush()
        names, links, contacts = self._component(self._with_neighbours_of_new_hubs(start))
        groups = group_identities(names, links)
        taken: set[int] = set()
        for group in sorted(set(groups.values()), key=lambda group: min(contacts[i] for i in group)):
            free = sorted({contacts[i] for i in group} - taken)
            contact = free[0] if free else self._new.contact(self._account_of(next(iter(group))))
            taken.add(contact)
            for identity in group:
                if contacts[identity] != contact:
                    self._move(identity, contacts[identity], contact, fresh)
        self.flush()
        self._redirect_empty(set(contacts.values()) - taken, contacts, groups)

    def _with_neighbours_of_new_hubs(self, start: dict[int, str]) -> list[int]:
        """The identities to look at: also those that an identity held together until it became a hub."""
        found = list(start)
        for identity, namespace in start.items():
            if self._links(identity, namespace) == HUB + 1:
                rows = self._db.execute("SELECT b FROM identity_link WHERE a = ?", (identity,))
                found += [int(other) for (other,) in rows]
        return found

    def _component(
        self, start: Iterable[int]
    ) -> tuple[dict[int, tuple[str, str]], dict[int, list[int]], dict[int, int]]:
        """Everything connected to these by links, not reaching through what identifies nobody."""
        names: dict[int, tuple[str, str]] = {}
        links: dict[int, list[int]] = {}
        contacts: dict[int, int] = {}
        hubs: set[int] = set()
        waiting = list(start)
        while waiting:
            identity = waiting.pop()
            if identity in names:
                continue
            row = self._db.execute(
                "SELECT namespace, value, contact_id FROM identity WHERE id = ?", (identity,)
            ).fetchone()
            names[identity], contacts[identity] = (row[0], row[1]), int(row[2])
            limit = -1 if row[0] == "id" else HUB + 1
            found = self._db.execute("SELECT b FROM identity_link WHERE a = ? LIMIT ?", (identity, limit))
            links[identity] = [int(other) for (other,) in found]
            if is_hub(row[0], len(links[identity])):
                hubs.add(identity)
                links[identity] = []
            waiting += links[identity]
        open_links = {a: [b for b in found if b not in hubs] for a, found in links.items()}
        return names, open_links, contacts

    def _account_of(self, identity: int) -> int:
        row = self._db.execute("SELECT account_id FROM identity WHERE id = ?", (identity,)).fetchone()
        return int(row[0])

    def _move(self, identity: int, former: int, contact: int, fresh: set[int]) -> None:
        self._db.execute("UPDATE identity SET contact_id = ? WHERE id = ?", (contact, identity))
        self._contact[identity] = contact
        if identity in fresh:
            return
        self.moved.add((identity, former, contact))
        self._db.execute(NAMELESS_ROWS, (contact, former, former, identity))
        for table in OWNED_TABLES:
            self._db.execute(
                f"UPDATE {table} SET contact_id = ? WHERE contact_id = ? AND owner_id = ?",
                (contact, former, identity),
            )

    def _redirect_empty(
        self, former: set[int], contacts: dict[int, int], groups: dict[int, frozenset[int]]
    ) -> None:
        for contact in former:
            heirs = sorted(self.contact_of(i) for i in groups if contacts[i] == contact)
            self._db.execute("UPDATE contact SET merged_into = ? WHERE id = ?", (heirs[0], contact))


def hashed_value(key: bytes, value: str) -> str:
    return FORGOTTEN + hmac.digest(key, value.encode(), "sha256").hex()


def forget_key(connection: sqlite3.Connection) -> bytes:
    """The store's own key for the hashes of forgotten identities, made at first use."""
    connection.execute(
        "INSERT OR IGNORE INTO meta(key, value) VALUES('forget_key', ?)", (secrets.token_hex(32),)
    )
    row = connection.execute("SELECT value FROM meta WHERE key = 'forget_key'").fetchone()
    return bytes.fromhex(row[0])
