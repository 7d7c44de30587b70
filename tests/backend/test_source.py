"""Naming a subject: by key, by name, and by the full name where that is not enough."""

from __future__ import annotations

import pytest

from backend.errors import NothingFound, Refused
from backend.model import Subject, SubjectKind
from backend.source import pick_subject


def subject(id: int, key: str, name: str, account: str = "main") -> Subject:
    return Subject(kind=SubjectKind.SCENARIO, id=id, key=key, name=name, product="brevo", account=account)


CATALOG = (
    subject(1, "s1", "Welcome"),
    subject(2, "s2", "Winter sale"),
    subject(3, "s3", "Winter sale"),
    subject(4, "s4", "welcome"),
    subject(5, "s5", "Both"),
    subject(6, "s5", "Both", account="second"),
)


@pytest.mark.parametrize(
    ("text", "id"),
    [("s2", 2), ("Welcome", 1), ("welcome", 4), ("S3", 3), ("brevo/second:s5", 6)],
)
def test_a_key_or_an_unambiguous_name_is_enough(text: str, id: int) -> None:
    assert pick_subject(CATALOG, text).id == id


def test_an_ambiguous_name_is_refused_with_words_that_do_tell_them_apart() -> None:
    with pytest.raises(Refused, match=r'"s2" .Winter sale., "s3"'):
        pick_subject(CATALOG, "Winter sale")
    with pytest.raises(Refused, match=r"brevo/main:s5.*brevo/second:s5"):
        pick_subject(CATALOG, "s5")


def test_a_key_that_is_a_name_of_another_is_told_in_full() -> None:
    catalog = (subject(1, "22", "welcome"), subject(2, "welcome", "welcome"))
    with pytest.raises(Refused, match=r'say which: "22" \(welcome\), "brevo/main:welcome" \(welcome\)'):
        pick_subject(catalog, "welcome")
    assert pick_subject(catalog, "brevo/main:welcome").id == 2


def test_an_unknown_name_lists_near_ones() -> None:
    with pytest.raises(NothingFound, match="there are: Winter sale, Winter sale"):
        pick_subject(CATALOG, "winter")
    with pytest.raises(NothingFound, match="the source has none"):
        pick_subject((), "x")
