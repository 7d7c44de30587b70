"""Generated traffic: records of many kinds, few enough that everything meets everything.

A row's key is made of all it says, so two rows of one key are one fact.
"""

from __future__ import annotations

import msgspec
from hypothesis import strategies as st

from backend.model import BounceClass, Channel, EventKind, RosterState, StepKind
from backend.record import (
    Decoded,
    DeliveryRecord,
    Event,
    Identity,
    NamedBy,
    Record,
    Ref,
    RosterComplete,
    RosterRecord,
    ScenarioRecord,
    ScenarioRow,
    StepRecord,
)

BASE_MS = 1_700_000_000_000
NOW_MS = BASE_MS + 40 * 3_600_000
MINUTE_MS = 60_000

times = st.integers(0, 40 * 60).map(lambda minute: BASE_MS + minute * MINUTE_MS) | st.just(
    NOW_MS + 30 * MINUTE_MS
)
PRODUCTS = ("brevo", "ajo", "shop", "adobe_campaign", "marketo")
products = st.sampled_from(PRODUCTS)
emails = st.sampled_from(["a@x.example", "B@x.example", "c@y.example"]).map(lambda v: Identity("email", v))
ids = st.sampled_from(["1", "2", "0"]).map(lambda v: Identity("id", v))
phones = st.sampled_from(["+331", "+332"]).map(lambda v: Identity("phone", v))
tokens = st.sampled_from(["t1", "t2"]).map(lambda v: Identity("token", v))
people = st.lists(emails | ids | phones | tokens, max_size=3).map(tuple)
deliveries = st.sampled_from(
    [Ref("7", NamedBy.ID, "Mail 7"), Ref("8"), Ref("welcome", NamedBy.TAG), Ref("Hello", NamedBy.SUBJECT)]
)
scenarios = st.sampled_from([Ref("s1", NamedBy.ID, "One"), Ref("s2"), Ref("v9", NamedBy.VERSION)])
steps = st.sampled_from([Ref("a", NamedBy.ID, "Mail A"), Ref("b"), Ref("c")])
campaigns = st.sampled_from([Ref("c1", NamedBy.ID, "Sale"), Ref("c2")])
FORMATS = ("one", "two", "campaign-broadlog")


@st.composite
def events(draw: st.DrawFn) -> Event:
    kind = draw(st.sampled_from([*list(EventKind)[:13], EventKind.TRACK]))
    at_ms = draw(times)
    message = draw(st.none() | st.sampled_from(["m1", "m2", "m3"]))
    zoneless = draw(st.booleans())
    event = Event(
        product=draw(products),
        account="main",
        key=("",),
        at_ms=at_ms,
        key_ms=at_ms - 3_600_000 if zoneless else None,
        kind=kind,
        type=kind,
        bounce_class=draw(st.sampled_from(list(BounceClass))) if kind == EventKind.BOUNCED else None,
        channel=draw(st.none() | st.sampled_from(list(Channel))),
        machine=draw(st.booleans()),
        gap_s=draw(st.sampled_from([None, None, 0, 3])),
        test=draw(st.integers(0, 5)) == 0,
        identities=draw(people),
        message=message,
        message_id=message,
        delivery=draw(st.none() | deliveries),
        campaign=draw(st.none() | campaigns),
        scenario=draw(st.none() | scenarios),
        step=draw(st.none() | steps),
        reason=draw(st.none() | st.sampled_from(["full", "unknown user"])),
        url=draw(st.none() | st.just("https://shop.example/offer")),
        platform=draw(st.none() | st.just("ios")),
        has_id=draw(st.booleans()),
        run=draw(st.none() | st.sampled_from(["r1", "r2"])),
    )
    return msgspec.structs.replace(event, key=(repr(event),))


@st.composite
def scenario_rows(draw: st.DrawFn) -> ScenarioRow:
    kind = draw(st.sampled_from(list(StepKind)))
    at_ms = draw(times)
    scenario = draw(scenarios)
    run = draw(st.sampled_from(["", "r1", "r2"]))
    row = ScenarioRow(
        product=draw(products),
        account="main",
        key=("",),
        once=("same", scenario.key, run) if draw(st.integers(0, 3)) == 0 else (),
        at_ms=at_ms,
        kind=kind,
        type=kind,
        message=f"{kind} happened",
        scenario=scenario,
        step=draw(st.none() | steps),
        identities=draw(people),
        run=run,
        reason=draw(st.none() | st.just("timeout")),
        until_ms=draw(st.none() | st.just(NOW_MS)),
        test=draw(st.integers(0, 5)) == 0,
    )
    return msgspec.structs.replace(row, key=(repr(row),))


def definitions(product: str) -> list[Record]:
    """What is declared once and holds whenever it comes."""
    return [
        ScenarioRecord(product=product, account="main", scenario=Ref("s1"), version="v9"),
        StepRecord(
            product=product, account="main", scenario=Ref("s1"), step=Ref("a"), position=0, next=("b",)
        ),
        StepRecord(product=product, account="main", scenario=Ref("s1"), step=Ref("b"), next=("a", "c")),
        DeliveryRecord(product=product, account="main", delivery=Ref("7"), scenario=Ref("s1"), step=Ref("a")),
        DeliveryRecord(product=product, account="main", delivery=Ref("8"), campaign=Ref("c1")),
    ]


@st.composite
def roster_lines(draw: st.DrawFn) -> Record:
    as_of = draw(st.none() | st.just(BASE_MS + 20 * 3_600_000))
    if as_of and draw(st.integers(0, 4)) == 0:
        return RosterComplete(
            product=draw(products), account="main", scenario=draw(scenarios), as_of_ms=as_of
        )
    entered_ms = draw(times.filter(lambda at: at <= NOW_MS))
    return RosterRecord(
        product=draw(products),
        account="main",
        scenario=draw(scenarios),
        identities=draw(people),
        entered_ms=entered_ms,
        step=Ref("a"),
        state=RosterState.WAITING if entered_ms % 2 else RosterState.ACTIVE,
        as_of_ms=as_of,
    )


@st.composite
def traffic(draw: st.DrawFn) -> list[Decoded]:
    """Pieces of two formats, with some definitions among them."""
    records: list[Record] = draw(
        st.lists(events() | events() | scenario_rows() | roster_lines(), min_size=1, max_size=40)
    )
    records += [record for product in PRODUCTS for record in definitions(product)]
    order = draw(st.permutations(range(len(records))))
    return [
        Decoded(format=draw(st.sampled_from(FORMATS)), raw=f"raw {place}".encode(), records=(records[place],))
        for place in order
    ]
