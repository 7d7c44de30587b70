"""A small source for the screens: one scenario with its logs and roster, one campaign, three contacts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from textual.pilot import Pilot

from backend.config import Settings
from backend.model import HOUR_MS, BounceClass, Channel, EventKind, RosterState, StepKind
from backend.record import (
    Decoded,
    DeliveryRecord,
    Event,
    Identity,
    Ref,
    Rejected,
    RosterRecord,
    ScenarioRow,
    StepRecord,
)
from backend.sources.sqlite.reading import SqliteSource
from backend.sources.sqlite.writing import Store
from tui.app import ParcoursApp
from tui.keymap import shipped_keymap
from tui.session import Session

NOW_MS = int(datetime(2026, 3, 10, 12, 0, tzinfo=UTC).timestamp() * 1000)
WELCOME = Ref("1", name="Welcome")
OFFER = Ref("9", name="Spring offer")
MAIL = Ref("42", name="Mail A")
STEPS = (Ref("s1", name="Entry"), Ref("s2", name="Send mail A"), Ref("s3", name="Wait 2 days"))
PEOPLE = ("ada@example.org", "bob@example.net", "cyd@example.com")


def scenario_row(number: int, kind: StepKind, step: int, who: str, hours: float, **more: Any) -> ScenarioRow:
    return ScenarioRow(
        product="brevo",
        account="default",
        key=(str(number),),
        has_id=True,
        at_ms=NOW_MS - int(hours * HOUR_MS),
        kind=kind,
        type=more.pop("type", kind.value),
        scenario=WELCOME,
        step=STEPS[step],
        identities=(Identity("email", who),),
        run=f"run-{who[0]}",
        **more,
    )


def event(number: int, kind: EventKind, who: str, hours: float, **more: Any) -> Event:
    return Event(
        product="brevo",
        account="default",
        key=(f"e{number}",),
        has_id=True,
        at_ms=NOW_MS - int(hours * HOUR_MS),
        kind=kind,
        type=more.pop("type", kind.value),
        channel=Channel.EMAIL,
        identities=(Identity("email", who),),
        message=f"m-{who}",
        message_id=f"<m-{who}>",
        delivery=more.pop("delivery", MAIL),
        **more,
    )


def small_world() -> list[Any]:
    ada, bob, cyd = PEOPLE
    return [
        *(
            StepRecord(product="brevo", account="default", scenario=WELCOME, step=step, position=place)
            for place, step in enumerate(STEPS)
        ),
        DeliveryRecord(
            product="brevo",
            account="default",
            delivery=MAIL,
            channel=Channel.EMAIL,
            scenario=WELCOME,
            step=STEPS[1],
        ),
        scenario_row(1, StepKind.ENTERED, 0, ada, 5, message="ada came in", workflow_points="start"),
        scenario_row(2, StepKind.ACTION, 1, ada, 4.5, message="mail handed over"),
        scenario_row(3, StepKind.WAITING, 2, ada, 4, message="waits two days"),
        scenario_row(4, StepKind.ENTERED, 0, bob, 3, message="bob came in", workflow_points="start"),
        scenario_row(5, StepKind.ACTION_ERROR, 1, bob, 2.5, message="gateway said 503", reason="http 503"),
        event(1, EventKind.SENT, ada, 4.5),
        event(2, EventKind.DELIVERED, ada, 4.4),
        event(3, EventKind.OPENED, ada, 4, ip="192.0.2.7", user_agent="Thunderbird"),
        event(4, EventKind.CLICKED, ada, 3.9, url="https://shop.example/offer?id=7"),
        event(5, EventKind.SENT, bob, 2.4),
        event(6, EventKind.BOUNCED, bob, 2.3, bounce_class=BounceClass.HARD, reason="user unknown"),
        event(7, EventKind.SENT, cyd, 1, delivery=Ref("43", name="Offer mail"), campaign=OFFER),
        event(8, EventKind.DELIVERED, cyd, 0.9, delivery=Ref("43", name="Offer mail"), campaign=OFFER),
        RosterRecord(
            product="brevo",
            account="default",
            scenario=WELCOME,
            identities=(Identity("email", ada),),
            entered_ms=NOW_MS - 5 * HOUR_MS,
            run="run-a",
            step=STEPS[2],
            state=RosterState.WAITING,
            until_ms=NOW_MS + 44 * HOUR_MS,
            as_of_ms=NOW_MS,
        ),
    ]


def fill(path: Path, records: list[Any], now_ms: int = NOW_MS) -> None:
    """Put records into a store, each as a piece of its own."""
    store = Store(path, create=not path.exists(), now_ms=lambda: now_ms)
    pieces = [
        Decoded(format="brevo-test", raw=f'{{"piece": {place}}}'.encode(), records=(record,))
        for place, record in enumerate(records)
    ]
    rejected = [Rejected(raw=b"?", reason="no time", place="line 7")]
    store.add(pieces, rejected, format="brevo-test", product="brevo")
    store.close()


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings and crash reports of a test stay with the test."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("SSH_TTY", "/dev/nowhere")  # copies leave the clipboard of the desktop alone


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "small.db"
    fill(path, small_world())
    return path


@pytest.fixture
async def source(database: Path) -> AsyncIterator[SqliteSource]:
    opened = await SqliteSource.open(database, now_ms=lambda: NOW_MS)
    yield opened
    await opened.close()


@pytest.fixture
def add(database: Path) -> Callable[[list[Any]], None]:
    """Adds records to the database, as a writer beside the console does."""
    return lambda records: fill(database, records)


class Person:
    """Somebody at the console: presses keys and reads the screen."""

    def __init__(self, pilot: Pilot[None]) -> None:
        self.pilot = pilot
        self.app = pilot.app

    async def press(self, *keys: str) -> None:
        """Press keys one by one, and wait each time for what was asked to be on screen."""
        for key in keys:
            await self.pilot.press(key)
            await self.settled()

    async def type(self, text: str) -> None:
        await self.pilot.press(*("space" if letter == " " else letter for letter in text))
        await self.settled()

    async def settled(self) -> None:
        """Wait for everything that is under way but following, which never ends."""
        await self.pilot.pause()
        while self.app.has_keys and self.app.return_code is None:
            await self.pilot.pause(0.002)
        while waiting := [w for w in self.app.workers if w.group != "follow" and not w.is_finished]:
            await self.app.workers.wait_for_complete(waiting)
            await self.pilot.pause()

    async def until(self, text: str) -> None:
        """Wait for a text that arrives by itself."""
        await self.when(lambda: text in self.screen, text)

    async def when(self, condition: Callable[[], bool], what: str = "it") -> None:
        """Wait for something that happens by itself."""
        for _ in range(3_000):
            if condition():
                return
            await self.pilot.pause(0.02)
        raise AssertionError(f"{what!r} never came:\n{self.screen}")

    @property
    def lines(self) -> list[str]:
        """The screen, line by line."""
        strips = self.app.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip).rstrip() for strip in strips]

    @property
    def screen(self) -> str:
        return "\n".join(self.lines)


Console = Callable[..., Any]


@pytest.fixture
def console(source: SqliteSource) -> Console:
    """Opens a console of a size on the small source; to be used as an async context."""

    @asynccontextmanager
    async def opened(width: int = 80, height: int = 24, **how: Any) -> AsyncIterator[Person]:
        settings = how.pop("settings", Settings())
        keymap = how.pop("keymap", shipped_keymap())
        session = Session(how.pop("source", source), now_ms=lambda: NOW_MS, **how)
        app = ParcoursApp(session, settings, keymap)
        async with app.run_test(size=(width, height), notifications=True) as pilot:
            person = Person(pilot)
            await person.settled()
            yield person

    return opened


@pytest.fixture
def make_event() -> Callable[..., Event]:
    """An event of a contact, a moment ago."""
    return lambda number, who, **more: event(number, EventKind.OPENED, who, 0.01, **more)


@pytest.fixture
def make_step() -> Callable[..., ScenarioRow]:
    """A scenario log row of the first contact, a moment ago."""

    def made(number: int, kind: StepKind, **more: Any) -> ScenarioRow:
        row = scenario_row(number, kind, 0, PEOPLE[0], 0.01)
        return msgspec.structs.replace(row, **more)

    return made
