"""Which identities are one contact, by hand, and whatever the order in which they are seen."""

from __future__ import annotations

import itertools

import pytest

from backend.identity import HUB, fold_value, group_identities, is_hub
from backend.record import Identity

Name = tuple[str, str]
A, B = ("email", "a@x"), ("email", "b@x")
ONE, TWO = ("id", "1"), ("id", "2")
PHONE, OTHER_PHONE, TOKEN = ("phone", "+331"), ("phone", "+332"), ("token", "t")


def groups(*records: tuple[Name, ...]) -> set[frozenset[Name]]:
    names = {name: name for record in records for name in record}
    links: dict[Name, list[Name]] = {name: [] for name in names}
    for record in records:
        for left, right in itertools.permutations(record, 2):
            links[left].append(right)
    return set(group_identities(names, links).values())


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        # one record's identities join
        ([(ONE, A, PHONE)], [{ONE, A, PHONE}]),
        # a changed address: one product id, two addresses
        ([(ONE, A), (ONE, B)], [{ONE, A, B}]),
        # two product ids never merge; the address they share goes to the smaller
        ([(ONE, A), (TWO, A)], [{ONE, A}, {TWO}]),
        # a phone never joins two contacts that have an e-mail each: it stands alone
        ([(A, PHONE), (B, PHONE)], [{A}, {B}, {PHONE}]),
        # it does join one that has only an id with one that has only an address
        ([(ONE, PHONE), (A, PHONE)], [{ONE, A, PHONE}]),
        ([(ONE, PHONE), (TWO, PHONE)], [{ONE}, {TWO}, {PHONE}]),
        # weak identities alone join each other
        ([(PHONE, TOKEN), (TOKEN, OTHER_PHONE)], [{PHONE, TOKEN, OTHER_PHONE}]),
    ],
)
def test_identities_make_contacts(records: list[tuple[Name, ...]], expected: list[set[Name]]) -> None:
    for order in itertools.permutations(records):
        assert groups(*order) == {frozenset(group) for group in expected}


def test_what_many_people_share_identifies_nobody() -> None:
    assert is_hub("phone", HUB + 1)
    assert not is_hub("phone", HUB)
    assert not is_hub("id", 10 * HUB)


@pytest.mark.parametrize(
    ("identity", "folded"),
    [
        (Identity("email", " Ana@Shop.EXAMPLE "), "ana@shop.example"),
        (Identity("id", "AbC"), "AbC"),
        (Identity("id", "0"), ""),
        (Identity("email", ""), ""),
        (Identity("phone", "null"), ""),
    ],
)
def test_values_are_compared_folded_and_none_is_none(identity: Identity, folded: str) -> None:
    assert fold_value(identity) == folded
