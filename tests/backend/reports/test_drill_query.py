"""What a number counts as a query: by the names that people know, where they name one thing only."""

from __future__ import annotations

import pytest

from backend.model import Subject, SubjectKind, Window
from backend.query.language import parse
from backend.reports.drill import Drill
from backend.reports.drill_query import drill_query, subject_terms


def subject(id: int, key: str, name: str, account: str = "default") -> Subject:
    return Subject(kind=SubjectKind.SCENARIO, id=id, key=key, name=name, product="brevo", account=account)


@pytest.mark.parametrize(
    ("others", "terms"),
    [
        ([], {"scenario": "Welcome back"}),
        ([subject(2, "8", "Winback")], {"scenario": "Welcome back"}),
        ([subject(2, "8", "WELCOME BACK")], {"scenario": "7"}),
        ([subject(2, "welcome back", "Other")], {"scenario": "7"}),  # the id of another one
        (
            [subject(2, "7", "Welcome back", "uk")],
            {"scenario": "7", "product": "brevo", "account": "default"},
        ),
    ],
)
def test_a_subject_is_named_as_people_know_it_unless_another_has_the_name(
    others: list[Subject], terms: dict[str, str]
) -> None:
    mine = subject(1, "7", "Welcome back")
    assert subject_terms(mine, [mine, *others]) == terms


def test_the_names_make_a_query_that_the_language_takes() -> None:
    mine = subject(1, "7", 'Welcome "back"')
    drill = Drill(subject=mine, tab="email", metric="bounces", window=Window(0, 1000), delivery_id=3)
    asked = drill_query(drill, subject_terms(mine, [mine]), {"delivery": "Mail A"})
    assert asked.query.text.startswith('scenario:"Welcome \\"back\\"" kind:bounced channel:email')
    assert 'delivery:"Mail A"' in asked.query.text
    assert parse(asked.query.text, now_ms=0) == asked.query
