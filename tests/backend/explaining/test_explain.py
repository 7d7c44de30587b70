"""Every branch of "why did this contact not receive it?", in the order of R49, and what it rests on (R50)."""

from __future__ import annotations

from typing import Any

import pytest

from backend.explaining.barred import BarKind, Suppression, bars_at
from backend.explaining.explain import explain
from backend.explaining.facts import Crowd, Facts, fates
from backend.explaining.verdict import Verdict, VerdictKind, crowd_line, format_span
from backend.explaining.words import EXCLUSIONS, exclusion, reads_permanent
from backend.model import (
    DAY_MS,
    HOUR_MS,
    LogName,
    LogRow,
)
from tests.backend.explaining.explained import (
    ENTERED,
    MAIL_STEP,
    NOW_MS,
    OTHER_STEP,
    WAIT_STEP,
    event,
    facts,
    in_scenario,
    place,
    step,
)


@pytest.mark.parametrize(
    ("given", "kind", "says", "rests_on"),
    [
        # not in the audience, of a campaign and of a scenario
        (facts(), VerdictKind.NOT_IN_AUDIENCE, "not in the audience", None),
        (in_scenario(), VerdictKind.NEVER_ENTERED, "never entered Welcome", None),
        # discarded, at entry or by a later try
        (
            in_scenario(step("discarded", 9, reason="reentranceNotAllowed")),
            VerdictKind.DISCARDED,
            "entering again is not allowed (reentranceNotAllowed)",
            ("scenario log", 9),
        ),
        (
            in_scenario(ENTERED, step("exited", 99), step("discarded", 9, reason="XYZ_1")),
            VerdictKind.DISCARDED,
            "XYZ_1",
            ("scenario log", 9),
        ),
        (
            in_scenario(
                step("discarded", 9 * HOUR_MS, reason="quietHours"), ENTERED, inside=[place("waiting")]
            ),
            VerdictKind.WAITING,
            "waiting at Wait 2 days for 3 h",
            ("contacts in scenarios", None),
        ),
        # still inside
        (
            in_scenario(
                ENTERED,
                step("waiting", 3 * HOUR_MS, WAIT_STEP),
                inside=[place("waiting", until_ms=NOW_MS + HOUR_MS)],
            ),
            VerdictKind.WAITING,
            "until 2026-03-10T13:00:00.000Z",
            ("scenario log", 3 * HOUR_MS),
        ),
        (
            in_scenario(ENTERED, step("step", HOUR_MS, WAIT_STEP), inside=[place("active")]),
            VerdictKind.ON_THE_WAY,
            "not yet at the step that sends it",
            ("scenario log", HOUR_MS),
        ),
        # left before the step
        (
            in_scenario(ENTERED, step("removed", 50, fields={"removed_by": "ada"})),
            VerdictKind.REMOVED,
            "removed from Welcome by hand by ada",
            ("scenario log", 50),
        ),
        (
            in_scenario(ENTERED, step("removed", 50)),
            VerdictKind.REMOVED,
            "by whom the log does not say",
            ("scenario log", 50),
        ),
        (
            in_scenario(
                ENTERED,
                step("step", 60, OTHER_STEP),
                step("exited", 50),
                leading=frozenset({WAIT_STEP, MAIL_STEP}),
            ),
            VerdictKind.OTHER_BRANCH,
            "after Branch B the step that sends it is not reached",
            ("scenario log", 60),
        ),
        (
            in_scenario(
                ENTERED,
                step("step", 60, WAIT_STEP),
                step("exited", 50, reason="exit criteria met"),
                leading=frozenset({WAIT_STEP, MAIL_STEP}),
            ),
            VerdictKind.LEFT,
            "left Welcome before the step that sends it (exit criteria met)",
            ("scenario log", 50),
        ),
        # errors of the step
        (
            in_scenario(ENTERED, step("action_error", 60, MAIL_STEP, reason="http 503"), step("exited", 50)),
            VerdictKind.STEP_ERROR,
            "failed at Mail A: the called system answered with an error (http 503)",
            ("scenario log", 60),
        ),
        (
            in_scenario(ENTERED, step("action_error", 60, WAIT_STEP), inside=[place("active")]),
            VerdictKind.STEP_ERROR,
            "the row does not say why",
            ("scenario log", 60),
        ),
        (
            in_scenario(ENTERED, step("failed", 60, MAIL_STEP, reason="timedout")),
            VerdictKind.STEP_ERROR,
            "did not answer in time",
            ("scenario log", 60),
        ),
        # it passed the step, and nothing came
        (
            in_scenario(ENTERED, step("action", 60, MAIL_STEP), step("exited", 50)),
            VerdictKind.UNKNOWN,
            "no row of the message has come",
            ("scenario log", 60),
        ),
        (
            in_scenario(ENTERED, step("action", 60, MAIL_STEP), collected=frozenset({LogName.SCENARIO})),
            VerdictKind.UNKNOWN,
            "what became of it cannot be told",
            None,
        ),
        (in_scenario(ENTERED), VerdictKind.UNKNOWN, "no row says how it left", ("scenario log", 5 * HOUR_MS)),
        # excluded
        (
            facts(event("excluded", 9, reason="EmailSuppressed 050102", product="ajo"), product="ajo"),
            VerdictKind.EXCLUDED,
            "the address is on the suppression list (EmailSuppressed 050102)",
            ("event log", 9),
        ),
        (
            facts(event("excluded", 9, message_key=None, reason="050101")),
            VerdictKind.EXCLUDED,
            "no consent to e-mail (050101)",
            ("event log", 9),
        ),
        # a bar, where the product does not say whom it left out
        (
            facts(event("complained", 9, delivery_id=8, message_key="m0")),
            VerdictKind.COMPLAINED,
            "complained of spam",
            ("event log", 9),
        ),
        (
            facts(event("unsubscribed", 9, delivery_id=8, message_key="m0")),
            VerdictKind.UNSUBSCRIBED,
            "not written to by email: unsubscribed",
            ("event log", 9),
        ),
        (
            facts(suppressions=[Suppression(id=4, namespace="email", value="a", reason="hard bounce")]),
            VerdictKind.SUPPRESSED,
            "hard bounce",
            ("suppression list", 4),
        ),
        # on the way to the mailbox
        (facts(event("sent", HOUR_MS)), VerdictKind.QUEUED, "sent 60 min ago", ("event log", HOUR_MS)),
        (
            facts(event("sent", 99), event("deferred", 9, reason="4.2.2 mailbox full")),
            VerdictKind.RETRYING,
            'the server said "4.2.2 mailbox full"',
            ("event log", 9),
        ),
        (
            facts(event("sent", 99), event("deferred", 9, reason="550 5.1.1 user unknown")),
            VerdictKind.RETRYING,
            "permanent by its text though labelled deferred",
            ("event log", 9),
        ),
        # bounced
        (
            facts(
                event("sent", 99), event("bounced", 9, bounce_class="hard", reason="550 5.1.1 no such user")
            ),
            VerdictKind.BOUNCED,
            'hard bounce: the server said "550 5.1.1 no such user"',
            ("event log", 9),
        ),
        (
            facts(event("bounced", 9, bounce_class="soft", reason="5.1.1 unknown")),
            VerdictKind.BOUNCED,
            "permanent by its text though labelled soft",
            ("event log", 9),
        ),
        (
            facts(event("bounced", 9, bounce_class="soft", reason="Mailbox Full")),
            VerdictKind.BOUNCED,
            "soft bounce (the mailbox is full)",
            ("event log", 9),
        ),
        (
            facts(event("error", 9, reason="timeout")),
            VerdictKind.SEND_ERROR,
            "failed before",
            ("event log", 9),
        ),
        # delivered
        (
            facts(event("sent", 99), event("delivered", 9)),
            VerdictKind.DELIVERED,
            "it may be in spam",
            ("event log", 9),
        ),
        (
            facts(event("delivered", 9), event("opened", 5, machine=True)),
            VerdictKind.DELIVERED,
            "opened by a machine only",
            ("event log", 9),
        ),
        (
            facts(event("delivered", 9), event("opened", 5)),
            VerdictKind.OPENED,
            "delivered at 2026-03-10T11:59:59.991Z, opened at 2026-03-10T11:59:59.995Z",
            ("event log", 9),
        ),
        (
            facts(event("delivered", 9), event("clicked", 5)),
            VerdictKind.OPENED,
            "clicked at",
            ("event log", 9),
        ),
        (
            facts(event("delivered", 9), event("complained", 5)),
            VerdictKind.COMPLAINED,
            "called spam at",
            ("event log", 9),
        ),
        # no outcome: only chosen, only opened, only seen by a machine
        (
            facts(event("targeted", HOUR_MS)),
            VerdictKind.QUEUED,
            "chosen for it 60 min",
            ("event log", HOUR_MS),
        ),
        (facts(event("opened", 9)), VerdictKind.OPENED, "it was received", ("event log", 9)),
        (facts(event("opened", 9, machine=True)), VerdictKind.UNKNOWN, "its only row is", ("event log", 9)),
        # what is not known
        (
            in_scenario(collected=frozenset({LogName.EVENT})),
            VerdictKind.UNKNOWN,
            "whether it entered Welcome cannot be told",
            None,
        ),
        (facts(collected=frozenset()), VerdictKind.UNKNOWN, "whether it was sent cannot be told", None),
        (facts(sent_to_anybody=False), VerdictKind.UNKNOWN, "no row at all", None),
        # the latest of several messages
        (
            facts(event("bounced", 99, message_key="m0", bounce_class="hard"), event("delivered", 9)),
            VerdictKind.DELIVERED,
            "delivered",
            ("event log", 9),
        ),
    ],
)
def test_the_first_branch_that_matches_is_the_verdict(
    given: Facts, kind: VerdictKind, says: str, rests_on: tuple[str, int] | None
) -> None:
    """R49, R50"""
    verdict = explain(given)
    assert verdict.kind is kind
    assert says in verdict.sentence
    found = verdict.evidence
    assert (found and (found.source, found.id)) == rests_on
    assert "\n" not in verdict.sentence


@pytest.mark.parametrize(
    ("given", "kind", "says"),
    [
        # Marketo: an open cancels a bounce (R19); hard beats soft and delivered (R20); silence aborts (R21)
        (
            facts(
                event("bounced", 9, bounce_class="hard", product="marketo"),
                event("opened", 5, product="marketo"),
            ),
            VerdictKind.OPENED,
            "it was received",
        ),
        (
            facts(
                event("bounced", 9, bounce_class="hard", product="marketo", fields={"Category": 1}),
                event("delivered", 5, product="marketo"),
            ),
            VerdictKind.BOUNCED,
            "category 1, spam block: suspended for 24 h",
        ),
        (
            facts(
                event("bounced", 9, bounce_class="soft", product="marketo"),
                event("delivered", 5, product="marketo"),
            ),
            VerdictKind.DELIVERED,
            "",
        ),
        (facts(event("sent", 72 * HOUR_MS, product="marketo")), VerdictKind.ABORTED, "3 days later"),
        (facts(event("sent", 72 * HOUR_MS - 1, product="marketo")), VerdictKind.QUEUED, "sent 2 d ago"),
        # Adobe Campaign: taken into account, then sent, then failed: failed stays (R16)
        (
            facts(
                event("bounced", 9, bounce_class="hard", product="adobe_campaign", reason="User unknown"),
                event("delivered", 5, product="adobe_campaign"),
            ),
            VerdictKind.BOUNCED,
            "the address does not exist",
        ),
        (
            facts(event("excluded", 9, product="adobe_campaign", reason="Address in quarantine")),
            VerdictKind.EXCLUDED,
            "in quarantine",
        ),
        # AJO: put off, then sent; and delivered after a bounce of an earlier try
        (
            facts(event("deferred", 9, product="ajo"), event("delivered", 5, product="ajo"), product="ajo"),
            VerdictKind.DELIVERED,
            "",
        ),
    ],
)
def test_each_product_has_its_own_rules(given: Facts, kind: VerdictKind, says: str) -> None:
    """R16 to R21"""
    verdict = explain(given)
    assert verdict.kind is kind
    assert says in verdict.sentence


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (
            facts(event("unsubscribed", 9), inside=[place("waiting")], delivery=False),
            VerdictKind.UNSUBSCRIBED,
        ),
        (facts(event("bounced", 9, bounce_class="hard"), delivery=False), VerdictKind.BOUNCED),
        (facts(step("action_error", 9, WAIT_STEP), delivery=False), VerdictKind.STEP_ERROR),
        (facts(step("discarded", 9), delivery=False), VerdictKind.DISCARDED),
        (facts(event("excluded", 9), delivery=False), VerdictKind.EXCLUDED),
        (facts(event("delivered", 9), inside=[place("waiting")], delivery=False), VerdictKind.WAITING),
        (facts(event("delivered", 9), delivery=False), VerdictKind.NOTHING_FOUND),
        (facts(delivery=False), VerdictKind.NOTHING_FOUND),
        (facts(delivery=False, collected=frozenset({LogName.EVENT})), VerdictKind.UNKNOWN),
    ],
)
def test_without_a_delivery_it_says_what_keeps_the_contact_from_anything(
    given: Facts, kind: VerdictKind
) -> None:
    assert explain(given).kind is kind


def test_what_is_missing_is_named() -> None:
    def missing(verdict: Verdict) -> str:
        return " ".join(verdict.missing)

    assert "scenario log" in missing(explain(in_scenario(collected=frozenset())))
    assert "event log" in missing(explain(facts(collected=frozenset())))
    assert "no longer kept" in missing(explain(facts(pruned_before_ms=NOW_MS - DAY_MS)))


def bounce(days_ago: float, bounce_class: str, product: str, **more: Any) -> LogRow:
    return event("bounced", int(days_ago * DAY_MS), bounce_class=bounce_class, product=product, **more)


@pytest.mark.parametrize(
    ("rows", "listed", "expected"),
    [
        ([], [], []),
        ([event("unsubscribed", 9), event("subscribed", 5)], [], []),
        ([event("unsubscribed", 5), event("subscribed", 9)], [], [BarKind.UNSUBSCRIBED]),
        ([bounce(3, "hard", "brevo")], [], [BarKind.DEAD]),
        ([bounce(3, "hard", "brevo"), event("delivered", 5)], [], []),
        # F141: a spam block passes after a day, an invalid address does not
        ([bounce(0.9, "hard", "marketo", fields={"Category": "1"})], [], [BarKind.SUSPENDED]),
        ([bounce(1.1, "hard", "marketo", fields={"Category": "1"})], [], []),
        ([bounce(9, "hard", "marketo", fields={"Category": "2"})], [], [BarKind.DEAD]),
        # F073: five soft bounces, a day apart, with nothing through in between
        ([bounce(n, "soft", "ajo") for n in (5, 4, 3, 2, 1)], [], [BarKind.SUPPRESSED]),
        ([bounce(n, "soft", "ajo") for n in (4, 3, 2, 1)], [], []),
        ([bounce(n, "soft", "ajo") for n in (1.4, 1.3, 1.2, 1.1, 1)], [], []),
        ([*[bounce(n, "soft", "ajo") for n in (5, 4, 3, 2, 1)], event("delivered", 2 * DAY_MS)], [], []),
        # F142: other mailings are not barred
        ([bounce(n, "soft", "marketo") for n in (5, 4, 3, 2, 1)], [], []),
        ([], [Suppression(id=1, namespace="email", value="a", reason="list")], [BarKind.SUPPRESSED]),
        ([], [Suppression(id=1, namespace="phone", value="a", reason="list")], []),
        (
            [],
            [Suppression(id=1, namespace="email", value="a", reason="list", until_ms=NOW_MS + 1)],
            [BarKind.SUSPENDED],
        ),
        ([], [Suppression(id=1, namespace="email", value="a", reason="list", until_ms=NOW_MS)], []),
        ([], [Suppression(id=1, namespace="email", value="a", reason="list", since_ms=NOW_MS + 1)], []),
    ],
)
def test_a_contact_is_barred_by_lists_opt_outs_complaints_and_dead_addresses(
    rows: list[LogRow], listed: list[Suppression], expected: list[BarKind]
) -> None:
    ordered = sorted(rows, key=lambda row: row.at_ms)
    assert [bar.kind for bar in bars_at(ordered, listed, NOW_MS)] == expected


def test_every_documented_exclusion_has_words_by_its_name_and_by_its_code() -> None:
    """F068"""
    for name, (code, meaning) in EXCLUSIONS.items():
        assert exclusion(f"{name} {code}".strip()) == meaning
        assert not code or exclusion(f"something {code}") == meaning
    assert exclusion("050041 x") is not None
    assert exclusion("never heard of") is None
    assert exclusion(None) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("550 5.1.1 The email account does not exist", True),
        ("smtp; 5.7.1 blocked", True),
        ("User unknown", True),
        ("452 4.2.2 mailbox full", False),
        ("greylisted for 15.1.1 s", False),
        ("", False),
        (None, False),
    ],
)
def test_a_permanent_failure_is_read_from_the_servers_text(text: str | None, expected: bool) -> None:
    assert reads_permanent(text) is expected


def test_is_it_the_contact_or_the_step() -> None:
    crowd = Crowd(step="Webhook", others=3, waiting=1, typical_ms=40 * 60_000, hour_rows=8, hour_failed=6)
    assert crowd_line(crowd) == (
        "3 others at Webhook, half of them for over 40 min; 75 % of 8 failed there in the last hour"
    )
    alone = Crowd(step="Webhook", others=1, waiting=0, typical_ms=None, hour_rows=0, hour_failed=0)
    assert crowd_line(alone) == "1 other at Webhook; nothing passed there in the last hour"


def test_spans_are_said_in_the_largest_unit_of_which_there_are_two() -> None:
    said = [format_span(n * 1000) for n in (0, 119, 120, 7_199, 7_200, 172_799, 172_800)]
    assert said == ["0 s", "119 s", "2 min", "119 min", "2 h", "47 h", "2 d"]


def test_messages_are_apart_and_the_latest_is_last() -> None:
    made = fates([event("sent", 99, message_key="b"), event("delivered", 9, message_key="a")])
    assert [fate.message for fate in made] == ["b", "a"]
