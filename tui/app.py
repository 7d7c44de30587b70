"""ParcoursApp: themes, keymap, places and the ways out. It holds no data: the screens do."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.filter import LineFilter
from textual.message import Message
from textual.worker import WorkerFailed

from backend.collector import leave_in_peace
from backend.config import Settings, default_path
from backend.errors import CannotWrite, ConfigError, ParcoursError
from backend.source import Source
from tui import signals
from tui.bindings import bound
from tui.copying import Copying, CopyingApp
from tui.failed_questions import FailedQuestions
from tui.keymap import Keymap, load_keymap, shown_key
from tui.link import TerminalLink
from tui.messages import (
    PlaceAnswered,
    PlaceAsked,
    PlaceLeft,
    PromptAsked,
    QuitAsked,
    SourceAsked,
    SourcesAsked,
)
from tui.painter import Painter
from tui.places import LED_TO, PLACES, PROBLEMS, REPORT
from tui.presenters.frame import short_source
from tui.presenters.times import zone_of
from tui.screens.chooser import Choice, Chooser, among
from tui.screens.place import PlaceScreen
from tui.session import Session, wall_ms
from tui.styles import ParsedStyles
from tui.themes import THEMES, default_theme
from tui.type_ahead import TypeAhead
from widgets.question import Question
from widgets.shown import ControlGuard, cell, maskable, notify, use_mask
from widgets.terminal import output_of, repair_driver, suit_terminal

if TYPE_CHECKING:
    from backend.removals.telling import Told

EXIT_CRASH = 70
ALERTS_EVERY_S = 30.0
TELL_EVERY_S = 10.0
WIDTHS: list[tuple[int, str]] | None = [
    (0, "-too-narrow"),
    (20, "-tiny"),
    (60, "-narrow"),
    (100, "-wide"),
    (160, "-very-wide"),
]
HEIGHTS: list[tuple[int, str]] | None = [(0, "-too-low"), (5, "-flat"), (15, "-short"), (30, "-tall")]
"""Classes of a terminal's cells, for parcours.tcss."""


class ParcoursApp(TypeAhead, Painter, CopyingApp, inherit_bindings=False):
    """The console on one source."""

    TITLE = "parcours"
    CSS_PATH = Path(__file__).with_name("parcours.tcss")
    ENABLE_COMMAND_PALETTE = False
    DEFAULT_MODE = REPORT.name
    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("app.help", "help_here", show=True),
        bound("app.prompt", "prompt", show=True),
        bound("app.source", "source"),
        bound("app.quit", "quit"),
        *(bound(f"app.screen_{place.name}", f"go('{place.name}')") for place in PLACES),
        bound("app.problems", f"go('{PROBLEMS.name}')"),
        bound("app.pause", "pause"),
        bound("app.time_zone", "time_zone"),
        bound("app.redraw", "redraw"),
        ("ctrl+c", "how_to_quit"),
    ]

    def __init__(self, session: Session, settings: Settings, keymap: Keymap) -> None:
        super().__init__()
        self.stylesheet = ParsedStyles(variables=self.get_css_variables())
        self.session = session
        self.copying = Copying(settings.copy)
        self.link = session.link
        self.link.output = lambda: output_of(self._driver)
        self.keys = keymap
        self._alert_limits = settings.alerts
        self.animation_level = "none"
        use_mask(session.mask)
        self.next_source: tuple[str, Source] | None = None
        """Name of the source to go on with, opened; None: the console is left."""
        self._settings = settings
        self._visited: list[str] = []
        self._has_begun = False
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = self._chosen_theme(settings.theme)
        for place in (*PLACES, *LED_TO):
            self.add_mode(place.name, partial(place.opened, session))
        session.places = tuple((self._key(f"screen_{p.name}"), p.name, p.title) for p in PLACES)
        session.problems_key = self._key("problems")
        self.set_keymap(keymap.overrides())

    def _chosen_theme(self, name: str | None) -> str:
        if name is None:
            return default_theme(self.console.color_system)
        if name not in self.available_themes:
            known = ", ".join(sorted(self.available_themes))
            raise ConfigError(f'no theme is called "{name}"; there are: {known}')
        return name

    def _key(self, action: str) -> str:
        keys = self.keys.keys[f"app.{action}"]
        return shown_key(keys[0]) if keys else ""

    def on_mount(self) -> None:
        if not self.is_headless:
            signals.end_by_signal(asyncio.get_running_loop(), self._end)

    @on(PlaceAnswered)
    def _go_on(self) -> None:
        """What can wait for the first frame begins behind it."""
        if not self._has_begun:
            self._has_begun = True
            self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        if not self.is_headless:
            leave_in_peace()
        self.set_interval(ALERTS_EVERY_S, self._read_alerts)
        self._read_alerts()
        self.set_interval(ALERTS_EVERY_S, self._read_set_aside)
        self._read_set_aside()
        if self.session.tell is not None:
            self.set_interval(TELL_EVERY_S, self._tell_product)
            self._tell_product()

    @work(group="telling")
    async def _tell_product(self) -> None:
        """What the product has not heard is told again when it is due, for as long as the console is open."""
        from tui.screens.removing import tell_product

        await tell_product(self, self.session)

    @work(exclusive=True, group="alerts")
    async def _read_alerts(self) -> None:
        """What is wrong now; where the source fails, the places say so."""
        from backend.reports.alerts import read_alerts, resolved

        session = self.session
        if not session.is_paused:
            with suppress(ParcoursError):
                alerts = await read_alerts(session.source, self._alert_limits)
                for said in resolved(session.alerts, alerts):
                    notify(self, said)
                if alerts != session.alerts:
                    session.alerts = alerts
                    self._tell_screen()

    @work(exclusive=True, group="set-aside")
    async def _read_set_aside(self) -> None:
        """What was set aside since it was looked at; where the source fails, that is a problem itself."""
        session = self.session
        if not session.is_paused:
            with suppress(ParcoursError):
                if await session.set_aside.read(session.source):
                    self._tell_screen()

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), ControlGuard()]

    def copy_to_clipboard(self, text: str) -> None:
        """What is copied is masked like what is shown."""
        super().copy_to_clipboard(str(maskable(text)))

    def get_key_display(self, binding: Any) -> str:
        return shown_key(binding.key)

    # --- places ------------------------------------------------------------------------------------

    async def action_go(self, name: str) -> None:
        """Go to a place itself, whatever was opened above it; going back leads to what was on screen before,
        with what is opened above that."""
        while len(self.screen_stack) > 1 and not isinstance(self.screen, PlaceScreen):
            await self.pop_screen()
        if name != self.current_mode:
            self._visited = [*(visited for visited in self._visited if visited != name), self.current_mode]
            await self.switch_mode(name)
        while len(self.screen_stack) > 1:
            await self.pop_screen()

    @on(PlaceLeft)
    async def _back(self) -> None:
        if self._visited:
            await self.switch_mode(self._visited.pop())
        else:
            self.action_how_to_quit()

    @on(PlaceAsked)
    async def _go(self, asked: PlaceAsked) -> None:
        await self.action_go(asked.place)
        if isinstance(self.screen, PlaceScreen):
            self.screen.take(asked)

    # --- keys that mean the same everywhere ----------------------------------------------------------

    def action_pause(self) -> None:
        self.session.is_paused = not self.session.is_paused
        self._tell_screen()

    def action_time_zone(self) -> None:
        self.session.switch_zone()
        self._tell_screen()

    def _tell_screen(self) -> None:
        """Alerts may come when the last screen is gone already: there is nobody to tell then.

        One that is being made looks by itself when it is there.
        """
        screen = self.screen_stack[-1] if self.screen_stack else None
        if isinstance(screen, PlaceScreen) and screen.is_mounted:
            screen.session_changed()

    def action_redraw(self) -> None:
        self.screen.refresh(layout=True)

    def action_how_to_quit(self) -> None:
        quit_keys = " or ".join(shown_key(key) for key in self.keys.keys["app.quit"])
        notify(self, f"{quit_keys} quits")

    def action_help_here(self) -> None:
        from tui.screens.help import help_choices

        if isinstance(self.screen, PlaceScreen):
            choices = [*self.screen.help_about(), *help_choices(self.screen, self.keys)]
            title = f"Keys of {self.screen.TITLE_WORD}: enter does it"
            self.push_screen(Chooser(title, among(choices)), self._run_choice)

    async def _run_choice(self, choice: Choice | None) -> None:
        from tui.screens.help import KeyAction

        if choice is not None and isinstance(choice.value, KeyAction):
            await self.run_action(choice.value.action, choice.value.node)

    @on(PromptAsked)
    def action_prompt(self) -> None:
        from tui.screens.prompt import HINT, prompt

        if isinstance(self.screen, PlaceScreen):
            self.push_screen(Chooser("Go to", prompt(self.session), hint=HINT), self._do_choice)

    @on(SourcesAsked)
    def action_source(self) -> None:
        from tui.screens.prompt import sources

        if isinstance(self.screen, PlaceScreen):
            title = f"From {short_source(self.session.source.name)} to another source"
            self.push_screen(Chooser(title, sources(self.session)), self._do_choice)

    def _do_choice(self, choice: Choice | None) -> None:
        if choice is not None and isinstance(choice.value, Message):
            self.post_message(choice.value)

    @work(exclusive=True, group="source")
    async def _change_source(self, asked: SourceAsked) -> None:
        """Opens the other source before this one is left: one that cannot be reached changes nothing."""
        from backend.open import open_source

        try:
            found = await open_source(asked.name, self._settings.sources, self._settings.servers)
        except ParcoursError as error:
            notify(self, str(error))
            return
        self.next_source = (asked.name, found)
        self.exit()

    @on(SourceAsked)
    def _leave_for_source(self, asked: SourceAsked) -> None:
        self._when_saved(lambda: self._change_source(asked))

    @on(QuitAsked)
    def action_quit(self) -> None:  # type: ignore[override]  # nothing here waits
        self._when_saved(self.exit)

    def _when_saved(self, leave: Callable[[], object]) -> None:
        """Leave; where a layout was changed and not saved, ask first (R43)."""
        if not self.session.unsaved_layouts:
            leave()
        elif not isinstance(self.screen, Question):
            from tui.screens.leaving import leave_question

            def answered(is_confirmed: bool | None) -> None:
                if is_confirmed:
                    leave()

            self.push_screen(leave_question(self.screen, self.session), answered)

    # --- ways out ------------------------------------------------------------------------------------

    def _end(self, code: int) -> None:
        self.exit(return_code=code)

    def _handle_exception(self, error: Exception) -> None:
        """Ends the console with a report that holds no data, in place of Textual's traceback with locals."""
        self._return_code = EXIT_CRASH
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
            cause = error.error if isinstance(error, WorkerFailed) else error
            self._exit_renderables.append(cell(crash_line(cause), 2_000))
        self._close_messages_no_wait()


def crash_line(error: BaseException) -> str:
    """What a crash says of itself, and where its report lies."""
    from backend.crash import report_folder, write_report  # 50 ms of metadata that no start should pay

    what = f"parcours: internal error ({type(error).__name__}: {error})"
    try:
        path = write_report(error, "console", report_folder())
    except (CannotWrite, OSError) as failed:
        return f"{what}; the report could not be written: {failed}"
    return f"{what}; please send the report {path} (it holds no data)"


def run(name: str, settings: Settings, *, demo: bool = False) -> int:
    """Open the source of that name and run the console on it until it is left; answers the exit code.

    Raises: ParcoursError for what is wrong before the first frame (source, theme, keymap).
    """
    keymap = load_keymap(default_path().with_name("keymap.toml"))
    repair_driver()
    suit_terminal()
    return asyncio.run(_run(name, settings, keymap, demo))


async def _run(name: str, settings: Settings, keymap: Keymap, demo: bool) -> int:
    from backend.open import is_address, open_source, resolve_name

    source = await open_source(name, settings.sources, settings.servers)
    failed = FailedQuestions(wall_ms)
    while True:
        try:
            session = Session(
                source,
                zone=zone_of(settings.time_zone),
                demo=demo,
                mask=settings.mask_contacts,
                on_removal=settings.on_removal,
                is_remote=is_address(resolve_name(name, settings.sources)),
                tell=_telling(name, settings),
                colour=settings.colour_of(settings.name_of(name)),
                names=settings.sources,
                link=TerminalLink(settings.link),
                failed=failed,
            )
            app = ParcoursApp(session, settings, keymap)
            await app.run_async(mouse=wants_mouse(settings.mouse))
        finally:
            await source.close()
        if app.next_source is None:
            return app.return_code or 0
        (name, source), demo = app.next_source, False


def _telling(name: str, settings: Settings) -> Callable[[], Told] | None:
    """How the product is told of removals; None where no command is set, or a server's own does it."""
    from backend.open import file_of, is_address, resolve_name

    target = resolve_name(name, settings.sources)
    if not settings.on_removal or is_address(target):
        return None
    from backend.removals.telling import tell_product

    return partial(tell_product, file_of(target), settings.on_removal)


def wants_mouse(setting: str) -> bool:
    """auto: yes, on a terminal; Textual asks it for every movement of the pointer."""
    return setting == "on" or (setting == "auto" and sys.__stdin__ is not None and sys.__stdin__.isatty())
