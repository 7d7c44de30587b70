"""Every statement that a query can become walks one index and no more: EXPLAIN QUERY PLAN says so.

The planner's own guesses cost up to a thousandfold on a large log, and no test on a small one would notice.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping

import pytest

from backend.model import LogName, RosterOrder
from backend.query.fields import Compare, fields_for
from backend.query.language import ROSTER, Filter, parse
from backend.sources.sqlite import newest, overview
from backend.sources.sqlite.compile import (
    MOST_ARMS,
    NEWEST,
    OLDEST,
    Plan,
    Position,
    Statement,
    arrival_count_statement,
    arrival_statement,
    bound_statements,
    column_statements,
    compile_arrivals,
    compile_query,
    compile_skewed,
    count_statement,
    edge_statements,
    gathering_statements,
    matching_statement,
    page_statements,
)
from backend.sources.sqlite.conditions import Known, TextHits
from backend.sources.sqlite.histogram import rollup_statement
from backend.sources.sqlite.roster_plan import WALKED, compile_roster, page_statement
from backend.sources.sqlite.roster_plan import count_statement as roster_count_statement
from backend.sources.sqlite.rows import EVENT_SQL, SCENARIO_SQL
from backend.sources.sqlite.schema import MIGRATIONS, Grain, SubjectCode

NOW_MS = 1_773_144_000_000
FEW, MANY = frozenset({1, 2}), frozenset(range(1, 2_001))
SAMPLE = {
    Compare.NAMED: "x",
    Compare.CONTACT: "x",
    Compare.LEVEL: "warning",
    Compare.SINCE: "2h",
    Compare.UNTIL: "1h",
}
SIZES: tuple[frozenset[int], ...] = (frozenset(), frozenset({7}), FEW, MANY)


@pytest.fixture(scope="module")
def db() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    connection.executescript("".join(MIGRATIONS))
    connection.create_function("fold", 1, str, deterministic=True)
    connection.create_function("path_is", 3, lambda *_: True, deterministic=True)
    yield connection
    connection.close()


def texts(log: str) -> list[str]:
    """One term of every field, each negated and with none, and the pairs that share an index."""
    terms = ["", "word", "-word", "two words"]
    for field in fields_for(log):
        name = f"{field.name}.a" if field.compare is Compare.PATH else field.name
        for value in field.values or (SAMPLE.get(field.compare, "x"),):
            terms.append(f"{name}:{value}")
            if field.compare not in (Compare.SINCE, Compare.UNTIL) and value != "any":
                terms.append(f"-{name}:{value}")
        if field.compare in (Compare.NAMED, Compare.EQUALS, Compare.CONTAINS, Compare.PATH):
            terms.append(f'{name}:""')
    pairs = [
        *("scenario:x since:2h", "scenario:x level>=warning", "contact:x word", "step:x test:no"),
        *("word since:2h until:1h", "contact:x scenario:x", "run:x word since:1h repeat:any"),
    ]
    if log not in (LogName.SCENARIO, ROSTER):
        pairs += ["scenario:x kind:opened", "campaign:x kind:clicked delivery:x", "level>=error delivery:x"]
        pairs += ["message:x kind:opened", "campaign:x -scenario:x", "kind:opened kind:clicked machine:no"]
    if log == ROSTER:
        pairs = ["scenario:x state:waiting since:1h", "contact:x scenario:x word", "step:x scenario:x"]
    return [*terms, *pairs]


def known_of(query: Filter, size: frozenset[int], hits: str) -> Known:
    """What dictionaries could say: nothing, one, few or many handles for each name."""
    found = {term: size for term in query.terms if term.field}
    words = "step_id" if query.log == ROSTER else "reason_id"
    columns = {words: size} if hits == "words" else {}
    identities = None if hits == "too many" else size
    text = TextHits(text="x", columns=columns, identities=identities, contacts=size)
    names_step = any(term.field == "step" and term.value and not term.negated for term in query.terms)
    texts = {term: text for term in query.terms if not term.field}
    return Known(ids=found, texts=texts, step_scenarios=size if names_step else None)


def queries(log: str) -> Iterator[tuple[Filter, Known]]:
    for text in texts(log):
        query = parse(text, now_ms=NOW_MS, log=log)
        for size in SIZES:
            for hits in ("words", "contacts only", "too many"):
                yield query, known_of(query, size, hits)


def explain(db: sqlite3.Connection, text: str, values: Mapping[str, object] | tuple[int, ...]) -> list[str]:
    return [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {text}", values)]


def assert_walks(lines: list[str], index: str, *, may_sort: bool, statement: str) -> None:
    for line in lines:
        assert "BLOOM FILTER" not in line, statement
        assert "AUTOMATIC" not in line, statement
        assert may_sort or "TEMP B-TREE" not in line, statement
        if line.startswith("SCAN"):
            assert "VIRTUAL TABLE" in line, (line, statement)
        if line.startswith("SEARCH t "):
            assert f"INDEX {index} (" in line, (line, statement)


def statements(plan: Plan) -> Iterator[tuple[Statement, str, bool]]:
    """Every statement of a plan with the index that it must walk, and whether it may sort what it finds."""
    here, there = Position(NOW_MS, 5), Position(NOW_MS - 9, 5)
    for newest_first, start, bound in ((True, NEWEST, there), (False, OLDEST, here)):
        for limits in (None, bound):
            made = page_statements(plan, plan.arms, start, 51, newest_first=newest_first, bound=limits)
            for arm, statement in zip(plan.arms, made, strict=True):
                yield statement, arm.index, not arm.is_sorted
        if all(arm.is_sorted for arm in plan.arms):
            made = bound_statements(plan, start, 500, newest_first=newest_first)
            for arm, statement in zip(plan.arms, made, strict=True):
                yield statement, arm.index, False
        made = gathering_statements(plan, start, 102, newest_first=newest_first)
        for arm, statement in zip(plan.arms, made, strict=True):
            yield statement, arm.index, not arm.is_sorted
        made = edge_statements(plan, newest=newest_first)
        for arm, statement in zip(plan.arms, made, strict=True):
            yield statement, arm.index, not arm.is_sorted
    for arm, statement in zip(plan.arms, column_statements(plan, "t.kind", 0, NOW_MS), strict=True):
        yield statement, arm.index, False


@pytest.mark.parametrize("log", list(LogName))
def test_every_way_to_rows_walks_the_index_of_its_arm(db: sqlite3.Connection, log: LogName) -> None:
    seen: set[str] = set()
    for query, known in queries(log):
        plan = compile_query(query, known)
        assert len(plan.arms) <= MOST_ARMS
        for statement, index, may_sort in statements(plan):
            if statement.text not in seen:
                seen.add(statement.text)
                lines = explain(db, statement.text, statement.values)
                assert_walks(lines, index, may_sort=may_sort, statement=statement.text)
    assert len(seen) > 300, "the queries above must lead to many shapes"


@pytest.mark.parametrize("log", list(LogName))
def test_rows_of_many_contacts_are_ordered_by_the_index_alone(db: sqlite3.Connection, log: LogName) -> None:
    """And only the nearest of them are looked at, by their ids."""
    plans = [compile_query(query, known) for query, known in queries(log)]
    listed = [plan for plan in plans if any(arm.listed for arm in plan.arms)]
    assert listed
    for plan in listed:
        for statement in gathering_statements(plan, NEWEST, 102, newest_first=True):
            lines = explain(db, statement.text, statement.values)
            assert any("USING COVERING INDEX" in line for line in lines), lines
        statement = matching_statement(plan, "[7]")
        lines = explain(db, statement.text, statement.values)
        assert lines[0] == "SEARCH t USING INTEGER PRIMARY KEY (rowid=?)", lines


@pytest.mark.parametrize("log", list(LogName))
def test_counting_and_arrivals_never_sort(db: sqlite3.Connection, log: LogName) -> None:
    for query, known in queries(log):
        plan = compile_query(query, known)
        if not plan.arms:
            continue
        for counted in (plan, compile_skewed(query, known)):
            if len({arm.index for arm in counted.arms}) == 1:
                statement = count_statement(counted, 0, NOW_MS)
                lines = explain(db, statement.text, statement.values)
                assert_walks(lines, counted.arms[0].index, may_sort=False, statement=statement.text)
        arrivals = compile_arrivals(query, known)
        for statement in (arrival_statement(arrivals, 5, 9, 100), arrival_count_statement(arrivals, 5, 9)):
            lines = explain(db, statement.text, statement.values)
            assert lines[0].startswith("SEARCH t USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"), lines
            assert not any("TEMP B-TREE" in line or "BLOOM" in line for line in lines), lines


@pytest.mark.parametrize("sql", [EVENT_SQL, SCENARIO_SQL])
def test_a_pages_rows_are_met_by_their_ids(db: sqlite3.Connection, sql: str) -> None:
    first, *others = explain(db, sql, (7,))
    assert first.startswith("SCAN w VIRTUAL TABLE")
    for line in others:
        assert re.match(r"SEARCH [tim] USING INTEGER PRIMARY KEY \(rowid=\?\)", line), line


def test_rollups_are_read_in_their_own_order(db: sqlite3.Connection) -> None:
    for log, text in (
        (LogName.EVENT, "kind:bounced class:hard channel:email machine:no test:no level>=warning"),
        (LogName.TRACKING, ""),
        (LogName.SCENARIO, "level:error -test:yes"),
    ):
        query = parse(text, now_ms=NOW_MS, log=log)
        statement = rollup_statement(query, SubjectCode.SCENARIO, 1, Grain.HOUR, (0, 9), frozenset())
        lines = explain(db, statement.text, statement.values)
        seek = "subject=? AND subject_id=? AND facet=? AND grain=? AND bucket>? AND bucket<?"
        assert lines == [f"SEARCH t USING PRIMARY KEY ({seek})"]


@pytest.mark.parametrize("order", RosterOrder)
def test_the_roster_is_reached_by_index_in_every_order(db: sqlite3.Connection, order: RosterOrder) -> None:
    """Without a contact in the query, a page walks the index of its order and sorts nothing."""
    at = (1, 2) if order is RosterOrder.STEP else None
    rest = (1, 2, "run")
    place = {RosterOrder.CONTACT: ("ann", *rest), RosterOrder.STEP: (NOW_MS, 2, "run")}
    for query, known in queries(ROSTER):
        plan = compile_roster(query, known, order)
        if not plan.arms:
            continue
        for newest_first in (True, False):
            for start in (None, place.get(order, (NOW_MS, *rest))):
                made = page_statement(plan, start, 51, newest_first=newest_first, at=at)
                lines = explain(db, *made)
                assert not any(
                    "BLOOM" in line or line.startswith("SCAN r USING INDEX sqlite") for line in lines
                )
                assert all("USING" in line for line in lines if line.startswith(("SCAN r", "SEARCH r"))), (
                    lines
                )
                finds_nothing = "(0)" in plan.conditions
                if [arm.index for arm in plan.arms] == [WALKED[order]] and not finds_nothing:
                    assert not any("TEMP B-TREE" in line for line in lines), lines
        counts = explain(db, *roster_count_statement(plan))
        named = {term.field for term in query.terms}
        if named <= {"scenario", "step", "state"}:
            assert "roster" not in roster_count_statement(plan)[0], "it is kept, not counted"
        assert not any("TEMP B-TREE" in line or "BLOOM" in line for line in counts), counts


def test_the_catalog_reads_no_log(db: sqlite3.Connection) -> None:
    for sql in overview.CATALOG_SQL.values():
        lines = explain(db, sql, ())
        assert any(
            "SEARCH n USING PRIMARY KEY (subject=? AND subject_id=? AND log=?)" in line for line in lines
        )
        for line in lines:
            assert "BLOOM" not in line and "TEMP B-TREE" not in line, line
            assert "_log" not in line, line


def test_a_subjects_newest_row_is_sought_kind_by_kind(db: sqlite3.Connection) -> None:
    for sql in newest.SOUGHT.values():
        lines = explain(db, sql, (1,))
        assert not any("BLOOM" in line or "TEMP B-TREE" in line for line in lines), lines
        (found,) = [line for line in lines if line.startswith("SEARCH t ")]
        assert "_id=? AND kind=?)" in found, found


def test_a_query_for_too_many_subjects_walks_the_log_in_order_of_time() -> None:
    query = parse("scenario:x", now_ms=NOW_MS)
    plan = compile_query(query, Known(ids={query.terms[0]: MANY}))
    assert [arm.index for arm in plan.arms] == ["sqlite_autoindex_event_log_1"]
    assert plan.is_picky


def test_names_that_nothing_has_ask_nothing() -> None:
    for text in ("scenario:x", "contact:x", "message:x", "type:x", "delivery:x kind:opened"):
        query = parse(text, now_ms=NOW_MS)
        nothing = {term: frozenset[int]() for term in query.terms}
        assert compile_query(query, Known(ids=nothing)).arms == (), text
