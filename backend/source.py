"""Source: the one door to data for console, command line and server.

Every implementation passes tests/contract. Reading never changes anything. A source that cannot answer
a question raises `Unsupported` with a sentence that says why, and leaves the method out of
`capabilities().methods`; there is no other way to say so. Cancelling the awaiting task stops the work.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from backend.errors import NothingFound, Refused, UsageError
from backend.model import (
    Capabilities,
    ContactRef,
    Follow,
    Health,
    Histogram,
    LogName,
    Page,
    RejectedRow,
    Report,
    RosterOrder,
    RosterPage,
    StepCount,
    Subject,
    SubjectKind,
    TopValues,
    Window,
)

if TYPE_CHECKING:
    from backend.explaining.audience import Audience, Members
    from backend.explaining.facts import Facts
    from backend.explaining.verdict import Explained, Verdict
    from backend.query.language import Filter
    from backend.record import WorkflowRun
    from backend.removals.removal import RemovalAnswer, RemovalLine
    from backend.reports.alert_counts import AlertCounts
    from backend.reports.drill import Drill


class Direction(StrEnum):
    OLDER = "older"
    NEWER = "newer"


PAGE_LIMIT = 1_000
"""The most rows that one page may have, whatever was asked."""


class Source(Protocol):
    """A place to read logs and reports from. Raises SourceError subclasses for everything that fails."""

    @property
    def name(self) -> str:
        """What to call it on screen: a file's path, a server's address or a configured name."""

    async def capabilities(self) -> Capabilities: ...

    async def health(self) -> Health: ...

    async def catalog(self, kind: SubjectKind) -> tuple[Subject, ...]:
        """All scenarios, campaigns or deliveries: the newest activity first, then by name."""

    async def live_report(
        self,
        subject: Subject,
        tab: str,
        window: Window | None = None,
        *,
        include_test: bool = False,
        step_id: int | None = None,
    ) -> Report:
        """One tab of the subject's report. No window: 24 hours up to now, or where the subject's newest
        row is older than 24 hours, up to 1 ms after that row (`Report.live` False). step_id: only what
        happened at this step (F007)."""

    async def drill(
        self,
        drill: Drill,
        cursor: str | None = None,
        *,
        direction: Direction = Direction.OLDER,
        limit: int = 100,
    ) -> Page:
        """What a number of a report counts: one log row for each of its units, as many as it says (R48);
        paging as in `log`. Raises UsageError for a number that no log holds."""

    async def log(
        self,
        name: LogName,
        query: Filter,
        cursor: str | None = None,
        *,
        direction: Direction = Direction.OLDER,
        limit: int = 100,
    ) -> Page:
        """A page of a log, oldest row first, ordered by (time, key). No cursor: the newest rows (older),
        or the oldest (newer). Rows appended meanwhile neither repeat nor skip a row of the paging."""

    async def raw(self, name: LogName, row_id: int) -> bytes | None:
        """The record's bytes as they came; None where they were not kept."""

    def follow(
        self, name: LogName, query: Filter, after: int | None = None, *, every: bool = False
    ) -> AsyncIterator[Follow]:
        """Rows as they arrive. after: the id to go on from; None: from now on. Never ends by itself.

        A source that is away and is waited for says so by an Away, and by a Follow when it is back.

        A flood is passed over but for its newest rows, and counted; every: no row is passed over.
        """

    async def newest_id(self, name: LogName) -> int:
        """Id of the newest arrival, whatever it is; 0 where there is none. `follow` goes on from there."""

    async def histogram(self, name: LogName, query: Filter, buckets: int) -> Histogram:
        """The query's rows over its time (its since/until, else all rows), at most `buckets` bars."""

    async def top_values(self, name: LogName, query: Filter, field: str, limit: int = 10) -> TopValues:
        """The most frequent values of a field among the query's rows; of `data` and `fields` themselves the
        names in them, as `data.order_id`."""

    async def roster(
        self,
        query: Filter,
        cursor: str | None = None,
        *,
        direction: Direction = Direction.NEWER,
        limit: int = 100,
        order: RosterOrder = RosterOrder.ENTERED,
    ) -> RosterPage:
        """Contacts inside scenarios now. NEWER goes on in the order, OLDER back; a cursor belongs to its
        order."""

    async def steps_inside(self, scenario_id: int | None = None) -> tuple[StepCount, ...]:
        """How many are inside, by scenario and step, in the scenario's order of steps."""

    async def remove(
        self, scenario_id: int, contacts: Sequence[int], *, key: str, actor: str
    ) -> RemovalAnswer:
        """Takes 1 to 50 contacts out of a scenario, all or none; `capabilities().may_remove` says whether.

        key: made once for one confirmed request; sent again it gives the same answer and does nothing.
        Raises: Refused, NothingFound, UsageError with the exact reason, and nothing happened; after a
        SourceUnavailable the outcome is unknown: ask `removal`.
        """

    async def removal(self, key: str) -> RemovalAnswer | None:
        """What the removal of this key did; None: it did not happen."""

    async def removals(self, after: int = 0, limit: int = 100) -> tuple[RemovalLine, ...]:
        """Each removed contact and whether the product knows, in order, with ids above `after`."""

    async def find_contacts(self, text: str, limit: int = 20) -> tuple[ContactRef, ...]:
        """Contacts with an identity that equals the text, else that contains it (case-folded)."""

    async def contact(self, contact_id: int) -> ContactRef:
        """Raises NothingFound for an id that is not there (a merged contact is followed)."""

    async def trace(
        self,
        contact_id: int,
        cursor: str | None = None,
        *,
        direction: Direction = Direction.OLDER,
        limit: int = 200,
    ) -> Page:
        """One contact's scenario and event rows merged by time, oldest first; paging as in `log`."""

    async def facts(self, contact_id: int, delivery: Subject | None = None) -> Facts:
        """All that is known of one contact for the question why it did (not) receive a delivery, or
        anything: its rows, where it is, what bars it, and who is with it. Raises NothingFound."""

    async def explain(self, contact_id: int, delivery: Subject | None = None) -> Verdict:
        """Why the contact did (not) receive the delivery; None: what keeps it from receiving anything."""

    async def explain_all(
        self, names: Sequence[str], delivery: Subject | None = None
    ) -> tuple[Explained, ...]:
        """`explain` for at most PAGE_LIMIT contacts in one pass, each named by a whole address, number or id;
        an answer for each name, in their order. Raises: UsageError for more names."""

    async def audience(self, delivery: Subject) -> Audience:
        """What became of everybody whom a delivery was meant for, test messages left out."""

    async def audience_rows(
        self,
        delivery: Subject,
        members: Members,
        cursor: str | None = None,
        *,
        direction: Direction = Direction.OLDER,
        limit: int = 100,
    ) -> Page:
        """Who is in a slice of an audience: one row for each contact, the newest of its messages there,
        as many as the slice says; paging as in `log`. Raises: UsageError for a slice that there is not."""

    async def rejected(
        self, after: int = 0, limit: int = 100, *, direction: Direction = Direction.NEWER
    ) -> tuple[RejectedRow, ...]:
        """Records set aside, in the order they came, with ids above `after`; OLDER: the newest first, with
        ids below it, or from the very newest on where it is 0."""

    async def delivery_report(
        self,
        delivery: Subject,
        tab: str,
        *,
        view: str = "label",
        period_ms: int | None = None,
        include_test: bool = False,
    ) -> Report:
        """One tab of a delivery's tracking (`backend.tracking.delivery.TABS`), from its sending up to now.

        view: label, url or category, by which clicks are put together. period_ms: only reactions within so
        long after the sending. Raises: UsageError for a tab or view that there is not.
        """

    async def alert_counts(self) -> AlertCounts:
        """What alerts look at, of all scenarios and campaigns with a row in the last 24 hours."""

    async def workflow_runs(self, limit: int = 100) -> tuple[WorkflowRun, ...]:
        """Runs of technical workflows, such as tracking: the latest first."""

    async def close(self) -> None: ...


METHODS = frozenset(
    name
    for name in vars(Source)
    if not name.startswith("_") and name not in {"name", "close", "capabilities"}
)
"""Every question there is; what a source leaves out of it, it cannot answer."""


def check_many(names: Sequence[str]) -> None:
    """Raises UsageError where more is asked for at once than one answer holds."""
    if len(names) > PAGE_LIMIT:
        raise UsageError(f"{len(names)} contacts at once, and one answer holds at most {PAGE_LIMIT}")


def pick_subject(catalog: tuple[Subject, ...], text: str) -> Subject:
    """The one subject whose key, name or full name is `text` (case-folded where nothing matches exactly).

    The full name, "product/account:key", tells apart what several products or accounts call the same.
    Raises: NothingFound with near names, Refused where several match, naming each.
    """
    exact = [s for s in catalog if text in _names(s)]
    folded = exact or [s for s in catalog if text.casefold() in {name.casefold() for name in _names(s)}]
    if len(folded) == 1:
        return folded[0]
    if folded:
        choices = ", ".join(f'"{_clear_name(s, folded)}" ({s.name})' for s in folded[:10])
        raise Refused(f'"{text}" names {len(folded)} of them; say which: {choices}')
    near = [s.name for s in catalog if text.casefold() in s.name.casefold()] or [s.name for s in catalog]
    if not near:
        raise NothingFound(f'nothing named "{text}": the source has none')
    raise NothingFound(f'nothing named "{text}"; there are: {", ".join(near[:10])}')


def full_name(subject: Subject) -> str:
    """What names a subject whatever else there is."""
    return f"{subject.product}/{subject.account}:{subject.key}"


def _clear_name(subject: Subject, among: Sequence[Subject]) -> str:
    """The key, where it is nothing else's key or name, else the full name."""
    others = [other for other in among if other is not subject]
    is_clear = not any(subject.key.casefold() == name.casefold() for s in others for name in _names(s))
    return subject.key if is_clear else full_name(subject)


def _names(subject: Subject) -> tuple[str, str, str]:
    return (subject.key, subject.name, full_name(subject))
