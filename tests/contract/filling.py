"""Sources that are filled with the same records, each through its own door, and such records."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from backend.model import BounceClass, Channel, EventKind, Origin, RosterState, StepKind
from backend.record import (
    Decoded,
    DeliveryRecord,
    Event,
    Identity,
    Record,
    Ref,
    Rejected,
    RosterRecord,
    ScenarioRecord,
    ScenarioRow,
    StepRecord,
)
from backend.server.logins import Logins
from backend.server.service import Service
from backend.server.serving import Place, listen, make_server
from backend.source import Source
from backend.sources.http import HttpSource
from backend.sources.memory import MemorySource
from backend.sources.sqlite.reading import SqliteSource
from backend.sources.sqlite.writing import Store
from backend.tokens import Scope, Token, digest_of, new_secret

NOW_MS = 1_773_144_000_000  # 2026-03-10T12:00:00Z


class Add(Protocol):
    def __call__(
        self, records: Sequence[Record], rejected: Sequence[Rejected] = (), *, format: str = "made"
    ) -> None: ...


class Filled(msgspec.Struct):
    """A source, and the way to give it more while it is open."""

    source: Source
    add: Add


def pieces(records: Sequence[Record], format: str = "made") -> list[Decoded]:
    return [
        Decoded(format=format, raw=f"{format} {place}".encode(), records=(record,))
        for place, record in enumerate(records)
    ]


async def open_memory(folder: Path) -> AsyncIterator[Filled]:
    source = MemorySource(now_ms=lambda: NOW_MS)

    def add(records: Sequence[Record], rejected: Sequence[Rejected] = (), *, format: str = "made") -> None:
        source.add(pieces(records, format), rejected, format=format)

    yield Filled(source, add)
    await source.close()


async def open_sqlite(folder: Path) -> AsyncIterator[Filled]:
    path = folder / "my.db"
    with Store(path, create=True, now_ms=lambda: NOW_MS) as store:

        def add(
            records: Sequence[Record], rejected: Sequence[Rejected] = (), *, format: str = "made"
        ) -> None:
            store.add(pieces(records, format), rejected, format=format, product="brevo")

        source = await SqliteSource.open(path, now_ms=lambda: NOW_MS)
        yield Filled(source, add)
        await source.close()


SCOPES = frozenset({Scope.READ, Scope.REMOVE})
SECRET = new_secret(SCOPES)


class OneToken:
    """A store of tokens that holds the one of the tests."""

    async def all(self) -> Sequence[Token]:
        digest = digest_of(SECRET.encode())
        return (Token(id=1, name="test", digest=digest, scopes=SCOPES, created_ms=0),)

    async def used(self, token_id: int, now_ms: int) -> None:
        assert (token_id, now_ms) == (1, NOW_MS)


async def open_http(folder: Path) -> AsyncIterator[Filled]:
    """The store behind a real server on loopback."""
    logins = Logins(OneToken(), now_ms=lambda: NOW_MS, monotonic_s=time.monotonic, most_failed=20)
    async for behind in open_sqlite(folder):
        service = Service(behind.source, logins, version="test", now_ms=lambda: NOW_MS)
        place = Place(port=0)
        server = make_server(service, place)
        bound = listen(place)
        serving = asyncio.create_task(server.serve([bound]))
        source = await HttpSource.open(f"http://127.0.0.1:{bound.getsockname()[1]}", SECRET, may_remove=True)
        yield Filled(source, behind.add)
        await source.close()
        server.should_exit = True
        await serving


Opener = Callable[[Path], AsyncIterator[Filled]]
OPENERS: dict[str, Opener] = {"memory": open_memory, "sqlite": open_sqlite, "http": open_http}
COMPARED = ("memory", "sqlite")
"""A server only passes on what its source answers."""


# --- generated records -----------------------------------------------------------------------------------

REASONS = ("Mailbox full", "user unknown", "boîte pleine", None)
DOMAINS = ("gmail.com", "Example.org", "free.fr")


def make_records(seed: int, count: int = 300) -> list[Record]:
    """A believable mix of everything, in a random order: repeats, merges, versions, rows ahead of time."""
    chance = random.Random(seed)
    records: list[Record] = [
        DeliveryRecord(
            product="brevo",
            account="main",
            delivery=Ref("d1", name="Mail 1"),
            scenario=Ref("s1", name="Welcome back"),
            step=Ref("t1", name="Mail A"),
            campaign=Ref("c1", name="Spring"),
            tracking=True,
        ),
        ScenarioRecord(product="brevo", account="main", scenario=Ref("s2"), version="v7"),
        StepRecord(
            product="brevo",
            account="main",
            scenario=Ref("s1"),
            step=Ref("t1"),
            position=1,
        ),
    ]
    records += [_event(chance, place) for place in range(count * 2 // 3)]
    records += [_scenario_row(chance, place) for place in range(count // 3)]
    records += [
        RosterRecord(
            product="brevo",
            account="main",
            scenario=Ref(f"s{chance.randrange(3)}"),
            identities=(Identity("email", _address(chance)),),
            entered_ms=_time(chance),
            state=chance.choice(list(RosterState)),
            step=chance.choice((None, Ref("t1"))),
        )
        for _ in range(10)
    ]
    chance.shuffle(records)
    return records


def capped(count: int, scenarios: int = 1) -> list[Record]:
    """Actions of each scenario that met a limit on calls in the last minutes, and others that failed else."""
    return [
        ScenarioRow(
            product="ajo",
            account="main",
            key=("capped", str(scenario), reason, str(place)),
            at_ms=NOW_MS - 1_000 - place * 60_000,
            kind=StepKind.ACTION_ERROR,
            type="action",
            scenario=Ref(f"capped {scenario}"),
            identities=(Identity("email", f"user{place}@gmail.com"),),
            reason=reason,
        )
        for scenario in range(scenarios)
        for reason in ("capping 429", "Capping", "http 503")
        for place in range(count)
    ]


def _time(chance: random.Random) -> int:
    if chance.random() < 0.03:
        return NOW_MS + 3_600_000 + chance.randrange(8 * 3_600_000)  # ahead of its time
    if chance.random() < 0.2:
        return NOW_MS - chance.randrange(20) * 1_000  # many at one time
    return NOW_MS - chance.randrange(3 * 86_400_000)


def _address(chance: random.Random) -> str:
    return f"user{chance.randrange(15)}@{chance.choice(DOMAINS)}"


def _people(chance: random.Random) -> tuple[Identity, ...]:
    number = chance.randrange(15)
    people = [Identity("email", f"user{number}@{DOMAINS[number % 3]}")]
    if chance.random() < 0.3:
        people.append(Identity("id", f"CRM-{number}"))
    if chance.random() < 0.1:
        people = [Identity("phone", f"+3361234{number:04}")]
    return tuple(people) if chance.random() < 0.97 else ()


def _event(chance: random.Random, place: int) -> Event:
    kind = chance.choices(list(EventKind), weights=[2, 1, 9, 2, 9, 4, 1, 6, 4, *[1] * 14])[0]
    delivery = chance.randrange(4)
    return Event(
        product=chance.choice(("brevo", "ajo")),
        account=chance.choice(("main", "main", "Second")),
        key=("event", str(place)),
        has_id=True,
        at_ms=_time(chance),
        kind=kind,
        type=chance.choice((kind.value, f"{kind.value}_X")),
        bounce_class=chance.choice(list(BounceClass)) if kind is EventKind.BOUNCED else None,
        channel=chance.choice((None, *Channel)),
        origin=chance.choice((None, *Origin)),
        machine=chance.random() < 0.2,
        test=chance.random() < 0.1,
        identities=_people(chance),
        message=f"m{chance.randrange(60)}" if chance.random() < 0.9 else None,
        message_id="<mid@x>" if place % 17 == 0 else None,
        delivery=Ref(f"d{delivery}", name=f"Mail {delivery}") if chance.random() < 0.8 else None,
        campaign=Ref(f"c{delivery % 2}", name="Spring") if chance.random() < 0.4 else None,
        scenario=Ref(f"s{delivery % 3}", name="Welcome back") if chance.random() < 0.3 else None,
        step=Ref(f"t{delivery}", name="Mail A") if chance.random() < 0.5 else None,
        run=chance.choice((None, "run-1")),
        reason=chance.choice(REASONS),
        name=chance.choice((None, "Spring offer", "Form")),
        url=f"https://shop.example/Offer/{delivery}?q=a_b%20c" if chance.random() < 0.3 else None,
        platform=chance.choice((None, "iOS", "android")),
        ip=chance.choice((None, "192.0.2.1")),
        user_agent=chance.choice((None, "Mozilla/5.0")),
        fields={"template_id": delivery, "tags": ["a", "B"]} if chance.random() < 0.5 else {},
        data={"order_id": chance.randrange(5), "paid": True, "items": [{"sku": "A-1"}]}
        if chance.random() < 0.3
        else {},
    )


def _scenario_row(chance: random.Random, place: int) -> ScenarioRow:
    kind = chance.choice(list(StepKind))
    return ScenarioRow(
        product="brevo",
        account="main",
        key=("row", str(place)),
        once=(f"once{chance.randrange(20)}",) if chance.random() < 0.3 else (),
        at_ms=_time(chance),
        kind=kind,
        type=kind.value.upper(),
        message=chance.choice(("Le contact est entré", "Mail envoyé", "")),
        scenario=Ref(f"s{chance.randrange(3)}", name=chance.choice(("", "Welcome back", "Fête"))),
        step=Ref(f"t{chance.randrange(3)}", name="Mail A") if chance.random() < 0.7 else None,
        identities=_people(chance),
        run=chance.choice(("", "r1")),
        start_id=chance.choice((None, "start-1")),
        workflow_points=chance.choice((None, "entry")),
        reason=chance.choice(REASONS),
        origin=chance.choice((None, "API")),
        until_ms=NOW_MS if kind is StepKind.WAITING else None,
        test=chance.random() < 0.1,
        delivery=Ref("d1") if chance.random() < 0.2 else None,
        data={"cart": {"total": 12.5}} if chance.random() < 0.2 else {},
    )
