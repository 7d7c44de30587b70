"""The two lists of the problems place: records that were set aside, questions that were not answered."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TypeVar

from textual import on, work

from backend.errors import NothingFound, ParcoursError
from backend.model import RejectedRow
from backend.source import Direction
from tui.failed_questions import FailedQuestion
from tui.presenters import problems
from tui.screens.paged_list import Batch, PagedList
from tui.session import Session
from widgets.columns import Row
from widgets.log_list import LogList

PAGE_RECORDS = 50
"""Read at once: a record has up to 64 KiB."""
R = TypeVar("R")


class ProblemList(PagedList[R]):
    """Problems, the newest first; enter opens one in place."""

    START = Direction.NEWER

    @abstractmethod
    def counted(self) -> str:
        """How many there are, in words."""

    @property
    @abstractmethod
    def has_news(self) -> bool:
        """Whether there are some that the person was not shown."""

    @abstractmethod
    def look(self) -> None:
        """The person looks at the list: what it has is news no more."""

    @abstractmethod
    async def fields_of(self, row: R) -> problems.Fields:
        """All that is to be seen of a row. Raises: ParcoursError."""

    @abstractmethod
    async def tree_of(self, row: R) -> Sequence[tuple[str, object]]:
        """The same, with what can be unfolded in it. Raises: ParcoursError."""

    @abstractmethod
    async def page_of(self, row: R) -> str:
        """The same as plain text. Raises: ParcoursError."""

    @abstractmethod
    async def text_of(self, row: R) -> tuple[str, str]:
        """What a person takes away of a row, after what it is called. Raises: ParcoursError."""

    @on(LogList.Chosen)
    def _chosen(self, chosen: LogList.Chosen) -> None:
        chosen.stop()
        key = chosen.row.key
        row = self.row_at(key)
        if row is None or self.list.is_open(key):
            self.list.toggle_detail(key)
        else:
            self.list.set_detail(key, (("", "reading"),))
            self._open(key, row)

    @work(group="open")
    async def _open(self, key: str, row: R) -> None:
        """The fields of a row below it, unless it was closed meanwhile."""
        try:
            fields = await self.fields_of(row)
        except ParcoursError as error:
            fields = (("", f"({error})"),)
        if self.list.is_open(key):
            self.list.set_detail(key, fields)

    def redraw(self) -> None:
        super().redraw()
        for key in self.list.opened:
            if (row := self.row_at(key)) is not None:
                self._open(key, row)


class SetAsideList(ProblemList[RejectedRow]):
    """Records that were set aside, of which the list keeps the beginnings only."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, problems.SET_ASIDE_COLUMNS)
        self.id = "set-aside"

    async def fetch(self, cursor: str | None, direction: Direction, limit: int) -> Batch[RejectedRow]:
        """Below are the older ones."""
        source, after = self.session.source, int(cursor or 0)
        way = Direction.OLDER if direction is Direction.NEWER else Direction.NEWER
        rows = await source.rejected(after, PAGE_RECORDS, direction=way)
        has_more = bool(rows) and bool(await source.rejected(rows[-1].id, 1, direction=way))
        listed = tuple(problems.short_of(row) for row in (rows if way is Direction.OLDER else rows[::-1]))
        above, below = (str(listed[0].id), str(listed[-1].id)) if listed else (cursor, cursor)
        if way is Direction.OLDER:
            return Batch(listed, above if after else None, below, has_more)
        return Batch(listed, above if has_more else None, below, has_newer=bool(after))

    def key_of(self, row: RejectedRow) -> str:
        return problems.set_aside_key(row)

    def drawn(self, rows: Sequence[RejectedRow]) -> list[Row]:
        return [problems.set_aside_row(row, self.session.zone) for row in rows]

    def why_empty(self) -> str:
        return problems.NONE_SET_ASIDE

    def counted(self) -> str:
        return problems.set_aside_line(self.shown_count, has_above=self.has_older, has_below=self.has_newer)

    async def load_new(self) -> None:
        """Read the first page again where its first record is not the newest any more: else each page would
        be read whole every time, for nothing. Raises: ParcoursError."""
        newest = await self.session.source.rejected(limit=1, direction=Direction.OLDER)
        shown = [row.key for row in self.list.rows[:1]]
        if self.error or [self.key_of(row) for row in newest] != shown:
            await self.load(again=True, stay=True)

    @property
    def is_at_start(self) -> bool:
        """Whether reading the first page again moves nothing that a person reads."""
        rows = self.list.rows
        return not rows or self.list.cursor_key == rows[0].key

    @property
    def has_news(self) -> bool:
        return self.session.set_aside.fresh > 0

    def look(self) -> None:
        self.session.set_aside.look(max((row.id for row in self.held.values()), default=0))

    async def _whole(self, row: RejectedRow) -> RejectedRow:
        """The row with all that was kept of its record. Raises: ParcoursError, where it is gone, too."""
        found = await self.session.source.rejected(row.id - 1, 1)
        if not found or found[0].id != row.id:
            raise NothingFound("it is not kept any more: somebody it tells of was forgotten")
        return found[0]

    async def fields_of(self, row: RejectedRow) -> problems.Fields:
        whole = await self._whole(row)
        return (*problems.set_aside_fields(whole, self.session.zone), *problems.record_lines(whole))

    async def tree_of(self, row: RejectedRow) -> Sequence[tuple[str, object]]:
        whole = await self._whole(row)
        fields = problems.set_aside_fields(whole, self.session.zone)
        return (*fields, ("record", problems.record_value(whole)))

    async def page_of(self, row: RejectedRow) -> str:
        return problems.set_aside_page(await self._whole(row), self.session.zone)

    async def text_of(self, row: RejectedRow) -> tuple[str, str]:
        return "record as it came", problems.record_text(await self._whole(row))


class FailedList(ProblemList[FailedQuestion]):
    """Questions of this console that were not answered."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, problems.FAILED_COLUMNS)
        self.id = "failed"
        self._told: dict[str, problems.Fields] = {}
        """What is shown of those that are open."""

    async def fetch(self, cursor: str | None, direction: Direction, limit: int) -> Batch[FailedQuestion]:
        return Batch(self.session.failed.newest_first, None, None, False)

    def key_of(self, row: FailedQuestion) -> str:
        return problems.failed_key(row)

    def drawn(self, rows: Sequence[FailedQuestion]) -> list[Row]:
        return [problems.failed_row(row, self.session.zone) for row in rows]

    def why_empty(self) -> str:
        return problems.NEVER_FAILED

    def counted(self) -> str:
        return problems.failed_line(self.session.failed)

    @property
    def has_news(self) -> bool:
        return self.session.failed.unseen > 0

    def look(self) -> None:
        self.session.failed.look(max((row.id for row in self.held.values()), default=0))

    def loaded(self) -> None:
        """What is open may have failed again, or been answered."""
        opened = {key: row for key in self.list.opened if (row := self.row_at(key)) is not None}
        self._told = {key: told for key, told in self._told.items() if key in opened}
        for key, row in opened.items():
            if self._told.get(key) != problems.failed_fields(row, self.session.zone):
                self._open(key, row)

    async def fields_of(self, row: FailedQuestion) -> problems.Fields:
        fields = problems.failed_fields(row, self.session.zone)
        self._told[problems.failed_key(row)] = fields
        return fields

    async def tree_of(self, row: FailedQuestion) -> Sequence[tuple[str, object]]:
        return await self.fields_of(row)

    async def page_of(self, row: FailedQuestion) -> str:
        return problems.fields_text(await self.fields_of(row)) + "\n"

    async def text_of(self, row: FailedQuestion) -> tuple[str, str]:
        return "failed query", problems.fields_text(await self.fields_of(row))
