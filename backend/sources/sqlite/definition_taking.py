"""The records of a batch that are no log rows: definitions of things, lists, runs of jobs.

They are taken before the rows of their batch, and rows that are there already follow what they say.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from backend.record import (
    LOG_RECORDS,
    Added,
    CampaignRecord,
    ContactRecord,
    ContentRecord,
    Decoded,
    DeliveryRecord,
    Record,
    RosterComplete,
    RosterRecord,
    ScenarioRecord,
    StepRecord,
    SuppressionRecord,
    TypeRecord,
    UrlRecord,
    WorkflowRun,
)
from backend.sources.sqlite.entities import DEFINED_MS, Entities
from backend.sources.sqlite.event_writing import EventWriter
from backend.sources.sqlite.feed_counts import FeedCounts
from backend.sources.sqlite.identities import Identities
from backend.sources.sqlite.list_writing import ListWriter
from backend.sources.sqlite.schema import Word
from backend.sources.sqlite.step_writing import StepWriter


class DefinitionTaker:
    """Takes definitions, each once as long as it says the same."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        entities: Entities,
        identities: Identities,
        events: EventWriter,
        steps: StepWriter,
        lists: ListWriter,
    ) -> None:
        self._db = connection
        self._entities = entities
        self._identities = identities
        self._events = events
        self._steps = steps
        self._lists = lists
        self._defined: dict[tuple[object, ...], Record] = {}

    def take(self, pieces: Sequence[Decoded], feeds: FeedCounts, added: Added) -> None:
        """Takes what is no log row in a batch, then moves the rows whose surroundings it changes."""
        for piece in pieces:
            for record in piece.records:
                if isinstance(record, LOG_RECORDS):
                    continue
                changed = self._define_once(record)
                owner = self._entities.account(record.product, record.account)
                feeds.heard((owner, self._entities.word(Word.FORMAT, piece.format)), is_new=changed)
                added.read += 1
                added.new += changed
                added.known += not changed
        self._identities.flush()
        self._lists.flush()
        self._entities.rename_types()
        for delivery in sorted(self._entities.rejoined_deliveries):
            self._events.move_rows("delivery_id", delivery)
        self._entities.rejoined_deliveries.clear()
        for version in sorted(self._entities.aliased_scenarios):
            self._events.move_rows("scenario_id", version)
            self._steps.follow_alias(version)
            self._lists.follow_alias(version)
        self._entities.aliased_scenarios.clear()

    def _define_once(self, record: Record) -> bool:
        """Takes a definition unless it is the one taken last: some feeds repeat theirs in every row."""
        subject = _subject_of(record)
        if subject is None:
            return self._define(record)
        place = (type(record), record.product, record.account, subject)
        if self._defined.get(place) == record:
            return False
        changed = self._define(record)
        self._defined[place] = record
        return changed

    def _define(self, record: Record) -> bool:
        match record:
            case ScenarioRecord():
                return self._entities.define_scenario(record)
            case StepRecord():
                return self._entities.define_step(record)
            case DeliveryRecord():
                return self._entities.define_delivery(record)
            case UrlRecord():
                return self._entities.define_url(record)
            case TypeRecord():
                return self._entities.define_type(record)
            case ContentRecord():
                return self._entities.define_content(record)
            case CampaignRecord():
                owner = self._entities.account(record.product, record.account)
                before = self._db.total_changes
                self._entities.campaign(owner, record.campaign, DEFINED_MS)
                return self._db.total_changes > before
            case RosterRecord():
                return self._lists.roster_line(record)
            case RosterComplete():
                return self._lists.roster_complete(record)
            case ContactRecord():
                return self._lists.contact(record)
            case SuppressionRecord():
                return self._lists.suppression(record)
            case WorkflowRun():
                return self._lists.workflow_run(record)
            case _:
                raise TypeError(f"a {type(record).__name__} is a log row, not a definition")


def _subject_of(record: Record) -> object:
    """The thing that a definition is about; None for lines of lists, which are remembered nowhere."""
    match record:
        case ScenarioRecord():
            return (record.scenario, record.version)
        case StepRecord():
            return (record.scenario, record.step.by, record.step.key)
        case DeliveryRecord():
            return (record.delivery.by, record.delivery.key)
        case CampaignRecord():
            return record.campaign
        case UrlRecord():
            return record.url
        case _:
            return None
