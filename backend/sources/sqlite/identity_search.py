"""Identities that contain a text, by the trigram index.

Intersecting the lists of all trigrams of a text costs as much as the most common of them is long. So only its
rarest trigrams are asked of the index, and what they find is checked on the identities. Which are rare is
judged by a sample; it decides what a search costs, never what it finds.
"""

from __future__ import annotations

import sqlite3

import msgspec

from backend.sources.sqlite.dictionaries import IdentitySample, Reader
from backend.sources.sqlite.functions import contains
from backend.sources.sqlite.json_text import as_json

TRIGRAM = 3
"""Characters that a text needs for the index of identities."""
SAMPLED_SPANS, SPAN_ROWS = 64, 64
"""Runs of neighbours: a row by itself would cost a page of the disk each."""
ASKED, JUDGED = 3, 8
"""Trigrams asked of the index together where they are rare, and of how many the rarest are taken."""
COMMON = 0.02
"""Share of the identities from which on a trigram narrows too little to be asked alone."""
FIRST_CANDIDATES = 500
SURELY_MANY = 6
"""Hits in the sample that are no accident any more."""
MOST_CANDIDATES = 20_000
"""Identities with the rare trigrams that are looked at before they are said to be too many to list."""

Found = list[tuple[int, int]]
"""(identity, contact)"""


def containing_identities(connection: sqlite3.Connection, folded: str, limit: int) -> Found | None:
    """At most `limit` identities that contain the case-folded text; None: it is too short for the index."""
    if len(folded) < TRIGRAM:
        return None
    if "\0" in folded:  # stored nowhere, and the end of what is asked of the index
        return []
    return _search(connection, _asked_trigrams(connection, folded), folded, limit, None)


def listed_identities(connection: sqlite3.Connection, folded: str, most: int) -> Found | None:
    """All identities that contain the case-folded text; None: too short to look up, or too many to list."""
    if len(folded) < TRIGRAM:
        return None
    if "\0" in folded:
        return []
    sample = _sample(connection)
    hits = sample.text.count(folded)
    if hits >= SURELY_MANY and hits * sample.scale > most:
        return None
    found = _search(connection, _asked_trigrams(connection, folded), folded, most + 1, MOST_CANDIDATES)
    return None if found is None or len(found) > most else found


def _search(
    connection: sqlite3.Connection, trigrams: list[str], folded: str, limit: int, most: int | None
) -> Found | None:
    """Candidates by ascending id, checked, in growing chunks; None where there are more than `most`."""
    match = " AND ".join('"' + trigram.replace('"', '""') + '"' for trigram in trigrams)
    candidates = "SELECT rowid FROM identity_fts WHERE identity_fts MATCH ? AND rowid > ? LIMIT ?"
    checked = (
        "SELECT id, contact_id FROM identity WHERE id IN (SELECT value FROM json_each(:ids)) "
        f"AND {contains('shown', ':text', folded)} ORDER BY id LIMIT :limit"
    )
    found: Found = []
    after, chunk, looked_at = 0, max(limit, FIRST_CANDIDATES), 0
    while True:
        ids = [identity for (identity,) in connection.execute(candidates, (match, after, chunk))]
        asked = {"ids": as_json(ids), "text": folded, "limit": limit - len(found)}
        found += connection.execute(checked, asked).fetchall()
        looked_at += len(ids)
        if len(found) >= limit or len(ids) < chunk:
            return found
        if most is not None and looked_at >= most:
            return None
        after, chunk = ids[-1], 4 * chunk


def _asked_trigrams(connection: sqlite3.Connection, folded: str) -> list[str]:
    """The rarest trigrams of a text; all that are judged where every one is common."""
    sample = _sample(connection)
    places = range(0, len(folded) - TRIGRAM + 1, max(1, len(folded) // JUDGED))
    trigrams = {folded[place : place + TRIGRAM] for place in places}
    by_rarity = sorted((sample.text.count(trigram), trigram) for trigram in trigrams)
    if by_rarity[0][0] > COMMON * sample.rows:
        return [trigram for _, trigram in by_rarity]
    return [trigram for hits, trigram in by_rarity[:ASKED] if hits <= COMMON * sample.rows]


def _sample(connection: sqlite3.Connection) -> IdentitySample:
    """The connection's sample; a new one when there are many more identities than when it was taken."""
    low, high = connection.execute(
        "SELECT (SELECT min(id) FROM identity), (SELECT max(id) FROM identity)"
    ).fetchone()
    kept = connection.sample if isinstance(connection, Reader) else None
    if kept is not None and kept.high <= (high or 0) < 2 * kept.high:
        return kept
    taken = _take_sample(connection, low or 0, high or 0)
    if isinstance(connection, Reader):
        connection.sample = taken
    return taken


def _take_sample(connection: sqlite3.Connection, low: int, high: int) -> IdentitySample:
    step = max((high - low + 1) // SAMPLED_SPANS, SPAN_ROWS)
    starts = msgspec.json.encode(list(range(low, high + 1, step))).decode()
    sql = (
        "SELECT i.value FROM json_each(?) AS s CROSS JOIN identity AS i "
        f"ON i.id >= s.value AND i.id < s.value + {SPAN_ROWS}"
    )
    values = [value.casefold() for (value,) in connection.execute(sql, (starts,))]
    return IdentitySample(
        text="\n".join(values), rows=len(values), scale=(high - low + 1) / max(1, len(values)), high=high
    )
