"""What a screen or the prompt asks of the app: to go to a place, with something in hand."""

from __future__ import annotations

from textual.message import Message

from backend.model import LogName, Subject


class PlaceAsked(Message):
    """Go to the place of this name."""

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place


class ReportAsked(Message):
    """Show the live report of this subject."""

    def __init__(self, subject: Subject) -> None:
        super().__init__()
        self.subject = subject


class LogsAsked(Message):
    """Show the rows of a log that a query's text asks for."""

    def __init__(self, log: LogName, query: str) -> None:
        super().__init__()
        self.log = log
        self.query = query


class RosterAsked(Message):
    """Show the contacts inside scenarios that a query's text asks for."""

    def __init__(self, query: str) -> None:
        super().__init__()
        self.query = query


class TraceAsked(Message):
    """Show the story of this contact."""

    def __init__(self, contact_id: int) -> None:
        super().__init__()
        self.contact_id = contact_id


class RecipientAsked(Message):
    """Show the tracking of this contact."""

    def __init__(self, contact_id: int) -> None:
        super().__init__()
        self.contact_id = contact_id


class TrackingAsked(Message):
    """Show the tracking of this delivery."""

    def __init__(self, delivery: Subject) -> None:
        super().__init__()
        self.delivery = delivery


class SourceAsked(Message):
    """Go on with another source."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


class QuitAsked(Message):
    """Leave the console."""


class PlaceLeft(Message):
    """The screen has nothing left to step back from: go to the place before."""


class PromptAsked(Message):
    """Open the prompt for a contact."""
