"""An alert is seen wherever one looks: status line, pane, status place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from backend.model import StepKind
from backend.sources.sqlite.reading import SqliteSource


async def test_a_rate_that_is_too_high_marks_status_line_pane_and_status(
    console: Any, source: SqliteSource, add: Callable[[list[Any]], None], make_step: Callable[..., Any]
) -> None:
    failed = [make_step(1000 + n, StepKind.FAILED, run=f"r{n}") for n in range(30)]
    add(failed)
    async with console(200, 50) as person:
        await person.until("! 1 alert")
        await person.press("r")
        assert "! error rate no success at all (30 of 0)" in person.screen
        assert person.screen.count("(30 of 0)") == 1
        await person.press("t")
        await person.type("6 h")
        await person.press("enter")  # the numbers beside it are of another time
        assert "! now: error rate no success at all (30 of 0)" in person.screen
        await person.press("5")
        assert "Welcome: error rate" in person.screen and "critical" in person.screen
        (alert,) = person.app.session.alerts
        over = msgspec.structs.replace(alert, setting="bounce_rate", title="bounce rate")
        person.app.session.alerts = (alert, over)  # one that stood when they were read the last time
        person.app._read_alerts()
        await person.until("resolved: Welcome, bounce rate")
        assert person.app.session.alerts == (alert,)
