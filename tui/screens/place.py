"""What every place has: a status line, a body, a key line, and data that is read again by itself."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from backend.errors import ParcoursError, SourceError
from tui.bindings import bound
from tui.feed_clock import FeedClock
from tui.messages import PlaceAnswered, PlaceAsked, PlaceLeft
from tui.presenters.frame import age_alarm, source_mark, status_facts
from tui.screens.chooser import Choice
from tui.screens.taking import copy_text
from tui.session import Session
from widgets.composing import LineCompositor
from widgets.key_line import KeyLine
from widgets.shown import is_ascii, line, notify
from widgets.status_line import Place, StatusLine

Data = TypeVar("Data")

TICK_S = 0.25
SLOW_TICK_S = 1.0
"""How often a place looks whether to read again, and one that rarely does: ages are said by the second."""
FIRST_FRAME_S = 0.3
"""How long the first frame waits for its data; a slower source is shown as loading."""


class PlaceScreen(Screen[None], Generic[Data], inherit_bindings=False):
    """A place of the console. It reads with `fetch` and draws with `show`, while it is on screen only."""

    NAME: ClassVar[str]
    PART_OF: ClassVar[str] = ""
    """The place of the status line that it is a tab of; "" where it is a place itself, or none."""
    TITLE_WORD: ClassVar[str]
    INTERVAL_S: ClassVar[float] = 2.0
    AUTO_FOCUS: ClassVar[str | None] = ""
    """Nothing by itself: the filter's field would take it. `focus_body` says what does."""
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("app.back", "back"),
        bound("app.refresh", "refresh_now"),
        bound("app.copy_command", "copy_command"),
        bound("app.pane_next", "pane(1)"),
        bound("app.pane_previous", "pane(-1)"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._compositor = LineCompositor()
        self.set_class(is_ascii(), "-ascii")
        self.session = session
        self.clock = FeedClock(self.INTERVAL_S, chance=session.chance)
        self._shown_zone = session.zone
        self._shown_error: str | None = None
        self._shown_alarm: str | None = None
        self._answered = asyncio.Event()
        self._has_resumed = False

    # --- what a place says ---------------------------------------------------------------------------

    @abstractmethod
    def compose_body(self) -> Iterable[Widget]:
        """The widgets between status line and key line."""

    @abstractmethod
    async def fetch(self) -> Data:
        """Read what the place shows now. Raises: ParcoursError."""

    @abstractmethod
    async def show(self, data: Data) -> None:
        """Draw what was read."""

    def redraw(self) -> None:
        """Draw the same data again: the zone changed."""

    def take(self, asked: PlaceAsked) -> None:
        """Show what was asked for from elsewhere; a place that is only to be gone to shows what it did."""

    def step_back(self) -> bool:
        """One step back inside the place; False where there is none."""
        return False

    def focus_body(self) -> None:
        """Give the focus to what a person acts on first."""

    def command_text(self) -> str | None:
        """The command line that prints what the place shows; None where there is nothing yet, or no such."""
        return None

    def help_about(self) -> Sequence[Choice]:
        """What is to be known of what is under the cursor: the help begins with it."""
        return ()

    # --- life ----------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """The classes of the terminal's size come first: given later, all widgets would be styled twice."""
        widths, heights = self.app.HORIZONTAL_BREAKPOINTS, self.app.VERTICAL_BREAKPOINTS
        for cells, steps in zip(self.app.size, (widths, heights), strict=True):
            self.add_class(*self._get_breakpoint_classes(cells, steps or []))
        yield StatusLine()
        yield from self.compose_body()
        failure = Static(line(""), classes="failure")
        failure.display = False
        yield failure
        yield KeyLine(last=("app.help",))
        yield Static(line("window too small"), id="too-small")

    async def on_mount(self) -> None:
        """Starts reading, and lets the first frame wait a little, so that it shows data."""
        self._timer = self.set_interval(min(SLOW_TICK_S, max(TICK_S, self.INTERVAL_S / 10)), self._tick)
        self.action_refresh_now()
        try:
            await asyncio.wait_for(self._answered.wait(), FIRST_FRAME_S)
        except TimeoutError:
            self.show_status()

    def on_screen_suspend(self) -> None:
        self._timer.pause()

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        event.refresh_styles = self._has_resumed  # at first they are those that it was composed with
        self._has_resumed = True
        self._timer.resume()
        self.session_changed()
        if self.focused is None:
            self.focus_body()

    def session_changed(self) -> None:
        """Zone, pause or alerts changed, now or while another place was on screen."""
        self.clock.is_paused = self.session.is_paused
        if self._shown_zone is not self.session.zone:
            self._shown_zone = self.session.zone
            self.redraw()
        self.show_status()

    def show_status(self) -> None:
        """Bring the status line up to date."""
        session = self.session
        places = [Place(key, title, name in (self.NAME, self.PART_OF)) for key, name, title in session.places]
        facts = status_facts(session.source.name, session.zone, session.now_ms(), session.is_demo)
        self._shown_alarm = alarm = self._alarm(session.monotonic_s())
        mark = source_mark(session.source.name, session.colour)
        self.query_one(StatusLine).set_line(places, facts, alarm=alarm, mark=mark)
        self._show_failure()

    def _alarm(self, now_s: float) -> str:
        """What is wrong with what is on screen, else in the data; "" for nothing."""
        paused = "paused" if self.session.is_paused else ""
        told = (paused, age_alarm(self.clock, now_s))
        return ", ".join(part for part in told if part) or self.session.alerts_now

    def _show_failure(self) -> None:
        """Say why reading fails, as long as it does; what was read before stays on screen."""
        error = self.clock.error
        if error != self._shown_error:
            self._shown_error = error
            failure = self.query_one(".failure", Static)
            failure.display = error is not None
            failure.update(line(f"! {error or ''}", 1_000))
            self.mark_old(error is not None)

    def mark_old(self, is_old: bool) -> None:
        """Mark what is on screen as older than it should be, or take the mark away."""

    def _compositor_refresh(self) -> None:
        """Draws a frame, but none that would be thrown away, while several changes are made into one."""
        if self.app._batch_count:
            self._repaint_required = True
        else:
            super()._compositor_refresh()

    # --- reading -------------------------------------------------------------------------------------

    def _tick(self) -> None:
        now_s = self.session.monotonic_s()
        if self.clock.should_start(now_s):
            self._start()
        elif self._alarm(now_s) != self._shown_alarm:  # nothing else on the line changes by itself
            self.show_status()

    def action_refresh_now(self) -> None:
        """Read at once, in place of a reading that is under way."""
        self._start()

    def _start(self) -> None:
        self.clock.started()
        self._run_fetch()

    @work(exclusive=True, group="fetch")
    async def _run_fetch(self) -> None:
        try:
            data = await self.fetch()
        except ParcoursError as error:
            asked_s = error.retry_after_s if isinstance(error, SourceError) else None
            self.clock.failed(self.session.monotonic_s(), str(error), asked_s)
        else:
            self.clock.succeeded(self.session.monotonic_s())
            await self.show(data)
        self.show_status()
        if not self._answered.is_set():
            self._answered.set()
            self.post_message(PlaceAnswered())

    @on(StatusLine.PlaceChosen)
    def _place_clicked(self, message: StatusLine.PlaceChosen) -> None:
        names = {title: name for _, name, title in self.session.places}
        self.post_message(PlaceAsked(names[message.place.name]))

    # --- keys ----------------------------------------------------------------------------------------

    def action_pane(self, step: int) -> None:
        """Go to the next part of the place, or the one before."""
        if step > 0:
            self.focus_next()
        else:
            self.focus_previous()

    def action_copy_command(self) -> None:
        """Copy the command line that prints what is on screen."""
        text = self.command_text()
        if text is None:
            notify(self, "no command prints this place")
        else:
            copy_text(self, text)

    def action_back(self) -> None:
        if not self.step_back():
            self.post_message(PlaceLeft())


def two_lines(first: object, second: object) -> Content:
    """Two lines of safe content, whatever line breaks a stranger's name holds."""
    return Content("\n").join([line(first, 1_000), line(second, 1_000)])


AnyPlace = PlaceScreen[Any]
