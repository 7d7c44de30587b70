"""What the live report writes to the terminal: a slow link pays for every byte.

The scenario lies still for days, so that its window does not move with the clock and only new rows change
what is on screen.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from backend.model import DAY_MS, BounceClass, Channel, EventKind
from backend.record import Decoded, DeliveryRecord, Event, Identity, Ref
from backend.sources.sqlite.writing import Store
from tests.pty.pseudo_terminal import PseudoTerminal

PROGRAM = (sys.executable, "-c", "import sys; from tui.cli import main; sys.exit(main())")
MOST_BYTES = 4_096
AT_MS = int(time.time() * 1000) - 7 * DAY_MS // 2
KINDS = (
    *(EventKind.SENT, EventKind.DELIVERED, EventKind.BOUNCED, EventKind.ERROR, EventKind.OPENED),
    *(EventKind.CLICKED, EventKind.UNSUBSCRIBED, EventKind.COMPLAINED),
)


def add(path: Path, first: int, count: int) -> None:
    """So many messages with a row of every kind each, one transaction."""
    delivery = DeliveryRecord(
        product="brevo",
        account="default",
        delivery=Ref("42", name="Mail A"),
        channel=Channel.EMAIL,
        scenario=Ref("1", name="Welcome"),
    )
    events = [
        Event(
            product="brevo",
            account="default",
            key=(kind.value, str(number)),
            has_id=True,
            at_ms=AT_MS + number,
            kind=kind,
            type=kind.value,
            channel=Channel.EMAIL,
            bounce_class=BounceClass.HARD if kind is EventKind.BOUNCED else None,
            identities=(Identity("email", f"c{number}@example.org"),),
            message=f"m{number}",
            delivery=Ref("42"),
        )
        for number in range(first, first + count)
        for kind in KINDS
    ]
    records: Sequence[DeliveryRecord | Event] = (delivery, *events)
    with Store(path, create=not path.exists()) as store:
        store.add(
            [Decoded(format="t", raw=b"", records=(record,)) for record in records],
            format="t",
            product="brevo",
        )


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (200, 50)])
def test_a_tick_of_ten_figures_writes_little_and_one_of_none_nothing(
    tmp_path: Path, columns: int, rows: int
) -> None:
    path = tmp_path / "still.db"
    add(path, 0, 500)
    home = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    with PseudoTerminal([*PROGRAM, str(path)], columns=columns, rows=rows, env=home) as terminal:
        terminal.wait_for("not live")
        terminal.press("]")
        terminal.wait_for(lambda t: "[Email]" in t.text and "Delivery rate" in t.text)
        before = len(terminal.raw)
        add(path, 500, 7)
        terminal.wait_for("507")
        written = len(terminal.raw) - before
        assert 0 < written <= MOST_BYTES, written
        before = len(terminal.raw)
        for _ in range(3):
            terminal.press("r")
            terminal.settle()
        assert terminal.raw[before:] == b""
