"""What a screen or the prompt asks of the app: to go to a place, with something in hand."""

from __future__ import annotations

from textual.message import Message

from backend.model import LogName, Subject
from tui import places


class PlaceAsked(Message):
    """Go to the place of this name; what a subclass asks for is shown there by `PlaceScreen.take`."""

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place


class ReportAsked(PlaceAsked):
    """Show the live report of this subject."""

    def __init__(self, subject: Subject) -> None:
        super().__init__(places.REPORT.name)
        self.subject = subject


class LogsAsked(PlaceAsked):
    """Show the rows of a log that a query's text asks for."""

    def __init__(self, log: LogName, query: str) -> None:
        super().__init__(places.LOGS.name)
        self.log = log
        self.query = query


class RosterAsked(PlaceAsked):
    """Show the contacts inside scenarios that a query's text asks for."""

    def __init__(self, query: str) -> None:
        super().__init__(places.CONTACTS.name)
        self.query = query


class TraceAsked(PlaceAsked):
    """Show the story of this contact."""

    def __init__(self, contact_id: int) -> None:
        super().__init__(places.TRACE.name)
        self.contact_id = contact_id


class RecipientAsked(PlaceAsked):
    """Show the tracking of this contact."""

    def __init__(self, contact_id: int) -> None:
        super().__init__(places.RECIPIENT.name)
        self.contact_id = contact_id


class TrackingAsked(PlaceAsked):
    """Show the tracking of this delivery."""

    def __init__(self, delivery: Subject) -> None:
        super().__init__(places.TRACKING.name)
        self.delivery = delivery


class SourcesAsked(Message):
    """Choose another source."""


class SourceAsked(Message):
    """Go on with another source."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


class QuitAsked(Message):
    """Leave the console."""


class PlaceAnswered(Message):
    """The screen has what it read first, or why that failed: its first frame with data is under way."""


class PlaceLeft(Message):
    """The screen has nothing left to step back from: go to the place before."""


class PromptAsked(Message):
    """Open the prompt for a contact."""
