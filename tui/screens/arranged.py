"""Places whose panes a person arranges: size, order, what is there, one pane alone; kept by *save* only."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence

from textual import on
from textual.binding import Binding
from textual.css.query import NoMatches

from backend.errors import CannotWrite
from backend.reports.panes import Pane, Tab
from tui import layout as layouts
from tui.bindings import bound
from tui.layout import Arrangement, Layout, arranged, changed, default_layout, undone
from tui.layouts import load_layout, save_layout
from tui.presenters.panes import drawings_of
from tui.screens.chooser import Choice, Chooser, among
from tui.screens.place import Data, PlaceScreen
from widgets.pane import Pane as PaneBox
from widgets.pane_page import COLUMNS, LEAST_CELLS, PanePage, Rect, place
from widgets.shown import notify

PANE_MODE_SAYS = "pane mode: h l width, k j height, H L move, esc leaves; s saves"

ARRANGING: Sequence[Binding] = (
    bound("app.back", "back"),
    bound("report.zoom", "zoom", show=True),
    bound("report.pane_mode", "pane_mode", show=True),
    bound("report.pane_remove", "pane_remove"),
    bound("report.pane_add", "pane_add", show=True),
    bound("report.pane_undo", "pane_undo"),
    bound("report.pane_narrower", "pane_size(-1, 0)"),
    bound("report.pane_wider", "pane_size(1, 0)"),
    bound("report.pane_shorter", "pane_size(0, -1)"),
    bound("report.pane_taller", "pane_size(0, 1)"),
    bound("report.pane_even", "pane_even"),
    bound("report.pane_move_back", "pane_move(-1)"),
    bound("report.pane_move_on", "pane_move(1)"),
    bound("report.pane_drawing", "pane_drawing"),
    bound("report.layout_save", "layout_save"),
    bound("report.layout_reset", "layout_reset"),
    bound("panes.narrower", "in_mode('size', -1, 0)", priority=True),
    bound("panes.wider", "in_mode('size', 1, 0)", priority=True),
    bound("panes.shorter", "in_mode('size', 0, -1)", priority=True),
    bound("panes.taller", "in_mode('size', 0, 1)", priority=True),
    bound("panes.move_back", "in_mode('move', -1, 0)", priority=True),
    bound("panes.move_on", "in_mode('move', 1, 0)", priority=True),
    bound("panes.leave", "in_mode('leave', 0, 0)", priority=True),
)
"""The keys of a place that is arranged, for its BINDINGS: a key that a base class binds would be lost where
the class itself binds it too, and the pane mode has some keys in common with the place."""


class ArrangedPlace(PlaceScreen[Data]):
    """A page of panes with the keys that arrange them. What is arranged is in the session, until saved."""

    zoomed: str | None = None
    """The pane that has the page for itself."""
    _in_pane_mode = False

    # --- what the place says -------------------------------------------------------------------------

    @abstractmethod
    def arranged_tab(self) -> tuple[str, Tab] | None:
        """Report kind and tab that are on screen; None before the first data."""

    @abstractmethod
    def lay_out_again(self) -> None:
        """Put the panes where the layout says, and fill them."""

    # --- the layout ----------------------------------------------------------------------------------

    @property
    def arrangement(self) -> Arrangement:
        """The layout on screen with its past. Read from the user's file when the tab is first shown."""
        here = self.arranged_tab()
        assert here is not None
        report, tab = here
        known = self.session.arrangements.get((report, tab.id))
        if known is None:
            layout, wrong = load_layout(report, tab)
            known = self.session.arrangements[report, tab.id] = arranged(layout)
            if wrong is not None:
                notify(self, wrong, severity="warning")
        return known

    @property
    def mode_note(self) -> str:
        """What the keys mean while they mean something else."""
        return PANE_MODE_SAYS if self._in_pane_mode else ""

    @property
    def layout_note(self) -> str:
        """What is to be known of the layout: changed and not saved, one pane alone."""
        notes = ["one pane: z shows all" if self.zoomed else ""]
        notes.append("layout not saved: s" if self.arrangement.is_changed else "")
        return ", ".join(note for note in notes if note)

    @property
    def panes_by_id(self) -> Mapping[str, Pane]:
        """All panes of the tab, removed ones among them."""
        here = self.arranged_tab()
        return {} if here is None else {pane.id: pane for pane in here[1].panes}

    def cells(self) -> int:
        """Cells that a row of panes has: the page without its scroll bar."""
        return max(1, self.app.size.width - 1)

    def rects(self) -> tuple[Rect, ...]:
        """Where the panes lie now."""
        return place(self.query_one(PanePage).slots, self.cells())

    def _change(self, change: Callable[[Layout], Layout]) -> None:
        here = self.arranged_tab()
        if here is not None:
            key = here[0], here[1].id
            self._take(changed(self.arrangement, change(self.session.arrangements[key].now)))

    def _take(self, arrangement: Arrangement) -> None:
        here = self.arranged_tab()
        if here is None or arrangement == self.arrangement:
            return
        self.session.arrangements[here[0], here[1].id] = arrangement
        if self.zoomed is not None and arrangement.now.box(self.zoomed) is None:
            self.zoomed = None
        self.lay_out_again()

    @property
    def focused_pane(self) -> str | None:
        """The pane that keys act on."""
        try:
            pane = self.query_one(PanePage).focused_pane
        except NoMatches:
            return None
        return None if pane is None else pane.pane_id

    def _row_of(self, pane: str) -> list[Rect]:
        """The panes that stand in one row with this one."""
        rects = self.rects()
        here = next((rect for rect in rects if rect.pane == pane), None)
        return [] if here is None else [rect for rect in rects if rect.y == here.y]

    # --- keys ----------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self._in_pane_mode if action == "in_mode" else True

    def step_back(self) -> bool:
        if self.zoomed is None:
            return False
        self.action_zoom()
        return True

    def action_pane_mode(self) -> None:
        if self.focused_pane is not None:
            self._in_pane_mode = True
            self.mode_changed()

    def action_in_mode(self, what: str, first: int, second: int) -> None:
        if what == "size":
            self.action_pane_size(first, second)
        elif what == "move":
            self.action_pane_move(first)
        else:
            self._in_pane_mode = False
            self.mode_changed()

    def mode_changed(self) -> None:
        """The pane mode began or ended: keys mean something else."""
        self.refresh_bindings()

    def action_zoom(self) -> None:
        pane = self.focused_pane
        if self.zoomed is not None:
            self.zoomed = None
        elif pane is not None:
            self.zoomed = pane
        else:
            return
        self.lay_out_again()

    def action_pane_size(self, columns: int, lines: int) -> None:
        """Wider or narrower by columns of twelve, higher or lower by lines, with all of its row."""
        pane = self.focused_pane
        box = None if pane is None else self.arrangement.now.box(pane)
        if pane is None or box is None or self.zoomed is not None:
            return
        if columns:
            least = min(COLUMNS, -(-LEAST_CELLS * COLUMNS // self.cells()))
            span = max(least, min(COLUMNS, max(least, box.span) + columns))
            self._change(lambda now: layouts.resized(now, pane, span=span))
            return
        row = self._row_of(pane)
        height = max((rect.height for rect in row), default=layouts.LEAST_HEIGHT) + lines

        def resize(now: Layout) -> Layout:
            for rect in row:
                now = layouts.resized(now, rect.pane, height=height)
            return now

        self._change(resize)

    @on(PaneBox.Dragged)
    def _dragged(self, dragged: PaneBox.Dragged) -> None:
        """An edge or corner of a pane was dragged: one change, with all of its row in height."""
        pane = dragged.pane.pane_id
        if self.zoomed is not None:
            return
        span = None if dragged.width is None else round(dragged.width * COLUMNS / self.cells())
        row = self._row_of(pane) if dragged.height is not None else []

        def resize(now: Layout) -> Layout:
            for rect in row:
                now = layouts.resized(now, rect.pane, height=dragged.height)
            return layouts.resized(now, pane, span=span)

        self._change(resize)

    @on(PaneBox.CloseClicked)
    def _close_clicked(self, clicked: PaneBox.CloseClicked) -> None:
        self.remove_pane(clicked.pane.pane_id)

    def action_pane_even(self) -> None:
        pane = self.focused_pane
        if pane is not None:
            row = [rect.pane for rect in self._row_of(pane)]
            self._change(lambda now: layouts.evened(now, row))

    def action_pane_move(self, step: int) -> None:
        pane = self.focused_pane
        if pane is not None:
            self._change(lambda now: layouts.moved(now, pane, step))
            self.call_after_refresh(self.query_one(PanePage).focus_pane, pane)

    def action_pane_remove(self) -> None:
        pane = self.focused_pane
        if pane is not None:
            self.remove_pane(pane)

    def remove_pane(self, pane: str) -> None:
        """Take a pane away; the focus goes to what is near."""
        self._change(lambda now: layouts.without(now, pane))

    def action_pane_add(self) -> None:
        here = self.arranged_tab()
        if here is None:
            return
        panes = self.panes_by_id
        removed = [panes[pane] for pane in self.arrangement.now.removed if pane in panes]
        if not removed:
            notify(self, "every pane of this tab is on the page")
            return
        choices = [Choice(pane.title, pane.about, pane) for pane in removed]
        self.app.push_screen(Chooser("Add a pane", among(choices)), self._pane_chosen)

    def _pane_chosen(self, choice: Choice | None) -> None:
        if choice is not None and isinstance(choice.value, Pane):
            pane, after = choice.value, self.focused_pane
            self.zoomed = None
            self._change(lambda now: layouts.with_pane(now, pane, after))
            self.call_after_refresh(self.query_one(PanePage).focus_pane, pane.id)

    def action_pane_undo(self) -> None:
        if not self.arrangement.past:
            notify(self, "nothing to undo")
        self._take(undone(self.arrangement))

    def action_pane_drawing(self) -> None:
        """The next drawing of the pane (F016); behind the last all of them together."""
        pane = self.focused_pane
        box = None if pane is None else self.arrangement.now.box(pane)
        if pane is None or box is None:
            return
        drawings: Sequence[object] = (None, *drawings_of(self.panes_by_id[pane]))
        if len(drawings) < 2:
            notify(self, "this pane has one drawing only")
            return
        here = drawings.index(box.drawing) if box.drawing in drawings else 0
        following = drawings[(here + 1) % len(drawings)]
        drawing = next((one for one in self.panes_by_id[pane].drawings if one == following), None)
        self._change(lambda now: layouts.drawn_as(now, pane, drawing))
        notify(self, f"drawn as {drawing}" if drawing else "drawn as it comes")

    def action_layout_reset(self) -> None:
        here = self.arranged_tab()
        if here is not None:
            panes = here[1].panes
            self.zoomed = None
            self._change(lambda now: default_layout(panes))
            notify(self, "the default layout; u brings yours back, s saves")

    def action_layout_save(self) -> None:
        here = self.arranged_tab()
        if here is None:
            return
        now = self.arrangement.now
        try:
            path = save_layout(here[0], here[1].id, now)
        except CannotWrite as error:
            notify(self, error, severity="error")
            return
        self.session.arrangements[here[0], here[1].id] = arranged(now)
        notify(self, f"layout saved: {path}")
        self.mode_changed()
