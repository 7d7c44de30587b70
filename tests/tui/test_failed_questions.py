"""What a source does not answer is kept, told in words, and over as soon as it answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, cast

import pytest

from backend.errors import NothingFound, ParcoursError, QueryTimedOut, SourceUnavailable, Unsupported
from backend.model import Away, Follow, LogName, RejectedRow, Subject, SubjectKind, Window
from backend.query.language import parse
from backend.source import METHODS, Direction, Source
from tui.failed_questions import MOST_KEPT, FailedQuestions, watched
from tui.presenters.frame import problems_line
from tui.presenters.questions import WORDS, question_text
from tui.problem_watch import MOST_COUNTED, SetAsideWatch

WELCOME = Subject(
    kind=SubjectKind.SCENARIO, id=1, key="1", name="Welcome", product="brevo", account="default"
)


class Flaky:
    """A source that fails as it is told, and counts the time of its answers."""

    name = "shop.db"

    def __init__(self) -> None:
        self.error: ParcoursError | None = None
        self.now_s = 100.0

    async def health(self) -> str:
        self.now_s += 2
        if self.error is not None:
            raise self.error
        return "well"

    log = live_report = top_values = health

    async def follow(self, name: LogName, query: Any, after: int | None = None) -> AsyncIterator[Follow]:
        yield Follow(rows=(), after=1)
        if self.error is not None:
            raise self.error
        yield Follow(rows=(), after=2)


@pytest.fixture
def flaky() -> Flaky:
    return Flaky()


@pytest.fixture
def failed(flaky: Flaky) -> FailedQuestions:
    return FailedQuestions(lambda: int(flaky.now_s * 1000), lambda: flaky.now_s)


@pytest.fixture
def source(flaky: Flaky, failed: FailedQuestions) -> Source:
    return watched(cast(Source, flaky), failed)


async def test_a_failure_reaches_who_asked_and_is_kept(
    flaky: Flaky, failed: FailedQuestions, source: Source
) -> None:
    flaky.error = QueryTimedOut("no answer in 2 s")
    with pytest.raises(QueryTimedOut):
        await source.health()
    (one,) = failed.newest_first
    assert (one.asked, one.source, one.error) == ("state of the source", "shop.db", "no answer in 2 s")
    assert (one.first_ms, one.last_ms, one.took_ms, one.times) == (102_000, 102_000, 2_000, 1)
    assert (one.answered_ms, failed.unanswered, failed.unseen) == (None, 1, 1)


async def test_the_same_failure_again_counts_and_an_answer_ends_it(
    flaky: Flaky, failed: FailedQuestions, source: Source
) -> None:
    flaky.error = SourceUnavailable("locked")
    for _ in range(3):
        with pytest.raises(SourceUnavailable):
            await source.health()
    (one,) = failed.newest_first
    assert (one.times, one.first_ms, one.last_ms) == (3, 102_000, 106_000)
    flaky.error = None
    assert await source.health() == cast(Any, "well")
    assert (one.answered_ms, failed.unanswered, failed.unseen) == (108_000, 0, 0)
    flaky.error = SourceUnavailable("locked")
    with pytest.raises(SourceUnavailable):
        await source.health()
    assert [each.times for each in failed.newest_first] == [1, 3]  # it failed anew


async def test_another_question_or_another_error_is_a_failure_of_its_own(
    flaky: Flaky, failed: FailedQuestions, source: Source
) -> None:
    for error in (SourceUnavailable("locked"), SourceUnavailable("gone")):
        flaky.error = error
        with pytest.raises(SourceUnavailable):
            await source.health()
    assert [one.error for one in failed.newest_first] == ["gone", "locked"]
    failed.answered("other.db", "health")
    assert failed.unanswered == 2
    failed.answered("shop.db", "health")
    assert failed.unanswered == 0


@pytest.mark.parametrize("error", [NothingFound("no such contact"), Unsupported("this source has no such")])
async def test_what_is_an_answer_all_the_same_is_no_failure(
    flaky: Flaky, failed: FailedQuestions, source: Source, error: ParcoursError
) -> None:
    flaky.error = error
    with pytest.raises(type(error)):
        await source.health()
    assert failed.newest_first == ()


async def test_following_is_watched_until_it_fails(
    flaky: Flaky, failed: FailedQuestions, source: Source
) -> None:
    query = parse("kind:bounced", now_ms=0, log=LogName.EVENT)
    flaky.error = SourceUnavailable("cut off")
    arriving = source.follow(LogName.EVENT, query)
    assert (await anext(arriving)).after == 1
    with pytest.raises(SourceUnavailable):
        await anext(arriving)
    (one,) = failed.newest_first
    assert one.asked == "rows as they arrive: event, kind:bounced"
    flaky.error = None
    assert [each.after async for each in source.follow(LogName.EVENT, query)] == [1, 2]
    assert one.answered_ms is not None


async def test_a_word_that_nothing_arrives_now_is_no_answer(failed: FailedQuestions) -> None:
    class Gone(Flaky):
        async def follow(self, name: LogName, query: Any, after: int | None = None) -> AsyncIterator[Follow]:
            yield Away(rows=(), after=1, reason="cut off")
            yield Follow(rows=(), after=1)

    failed.failed("shop.db", "rows as they arrive: event", "cut off", 1)
    arriving = watched(cast(Source, Gone()), failed).follow(
        LogName.EVENT, parse("", now_ms=0, log=LogName.EVENT)
    )
    assert isinstance(await anext(arriving), Away) and failed.unanswered == 1
    await anext(arriving)
    assert failed.unanswered == 0


def test_only_the_latest_are_kept_and_what_was_let_go_is_counted(failed: FailedQuestions) -> None:
    for number in range(MOST_KEPT + 3):
        failed.failed("shop.db", f"question {number}", "no", 1)
    kept = [one.asked for one in failed.newest_first]
    assert (len(kept), kept[0], kept[-1]) == (MOST_KEPT, f"question {MOST_KEPT + 2}", "question 3")
    assert failed.let_go == 3


def test_what_a_person_looked_at_is_news_no_more(failed: FailedQuestions) -> None:
    failed.failed("shop.db", "question", "no", 1)
    failed.look(failed.newest_first[0].id)
    assert (failed.unseen, failed.unanswered) == (0, 1)
    failed.failed("shop.db", "another", "no", 1)
    assert failed.unseen == 1


# --- what was asked, in words ------------------------------------------------------------------------------


def test_every_question_that_a_source_answers_has_words() -> None:
    assert set(WORDS) == METHODS


@pytest.mark.parametrize(
    ("method", "given", "named", "words"),
    [
        ("health", (), {}, "state of the source"),
        ("catalog", (SubjectKind.DELIVERY,), {}, "list of all: delivery"),
        ("contact", (17,), {}, "who a contact is: contact 17"),
        ("trace", (17, "cursor"), {"limit": 200}, "story of a contact: contact 17, a further page"),
        ("raw", (LogName.EVENT, 9), {}, "a record as it came: event, row 9"),
        ("find_contacts", ("ada",), {}, "contacts by name: ada"),
        ("rejected", (4, 100), {"direction": Direction.OLDER}, "what was set aside"),
        ("remove", (3, [1, 2]), {"key": "k", "actor": "me"}, "removal: scenario 3, 2 contacts"),
        ("live_report", (WELCOME, "email"), {}, "live report: scenario Welcome, email"),
        (
            "live_report",
            (WELCOME, "email", Window(start_ms=1, end_ms=2)),
            {"include_test": True},
            "live report: scenario Welcome, email",
        ),
        (
            "top_values",
            (LogName.EVENT, parse("class:hard", now_ms=0, log=LogName.EVENT), "domain"),
            {},
            "top values: event, class:hard, domain",
        ),
    ],
)
def test_a_question_is_told_without_what_changes_with_the_time(
    method: str, given: tuple[Any, ...], named: dict[str, Any], words: str
) -> None:
    assert question_text(method, *given, **named) == words


# --- what was set aside meanwhile ------------------------------------------------------------------------


class SetAside:
    """A source that set records aside."""

    def __init__(self, count: int, most: int = 100) -> None:
        self.count = count
        self.most = most
        """Records that it gives at once, however many are asked for."""

    async def rejected(
        self, after: int = 0, limit: int = 100, *, direction: Direction = Direction.NEWER
    ) -> tuple[RejectedRow, ...]:
        ids = range(after + 1, self.count + 1) if direction is Direction.NEWER else range(self.count, 0, -1)
        more = {"format": "f", "reason": "r", "place": "p", "size_bytes": 0, "sha256": "", "sample": b""}
        return tuple(RejectedRow(id=id, at_ms=0, **cast(Any, more)) for id in ids[: min(limit, self.most)])


async def test_records_are_news_from_when_the_console_was_opened(failed: FailedQuestions) -> None:
    source, watch = SetAside(7), SetAsideWatch()
    watch.look(0)  # a list that was not read yet
    assert not await watch.read(cast(Source, source)) and watch.fresh == 0
    source.count = 9
    assert await watch.read(cast(Source, source)) and watch.fresh == 2
    assert problems_line(watch, failed, "!") == "2 problems (!)"
    watch.look(8)
    assert watch.fresh == 2  # one of them was not on screen
    watch.look(9)
    assert not await watch.read(cast(Source, source)) and watch.fresh == 0
    assert problems_line(watch, failed, "!") == ""
    failed.failed("shop.db", "question", "no", 1)
    assert problems_line(watch, failed, "") == "1 problem"


async def test_many_new_records_are_counted_a_part_at_a_time(failed: FailedQuestions) -> None:
    source, watch = SetAside(0), SetAsideWatch()
    await watch.read(cast(Source, source))
    source.count = MOST_COUNTED + 5
    await watch.read(cast(Source, source))
    assert problems_line(watch, failed, "!") == f"{MOST_COUNTED} or more problems (!)"
    await watch.read(cast(Source, source))
    assert problems_line(watch, failed, "!") == f"{MOST_COUNTED + 5} problems (!)"


async def test_a_source_that_gives_fewer_records_than_asked_for_has_more(failed: FailedQuestions) -> None:
    source, watch = SetAside(0, most=25), SetAsideWatch()
    await watch.read(cast(Source, source))
    source.count = 60
    said = []
    for _ in range(4):
        await watch.read(cast(Source, source))
        said.append(problems_line(watch, failed, ""))
    assert said == ["25 or more problems", "50 or more problems", "60 problems", "60 problems"]
