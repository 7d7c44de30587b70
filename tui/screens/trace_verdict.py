"""Why the contact on screen did not receive something: the verdict, what it rests on, and the path."""

from __future__ import annotations

from textual import work
from textual.binding import BindingType
from textual.widgets import Static

from backend.errors import ParcoursError
from backend.explaining.explain import explain
from backend.explaining.facts import Facts
from backend.model import ContactRef, Subject, SubjectKind
from tui.bindings import bound
from tui.presenters.why import (
    fact_lines,
    now_line,
    path_steps,
    scenario_line,
    scenarios_of,
    verdict_lines,
)
from tui.screens.audience import AudienceScreen
from tui.screens.chooser import Choice, Chooser, among
from tui.screens.place import PlaceScreen
from tui.session import Session
from widgets.shown import block, line, notify, text
from widgets.step_path import StepPath

FACTS_EVERY_S = 10.0
"""How often what stands beside the story is read again."""
FACTS_AGAIN_S = 1.0
"""The same while rows arrive."""

VERDICT_KEYS: list[BindingType] = [
    bound("trace.why", "why", show=True),
    bound("trace.facts", "facts", show=True),
    bound("trace.audience", "audience"),
    bound("trace.scenario_next", "scenario(1)"),
    bound("trace.scenario_previous", "scenario(-1)"),
]


class TraceVerdict(PlaceScreen[None]):
    """What stands around the story of a contact."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._contact: ContactRef | None = None
        self._delivery: Subject | None = None
        """What the verdict is about; None: what keeps the contact from receiving anything."""
        self._facts: Facts | None = None
        self._facts_s = 0.0
        self._scenario = 0
        """Which of the contact's scenarios the path shows, the latest first."""

    async def read_facts(self, contact_id: int, every_s: float = FACTS_EVERY_S) -> None:
        """What the verdict rests on: at once for another question, else now and then."""
        now_s = self.session.monotonic_s()
        if self._facts is None or now_s - self._facts_s >= every_s:
            self._facts = await self.session.source.facts(contact_id, self._delivery)
            self._facts_s = now_s

    def show_verdict(self) -> None:
        """Show the verdict, the facts and the path."""
        facts, zone = self._facts, self.session.zone
        said = verdict_lines(explain(facts), zone) if facts is not None else ("", "", "")
        self.query_one("#verdict", Static).update(block("\n".join(map(text, said))), layout=False)
        if facts is None:
            return
        self.query_one("#now", Static).update(line(now_line(facts, zone), 1_000), layout=False)
        lines = [text(told, 90) for told in fact_lines(facts, zone)]
        self.query_one("#facts", Static).update(block("\n".join(lines)))
        scenarios = scenarios_of(facts)
        if scenarios:
            shown = scenarios[self._scenario % len(scenarios)]
            place = f" ({self._scenario % len(scenarios) + 1} of {len(scenarios)})" if scenarios[1:] else ""
            self.query_one("#path-title", Static).update(line(scenario_line(facts, shown) + place, 200))
            self.query_one(StepPath).set_steps(path_steps(facts, shown))
        else:
            self.query_one("#path-title", Static).update(line(""))
            self.query_one(StepPath).set_steps(())

    # --- keys ----------------------------------------------------------------------------------------

    @work(exclusive=True, group="find")
    async def action_why(self) -> None:
        """Pick the delivery that the verdict is about."""
        if self._contact is None:
            notify(self, "no contact chosen")
            return
        try:
            catalog = await self.session.source.catalog(SubjectKind.DELIVERY)
        except ParcoursError as error:
            notify(self, str(error), severity="error")
            return
        mine = [one for one in catalog if (one.product, one.account) == self._account]
        choices = [Choice("anything", "what keeps it from receiving anything", None)]
        choices += [Choice(one.name, one.channel or "", one) for one in mine]
        self.app.push_screen(Chooser("Why did it not receive ...?", among(choices)), self._picked)

    @property
    def _account(self) -> tuple[str, str]:
        return (self._contact.product, self._contact.account) if self._contact else ("", "")

    def _picked(self, choice: Choice | None) -> None:
        if choice is not None:
            self._delivery = choice.value if isinstance(choice.value, Subject) else None
            self._facts_s = -FACTS_EVERY_S
            self.action_refresh_now()

    def action_facts(self) -> None:
        """Facts and path in place of the story, where both do not fit; and back."""
        self.set_class(not self.has_class("-facts"), "-facts")
        self.focus_body()

    def step_back(self) -> bool:
        """From the facts back to the story."""
        if not self.has_class("-facts"):
            return super().step_back()
        self.action_facts()
        return True

    def action_audience(self) -> None:
        """What became of everybody whom the delivery of the verdict was meant for."""
        if self._delivery is None:
            notify(self, "pick a delivery first: why not received")
        else:
            self.app.push_screen(AudienceScreen(self.session, self._delivery))

    def action_scenario(self, step: int) -> None:
        self._scenario += step
        self.show_verdict()
