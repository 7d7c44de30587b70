"""The places of the console by name. Each is loaded when somebody first goes there: a start pays for one."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tui.screens.place import AnyPlace
    from tui.session import Session


class Place(NamedTuple):
    """What is known of a place before it is loaded."""

    name: str
    title: str
    module: str
    """Of tui.screens."""
    screen: str

    def opened(self, session: Session) -> AnyPlace:
        """The place's screen."""
        screen: type[AnyPlace] = getattr(import_module(f"tui.screens.{self.module}"), self.screen)
        return screen(session)


REPORT = Place("report", "Report", "report", "ReportScreen")
LOGS = Place("logs", "Logs", "logs", "LogsScreen")
CONTACTS = Place("contacts", "Contacts", "contacts", "ContactsScreen")
TRACE = Place("trace", "Trace", "trace", "TraceScreen")
STATUS = Place("status", "Status", "status", "StatusScreen")
TRACKING = Place("delivery", "Tracking", "delivery", "DeliveryScreen")
PROBLEMS = Place("problems", "Problems", "problems", "ProblemsScreen")
RECIPIENT = Place("recipient", "Recipient tracking", "recipient", "RecipientScreen")

PLACES = (REPORT, LOGS, CONTACTS, TRACE, STATUS, TRACKING)
"""Those with a key of their own, in the order of the status line."""
LED_TO = (RECIPIENT, PROBLEMS)
"""Others lead there, or a key that the status line does not name."""
