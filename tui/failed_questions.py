"""The questions that sources did not answer while the console was open, and whether they did since.

`watched` puts a source behind a record of them, whatever it can be asked: screens ask on as before.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from itertools import count
from typing import Any, cast

import msgspec

from backend.errors import NothingFound, ParcoursError, Refused, Unsupported, UsageError
from backend.model import Away, Follow
from backend.source import METHODS, Source

MOST_KEPT = 200
"""Failed questions that are kept; of more the oldest are let go, and counted."""
NO_FAILURES = (NothingFound, Refused, Unsupported, UsageError)
"""Answers all the same: there is no such thing, it may not be, or nobody can say."""


class FailedQuestion(msgspec.Struct):
    """A question that was not answered; the same failure once more only counts."""

    id: int
    asked: str
    source: str
    error: str
    first_ms: int
    last_ms: int
    took_ms: int
    """How long the last try took."""
    times: int = 1
    answered_ms: int | None = None
    """When the same question was answered after that; None: not yet."""


class FailedQuestions:
    """The failed questions of a console, over all sources that it was on."""

    def __init__(self, now_ms: Callable[[], int], monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self.now_ms = now_ms
        self.monotonic_s = monotonic_s
        self.let_go = 0
        """Older ones that are not kept any more."""
        self._kept: list[FailedQuestion] = []
        self._ids = count(1)
        self._seen = 0

    @property
    def newest_first(self) -> tuple[FailedQuestion, ...]:
        """By when they failed last."""
        return tuple(reversed(self._kept))

    @property
    def unanswered(self) -> int:
        """How many were not answered since."""
        return sum(one.answered_ms is None for one in self._kept)

    @property
    def unseen(self) -> int:
        """How many of these the person was not shown."""
        return sum(one.answered_ms is None and one.id > self._seen for one in self._kept)

    def look(self, newest: int) -> None:
        """The person looks at those up to this one: they are news no more."""
        self._seen = max(self._seen, newest)

    def failed(self, source: str, asked: str, error: str, took_ms: int) -> None:
        """A question was not answered, after so long."""
        now_ms = self.now_ms()
        same = self._open(source, asked)
        if same is not None and same.error == error:
            same.last_ms, same.took_ms, same.times = now_ms, took_ms, same.times + 1
            self._kept.remove(same)
            self._kept.append(same)
            return
        self._kept.append(FailedQuestion(next(self._ids), asked, source, error, now_ms, now_ms, took_ms))
        surplus = len(self._kept) - MOST_KEPT
        if surplus > 0:
            del self._kept[:surplus]
            self.let_go += surplus

    def answered(self, source: str, method: str, *given: Any, **named: Any) -> None:
        """A question was answered: where it failed before, that is over."""
        if not self.unanswered:
            return  # as nearly always: what was asked need not be put into words
        asked = _in_words(method, *given, **named)
        for one in self._kept:
            if one.answered_ms is None and (one.source, one.asked) == (source, asked):
                one.answered_ms = self.now_ms()

    def _open(self, source: str, asked: str) -> FailedQuestion | None:
        """The latest failure of a question that was not answered since."""
        found = (one for one in reversed(self._kept) if (one.source, one.asked) == (source, asked))
        latest = next(found, None)
        return None if latest is None or latest.answered_ms is not None else latest


def watched(source: Source, failed: FailedQuestions) -> Source:
    """The source, its failures noted on the way; errors reach who asked all the same."""
    return cast(Source, _Watched(source, failed))  # it has whatever the source has


class _Watched:
    """Asks a source, and notes what it does not answer."""

    def __init__(self, source: Source, failed: FailedQuestions) -> None:
        self._source = source
        self._failed = failed

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._source, name)
        if name == "follow":
            return lambda *given, **named: _Arrivals(found(*given, **named), self, given, named)
        return self._asking(name, found) if name in METHODS else found

    def _asking(self, method: str, ask: Callable[..., Any]) -> Callable[..., Any]:
        async def asked(*given: Any, **named: Any) -> Any:
            began_s = self._failed.monotonic_s()
            try:
                answer = await ask(*given, **named)
            except ParcoursError as error:
                self.note(error, began_s, method, *given, **named)
                raise
            self._failed.answered(self._source.name, method, *given, **named)
            return answer

        return asked

    def note(self, error: ParcoursError, began_s: float, method: str, *given: Any, **named: Any) -> None:
        """Keep a failure, unless it is an answer."""
        if not isinstance(error, NO_FAILURES):
            took_ms = round((self._failed.monotonic_s() - began_s) * 1000)
            asked = _in_words(method, *given, **named)
            self._failed.failed(self._source.name, asked, str(error), took_ms)

    def arrived(self, given: tuple[Any, ...], named: dict[str, Any]) -> None:
        self._failed.answered(self._source.name, "follow", *given, **named)

    def now_s(self) -> float:
        return self._failed.monotonic_s()


class _Arrivals:
    """Rows that are followed, until following fails."""

    def __init__(
        self, arriving: AsyncIterator[Follow], watch: _Watched, given: tuple[Any, ...], named: dict[str, Any]
    ) -> None:
        self._arriving = arriving
        self._watch = watch
        self._given = given
        self._named = named
        self._began_s = watch.now_s()

    def __aiter__(self) -> AsyncIterator[Follow]:
        return self

    async def __anext__(self) -> Follow:
        try:
            arrived = await anext(self._arriving)
        except ParcoursError as error:
            self._watch.note(error, self._began_s, "follow", *self._given, **self._named)
            raise
        if not isinstance(arrived, Away):
            self._watch.arrived(self._given, self._named)
        return arrived


def _in_words(method: str, *given: Any, **named: Any) -> str:
    from tui.presenters.questions import question_text  # no start needs it

    return question_text(method, *given, **named)
