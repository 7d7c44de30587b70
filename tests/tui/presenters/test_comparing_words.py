"""Which two windows stand side by side: said in the room that there is, and never cut in a word or a time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from backend.model import Report, Subject, SubjectKind, Window
from tui.presenters.compare import headline

H = 3_600_000


def at(text: str) -> int:
    return round(datetime.fromisoformat(f"{text}Z").timestamp() * 1000)


def said(this: Window, other: Window, cells: int, note: str = "", zone: Any = UTC) -> tuple[str, str]:
    subject = Subject(
        kind=SubjectKind.SCENARIO, id=1, key="s", name="Welcome", product="ajo", account="default"
    )
    report = Report(
        subject=subject,
        report="journey",
        tab="email",
        tabs=("journey", "email"),
        window=this,
        live=True,
        as_of_ms=this.end_ms,
        newest_ms=None,
        received_ms=None,
        include_test=False,
        panes=(),
        compared=other,
    )
    return headline(report, note, zone, cells)


DAY = Window(at("2026-03-09T12:00"), at("2026-03-10T12:00"))


@pytest.mark.parametrize(
    ("this", "other", "cells", "words"),
    [
        (DAY, DAY.before(), 78, "24 h from 2026-03-09 12:00 compared with 24 h from 03-08 12:00 UTC"),
        (
            DAY,
            DAY.moved(-90 * 24 * H),
            78,
            "24 h from 2026-03-09 12:00 compared with 24 h from 2025-12-09 12:00 UTC",
        ),
        (
            Window(at("2026-03-10T08:00"), at("2026-03-10T12:00")),
            Window(at("2026-03-10T09:00"), at("2026-03-10T10:00")),
            78,
            "4 h from 2026-03-10 08:00 compared with 1 h from 09:00 UTC",
        ),
        (
            Window(at("2026-03-01T08:00"), at("2026-03-13T12:30")),
            Window(at("2026-02-01T08:00"), at("2026-02-13T12:30")),
            78,
            "2026-03-01 08:00 - 03-13 12:30 compared with 02-01 08:00 - 02-13 12:30 UTC",
        ),
        (
            Window(at("2026-03-01T08:00:20"), at("2026-03-01T09:00")),
            Window(at("2026-02-01T08:00:20"), at("2026-02-01T09:00")),
            78,
            "2026-03-01 08:00 - 09:00 compared with 02-01 08:00 - 09:00 UTC",
        ),
        (DAY, DAY.before(), 60, "from 2026-03-09 12:00 and from 03-08 12:00 UTC"),
        (DAY, DAY.before(), 40, "from 2026-03-09 12:00"),
    ],
)
def test_two_windows_are_told_as_fully_as_fits(this: Window, other: Window, cells: int, words: str) -> None:
    assert said(this, other, cells) == ("Welcome   Email   two windows side by side", words)


def test_what_the_keys_do_comes_first_and_windows_without_room_wait() -> None:
    note = "cursor: h l move it, enter opens, space begins a range, c leaves"
    assert said(DAY, DAY.before(), 78, note)[1] == note
    assert said(DAY, DAY.before(), 78, "zoomed in: Z goes back")[1] == (
        "zoomed in: Z goes back; from 2026-03-09 12:00 and from 03-08 12:00 UTC"
    )


def test_windows_on_both_sides_of_a_changed_clock_name_both_zones() -> None:
    from zoneinfo import ZoneInfo

    this = Window(at("2026-03-29T12:00"), at("2026-03-30T12:00"))
    assert said(this, this.moved(-7 * 24 * H), 78, zone=ZoneInfo("Europe/Paris"))[1] == (
        "24 h from 2026-03-29 14:00 CEST compared with 24 h from 03-22 13:00 CET"
    )
