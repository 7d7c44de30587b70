"""The same facts from several formats of a product, shuffled, again, in another zone: counted once."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.errors import DecodeError
from backend.facts import REPEAT, SKEW
from backend.feeds import find_format, recognise
from backend.feeds.format import Settings
from backend.feeds.framing import open_framer
from backend.model import Outcome
from backend.record import Decoded, Rejected
from backend.sources.book import Book
from backend.sources.sqlite.writing import Store
from tests.backend.feeds.stories import PRODUCTS, Fact, facts, posts

NOW_MS = 1_774_000_000_000
UTC_SAID = Settings(zone=ZoneInfo("UTC"))
QUIET = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))


def decoded(name: str, data: bytes, said: Settings = UTC_SAID) -> list[Decoded]:
    """The records of a feed, none of which may be rejected."""
    form = find_format(name)
    framer = open_framer(form.framing, data)
    pieces = []
    for frame in (*framer.feed(data), *framer.finish()):
        assert not isinstance(frame, Rejected), frame.reason
        try:
            records = tuple(form.decode(frame, said))
        except DecodeError as error:
            raise AssertionError(f"{name}: {error}") from error
        assert not any(isinstance(record, Rejected) for record in records)
        if records:
            pieces.append(Decoded(format=name, raw=frame.raw, records=records))
    return pieces


def counted(pieces: Sequence[Decoded]) -> tuple[Counter[Any], list[Any]]:
    """What counts (kind, class, machine, second, implied kinds) and how messages stand, by the book."""
    book = Book(lambda: NOW_MS)
    book.add(pieces)
    settled = book.settle()
    rows = Counter(
        (row.kind, row.bounce_class, row.flags & 1, row.ts // 1000, row.flags & 384)
        for row in settled.events
        if not row.flags & (REPEAT | SKEW)
    )
    states = [
        (state.outcome, state.bounce_class, *(_second(at) for at in _times(state)))
        for state in settled.messages.values()
    ]
    return rows, sorted(states, key=repr)


def _times(state: Any) -> tuple[int | None, ...]:
    return (state.targeted_ms, state.sent_ms, state.open_ms, state.click_ms, state.complained_ms)


def _second(at_ms: int | None) -> int | None:
    return None if at_ms is None else at_ms // 1000


def rollups(pieces: Sequence[Decoded], size: int) -> Counter[Any]:
    """What a store keeps of them, by what things are called; checked against its own recount."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "my.db"
        with Store(path, create=True, now_ms=lambda: NOW_MS) as store:
            for start in range(0, len(pieces), size):
                store.add(pieces[start : start + size])
            assert store.check(deep=True) == []
        return rollup_counts(path)


def rollup_counts(path: Path) -> Counter[Any]:
    import sqlite3

    db = sqlite3.connect(path)
    try:
        sql = (
            "SELECT subject, facet, grain, bucket, kind, class, channel, flags, (SELECT key FROM delivery "
            "WHERE id = delivery_id), CASE facet WHEN 4 THEN (SELECT url FROM url WHERE id = value_id) ELSE "
            "(SELECT text FROM word WHERE id = value_id) END, n FROM rollup"
        )
        found: Counter[Any] = Counter()
        for *place, n in db.execute(sql):
            found[tuple(place)] += n
        return found
    finally:
        db.close()


@pytest.mark.parametrize("product", PRODUCTS)
@QUIET
@given(facts())
def test_what_several_formats_tell_counts_once(product: str, told: list[Fact]) -> None:
    feeds = posts(product, told)
    if not feeds:
        return
    richest, data = next(iter(feeds.items()))
    alone = decoded(richest, data)
    together = [piece for name, data in feeds.items() for piece in decoded(name, data)]
    rows, states = counted(together)
    assert _kinds(rows) == _kinds(counted(alone)[0])
    assert states == counted(alone)[1]


def _kinds(rows: Counter[Any]) -> Counter[Any]:
    return Counter(key[:4] for key in rows.elements())


@pytest.mark.parametrize("product", PRODUCTS)
@QUIET
@given(facts(), st.randoms(use_true_random=False), st.integers(1, 9))
def test_order_repeats_and_batches_change_no_report(
    product: str, told: list[Fact], random: Any, size: int
) -> None:
    pieces = [piece for name, data in posts(product, told).items() for piece in decoded(name, data)]
    again = [*pieces, *random.sample(pieces, len(pieces) // 2)]
    random.shuffle(again)
    assert rollups(again, size) == rollups(pieces, 100)
    assert counted(again) == counted(pieces)


@pytest.mark.parametrize("product", PRODUCTS)
@QUIET
@given(facts())
def test_a_second_reading_in_another_zone_adds_nothing(product: str, told: list[Fact]) -> None:
    feeds = posts(product, told)
    pieces = [piece for name, data in feeds.items() for piece in decoded(name, data)]
    elsewhere = Settings(zone=ZoneInfo("America/New_York"))
    again = [piece for name, data in feeds.items() for piece in decoded(name, data, elsewhere)]
    assert rollups([*pieces, *again], 7) == rollups(pieces, 100)


@pytest.mark.parametrize("product", PRODUCTS)
@QUIET
@given(facts())
def test_generated_feeds_are_recognised(product: str, told: list[Fact]) -> None:
    for name, data in posts(product, told).items():
        assert recognise(data).name == name


def test_a_hard_bounce_and_the_suppression_that_it_brings_are_one_fact() -> None:
    told = [Fact("hard", 0, 1_773_129_600), Fact("complained", 1, 1_773_129_700)]
    feeds = posts("postmark", told)
    together = [piece for name, data in feeds.items() for piece in decoded(name, data)]
    assert counted(together)[0].total() == 2
    assert [state[0] for state in counted(together)[1]].count(Outcome.BOUNCED) == 1
