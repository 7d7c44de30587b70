"""When rates are too high: numbers worked out by hand, and the check that cron and Nagios run."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from backend.config import AlertSettings
from backend.model import BounceClass, Channel, EventKind, StepKind
from backend.record import Decoded, DeliveryRecord, Event, Identity, Ref, ScenarioRow
from backend.reports.alerts import LIVE_RULES, WINDOW_RULES, Rule, is_broken, read_alerts, resolved
from backend.sources.memory import MemorySource

NOW_MS = 1_773_144_000_000  # 2026-03-10T12:00:00Z
MINUTE_MS = 60_000
LIMITS = AlertSettings()
RULES = {rule.setting: rule for rule in (*LIVE_RULES, *WINDOW_RULES)}


@pytest.mark.parametrize(
    ("rule", "part", "whole", "is_wrong"),
    [
        ("discard_rate", 20, 100, False),  # 20 % is not above 20 %
        ("discard_rate", 21, 100, True),
        ("discard_rate", 5, 14, False),  # 19 attempts
        ("discard_rate", 5, 15, True),  # 20 attempts, 33 %
        ("discard_rate", 20, 0, True),  # all were discarded
        ("error_rate", 5, 19, False),  # 19 entered
        ("error_rate", 5, 20, True),
        ("action_error_rate", 4, 16, True),  # 25 % of the successful calls
        ("action_error_rate", 20, 0, True),  # errors without any success
        ("action_error_rate", 19, 0, False),
        ("bounce_rate", 5, 100, False),
        ("bounce_rate", 6, 100, True),
        ("complaint_rate", 1, 1_000, False),
        ("complaint_rate", 2, 1_000, True),
        ("complaint_rate", 0, 1_000, False),
        ("failed_audiences", 0, 0, False),
        ("failed_audiences", 1, 0, True),  # one is enough: a job has no other attempts beside it
    ],
)
def test_a_rule_is_broken_strictly_above_its_threshold_by_enough_attempts(
    rule: str, part: int, whole: int, is_wrong: bool
) -> None:
    found: Rule = RULES[rule]
    assert is_broken(found, part, whole, LIMITS) is is_wrong


def test_the_rules_name_every_threshold_with_its_default() -> None:
    rules = (Path(__file__).parents[3] / "docs" / "rules.md").read_text()
    for name in AlertSettings.__struct_fields__:
        assert f"`{name} = {getattr(LIMITS, name)}`" in rules


def rows(kind: StepKind, count: int, minutes_ago: float, now_ms: int = NOW_MS) -> list[ScenarioRow]:
    return [
        ScenarioRow(
            product="ajo",
            account="default",
            key=(kind.value, str(minutes_ago), str(n)),
            has_id=True,
            at_ms=now_ms - int(minutes_ago * MINUTE_MS) + n,
            kind=kind,
            type=kind.value,
            scenario=Ref("j1", name="Welcome"),
            identities=(Identity("email", f"{kind}{n}@example.org"),),
            run=f"{kind}-{minutes_ago}-{n}",
        )
        for n in range(count)
    ]


def source_with(records: list[Any]) -> MemorySource:
    source = MemorySource(now_ms=lambda: NOW_MS)
    source.add([Decoded(format="t", raw=str(n).encode(), records=(r,)) for n, r in enumerate(records)])
    return source


async def test_an_alert_stands_for_an_hour_after_it_is_over() -> None:
    quiet = rows(StepKind.ENTERED, 30, 1)
    for minutes_ago, expected in ((2, [True]), (30, [False]), (75, [])):
        source = source_with(quiet + rows(StepKind.DISCARDED, 40, minutes_ago))
        found = await read_alerts(source, LIMITS)
        assert [alert.is_firing for alert in found] == expected, minutes_ago
    assert found == ()


async def test_an_alert_says_subject_rate_counts_and_threshold() -> None:
    source = source_with(rows(StepKind.ENTERED, 30, 1) + rows(StepKind.FAILED, 15, 2))
    (alert,) = await read_alerts(source, LIMITS)
    assert alert.text == "Welcome: error rate 50.0 % (15 of 30), above 20.0 %"
    assert await read_alerts(source, AlertSettings(error_rate=0.5)) == ()


async def test_one_action_that_met_a_limit_on_calls_is_enough_to_warn() -> None:
    failed = [
        msgspec.structs.replace(row, reason=reason)
        for row, reason in zip(rows(StepKind.ACTION_ERROR, 3, 2), ("capping", "http 503", None), strict=True)
    ]
    (alert,) = await read_alerts(source_with(rows(StepKind.ACTION, 30, 2) + failed), LIMITS)
    assert alert.text == "Welcome: capped actions 3.3 % (1 of 30), above 0.0 %"
    assert alert.shown_on == "action_errors"


async def test_a_job_that_could_not_read_its_audience_raises_an_alert_for_an_hour() -> None:
    jobs = [
        msgspec.structs.replace(row, reason=reason, identities=())
        for row, reason in zip(
            rows(StepKind.OTHER, 4, 2),
            ("ERROR_EXPORTJOB_FAILED", "ERROR_TOPIC_CREATION", "finished", None),
            strict=True,
        )
    ]
    (alert,) = await read_alerts(source_with(jobs), LIMITS)
    assert alert.text == "Welcome: audience not read 2 times, above 0"
    assert (alert.shown_on, alert.tab, alert.is_firing) == ("entered_contacts", "journey", True)
    assert await read_alerts(source_with(jobs), AlertSettings(failed_audiences=2)) == ()
    assert (
        await read_alerts(source_with(rows(StepKind.ENTERED, 3, 2)), AlertSettings(failed_audiences=-1)) == ()
    )
    earlier = [msgspec.structs.replace(row, at_ms=row.at_ms - 40 * MINUTE_MS) for row in jobs[:1]]
    (over,) = await read_alerts(source_with(earlier), LIMITS)
    assert over.text == "Welcome: audience not read 1 time, above 0, over since 40 min ago"


async def test_what_stands_no_more_is_told_once() -> None:
    firing = await read_alerts(source_with(rows(StepKind.DISCARDED, 40, 2)), LIMITS)
    over = await read_alerts(source_with(rows(StepKind.DISCARDED, 40, 30)), LIMITS)
    assert resolved((), firing) == resolved(firing, firing) == resolved(firing, over) == ()
    assert resolved(over, ()) == ("resolved: Welcome, discard rate",)


def mails(kind: EventKind, count: int) -> list[Event]:
    return [
        Event(
            product="brevo",
            account="default",
            key=(kind.value, str(n)),
            has_id=True,
            at_ms=NOW_MS - 600 * MINUTE_MS + n,
            kind=kind,
            type=kind.value,
            channel=Channel.EMAIL,
            bounce_class=BounceClass.HARD if kind is EventKind.BOUNCED else None,
            identities=(Identity("email", f"{n}@example.org"),),
            message=f"m{n}",
            delivery=Ref("42", name="Mail A"),
        )
        for n in range(count)
    ]


BOUNCING: list[Any] = [
    DeliveryRecord(
        product="brevo", account="default", delivery=Ref("42"), channel=Channel.EMAIL, scenario=Ref("1")
    ),
    *mails(EventKind.SENT, 40),
    *mails(EventKind.BOUNCED, 4),
]


async def test_bounces_count_over_the_whole_window() -> None:
    (alert,) = await read_alerts(source_with(BOUNCING), LIMITS)
    assert (alert.setting, alert.tab, alert.shown_on) == ("bounce_rate", "email", "bounces")
    assert "email: bounce rate 10.0 % (4 of 40), above 5.0 %" in alert.text


def test_the_check_of_the_command_line_answers_by_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from backend.sources.sqlite.writing import Store
    from tui.cli import report
    from tui.cli.given import Given

    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    now_ms = int(time.time() * 1000)

    def check(records: list[Any], name: str, *of: str) -> tuple[int, str]:
        path = tmp_path / f"{name}.db"
        with Store(path, create=True) as store:
            store.add(
                [Decoded(format="t", raw=str(n).encode(), records=(r,)) for n, r in enumerate(records)],
                format="t",
                product="brevo",
            )
        ran = CliRunner().invoke(
            report.report, ["--check", *of, "-s", str(path)], obj=Given(), standalone_mode=False
        )
        return ran.return_value, ran.output

    assert check(rows(StepKind.ENTERED, 30, 1, now_ms), "fine") == (0, "OK no alert\n")
    over = rows(StepKind.ENTERED, 30, 1, now_ms) + rows(StepKind.DISCARDED, 40, 30, now_ms)
    code, said = check(over, "over")
    assert code == 1 and said.startswith("WARNING Welcome: discard rate no success at all (40 of 0)")
    code, said = check(rows(StepKind.DISCARDED, 40, 0.05, now_ms), "now")
    assert code == 2 and said.count("\n") == 1
    still = check(rows(StepKind.DISCARDED, 40, 25 * 60, now_ms), "still")
    assert still == (3, "UNKNOWN no scenario or campaign has a row of the last 24 hours\n")
    code, said = check(rows(StepKind.DISCARDED, 40, 25 * 60, now_ms), "one", "--scenario", "Welcome")
    assert (code, said) == (3, "UNKNOWN Welcome: not live, no row of the last 24 hours\n")
    ran = CliRunner().invoke(
        report.report, ["--check", "-s", str(tmp_path / "gone.db")], obj=Given(), standalone_mode=False
    )
    assert ran.return_value == 3 and ran.output.startswith("UNKNOWN ")
