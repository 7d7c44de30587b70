"""The tracking workflow: it goes on where it was, whatever happened to it or to the log."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.errors import NoSuchSource, SourceUnavailable, WriteFailed
from backend.facts import EVENT_RANK
from backend.model import EventKind
from backend.record import ContentRecord, Decoded, DeliveryRecord, Event, Ref, UrlRecord, WorkflowRun
from backend.sources.sqlite.migrating import exclusive
from backend.sources.sqlite.writing import Store
from backend.tracking import workflow
from backend.tracking.workflow import DIED, RunResult, TrackingWorkflow
from tests.backend.tracking.access_lines import START_S, line

LATER_MS = (START_S + 100_000) * 1000
HITS = "".join(line(100 + n % 40, 1 + n % 3, n // 2, ip=f"192.0.2.{n % 200}") for n in range(400))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "my.db", create=True, now_ms=lambda: LATER_MS) as opened:
        yield opened


def run(store: Store, *logs: Path, now_ms: int = LATER_MS, gap_s: int | None = 0) -> RunResult:
    job = TrackingWorkflow(store, gap_s=gap_s, now_ms=lambda: now_ms)
    return job.run([str(log) for log in logs])


def rows(store: Store) -> list[tuple[Any, ...]]:
    return store._db.execute("SELECT ts, h, kind, flags, message_id FROM event_log ORDER BY ts, h").fetchall()


@pytest.fixture
def whole(tmp_path: Path) -> list[tuple[Any, ...]]:
    """The rows of one clean run over all hits."""
    (tmp_path / "clean.log").write_text(HITS)
    with Store(tmp_path / "clean.db", create=True, now_ms=lambda: LATER_MS) as clean:
        run(clean, tmp_path / "clean.log")
        return rows(clean)


def machines(store: Store) -> list[int]:
    """Whether each row is a machine's, by time."""
    return [row[3] & 1 for row in rows(store)]


def without_handles(found: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [row[:4] for row in found]


def test_a_hit_becomes_a_row_of_its_message_delivery_and_link(store: Store, tmp_path: Path) -> None:
    told = {"product": "adobe_campaign", "account": "default"}
    mail = Ref("682", name="Spring")
    link = UrlRecord(
        **told, url="https://x/out", url_id="3", label="Out", type="opt-out", category="legal", delivery=mail
    )
    store.add([Decoded(format="made", raw=b"", records=(DeliveryRecord(**told, delivery=mail), link))])
    (tmp_path / "a.log").write_text(line(16, 1) + line(16, 3, 9) + line(17, 5, 20))
    added: list[Event] = []
    take = store.add
    store.add = lambda pieces, *a, **k: (  # type: ignore[method-assign]
        added.extend(e for p in pieces for e in p.records if isinstance(e, Event)) or take(pieces, *a, **k)
    )
    result = run(store, tmp_path / "a.log")
    opened, out, unlisted = added
    assert (opened.kind, opened.message, opened.delivery, opened.url) == (
        *(EventKind.OPENED, "16", Ref("682"), None),
    )
    assert (out.kind, out.url, out.name, out.fields["category"]) == (
        *(EventKind.UNSUBSCRIBED, "https://x/out", "Out", "legal"),
    )
    assert (unlisted.kind, unlisted.url, unlisted.fields["url_id"]) == (EventKind.CLICKED, None, "5")
    assert (result.hits, result.added.new, result.unlisted) == (3, 3, 1)


def test_the_message_tells_what_a_link_is_that_no_list_knows(store: Store, tmp_path: Path) -> None:
    told = {"product": "adobe_campaign", "account": "default"}
    html = (
        '<a href="http://t/r/?id=h0,2aa,5" _type="optout">stop</a> <a href="http://t/r/?id=h0,2aa,6">Shop</a>'
    )
    content = ContentRecord(**told, delivery=Ref("682"), html=html)
    store.add([Decoded(format="made", raw=b"", records=(content,))])
    (tmp_path / "a.log").write_text(line(16, 5) + line(17, 6, 9))
    run(store, tmp_path / "a.log")
    names = store._db.execute(
        "SELECT e.kind, w.text FROM event_log AS e LEFT JOIN word AS w ON w.id = e.name_id ORDER BY ts"
    ).fetchall()
    assert names == [(EVENT_RANK[EventKind.UNSUBSCRIBED], "stop"), (EVENT_RANK[EventKind.CLICKED], "Shop")]


def test_the_same_log_again_changes_nothing_and_is_not_read_again(store: Store, tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(HITS)
    first = run(store, log)
    before = rows(store)
    assert first.hits == 400
    second = run(store, log)
    assert (second.hits, second.added.new, rows(store)) == (0, 0, before)


def test_a_line_that_is_still_being_written_waits(store: Store, tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(line(1, 2) + line(2, 2, 30)[:-10])
    assert run(store, log).hits == 1
    with log.open("a") as file:
        file.write(line(2, 2, 30)[-10:])
    assert run(store, log).hits == 1


def test_the_last_seconds_are_held_back_for_the_next_run(store: Store, tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(line(1, 2, 0) + line(2, 2, 50))
    just_after = (START_S + 51) * 1000
    first = run(store, log, now_ms=just_after, gap_s=3)
    assert (first.added.new, first.held_back) == (1, 1)
    with log.open("a") as file:
        file.write(line(2, 3, 52))
    second = run(store, log, now_ms=just_after + 60_000, gap_s=3)
    assert (second.added.new, second.held_back, machines(store)) == (2, 0, [0, 1, 1])


def test_what_was_settled_before_still_tells_what_comes_near_it(store: Store, tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(line(1, 2, 0) + line(1, 3, 3) + line(5, 2, 8))
    run(store, log, now_ms=(START_S + 8) * 1000, gap_s=3)
    run(store, log, now_ms=(START_S + 60) * 1000, gap_s=3)
    flags = [row[3] & 1 for row in rows(store)]
    assert flags == [1, 1, 0]


@given(st.lists(st.integers(0, len(HITS)), max_size=6), st.integers(0, 3))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_log_read_while_it_grows_gives_what_one_reading_gives(
    tmp_path_factory: pytest.TempPathFactory, whole: list[tuple[Any, ...]], cuts: list[int], rotate: int
) -> None:
    folder = tmp_path_factory.mktemp("grows")
    log = folder / "access.log"
    with Store(folder / "my.db", create=True, now_ms=lambda: LATER_MS) as store:
        ends = [*sorted(cuts), len(HITS)]
        start = 0
        for place, end in enumerate(ends):
            with log.open("a") as file:
                file.write(HITS[start:end])
            start = end
            seen = HITS[:end].count("\n")
            run(store, log, now_ms=(START_S + seen // 2) * 1000)
            if place == rotate and HITS[:end].endswith("\n"):
                log.rename(folder / "access.log.1")
                log.touch()
        run(store, log)
        assert without_handles(rows(store)) == without_handles(whole)
        assert store.check(deep=True) == []


def test_a_log_that_was_rotated_away_is_read_to_its_end_first(store: Store, tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(line(1, 2, 0))
    run(store, log)
    with log.open("a") as file:
        file.write(line(2, 2, 60))
    log.rename(tmp_path / "access.log.1")
    log.write_text(line(3, 2, 120))
    result = run(store, log)
    assert (result.logs, result.hits, result.added.new) == (2, 2, 2)


def pack(log: Path, to: Path) -> None:
    """As logrotate packs: the times of the log are kept."""
    to.write_bytes(gzip.compress(log.read_bytes()))
    os.utime(to, ns=(log.stat().st_atime_ns, log.stat().st_mtime_ns))
    log.unlink()


def test_the_rest_of_a_log_that_was_packed_at_once_is_found(store: Store, tmp_path: Path) -> None:
    log, packed = tmp_path / "access.log", tmp_path / "access.log.1.gz"
    (tmp_path / "access.log.9.gz").write_bytes(gzip.compress(line(99, 2).encode()))
    os.utime(tmp_path / "access.log.9.gz", (1, 1))
    log.write_text(HITS + line(1, 2, 1000))
    run(store, log)
    with log.open("a") as file:
        file.write(line(2, 2, 1060))
    pack(log, packed)
    log.write_text(line(3, 2, 1120))
    result = run(store, log)
    assert (result.logs, result.hits, result.added.new, result.lost) == (2, 2, 2, ())
    assert (run(store, log).logs, run(store, log).hits) == (1, 0)


def test_logs_that_came_and_went_between_two_runs_are_read_too(store: Store, tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(line(1, 2, 0))
    run(store, log)
    for place in (3, 2, 1):
        with log.open("a") as file:
            file.write(line(10 + place, 2, 600 * (4 - place)))
        pack(log, tmp_path / f"access.log.{place}.gz")
    log.write_text(line(4, 2, 9000))
    result = run(store, log)
    assert (result.logs, result.hits, result.added.new, result.lost) == (4, 4, 4, ())
    assert run(store, log).hits == 0


def test_a_log_that_was_copied_and_cut_short_goes_on_in_its_copy(store: Store, tmp_path: Path) -> None:
    log, copy = tmp_path / "access.log", tmp_path / "access.log.1.gz"
    log.write_text(line(1, 2, 0) + line(2, 2, 60))
    run(store, log)
    copy.write_bytes(gzip.compress((log.read_text() + line(3, 2, 120)).encode()))
    log.write_text(line(4, 2, 180))
    result = run(store, log)
    assert (result.logs, result.hits, result.added.new, result.lost) == (2, 2, 2, ())


def test_a_rest_that_is_gone_is_told(store: Store, tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(line(1, 2, 0))
    run(store, log)
    log.unlink()
    (tmp_path / "other").write_text(line(2, 2, 60))
    (tmp_path / "other").rename(log)
    assert run(store, log).lost == (str(log),)
    assert run(store, log).lost == ()


@pytest.mark.parametrize("fails_at", range(2, 7))
def test_a_run_over_a_packed_rest_that_ends_early_finds_it_again(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    monkeypatch.setattr(workflow, "BATCH", 3)
    log = tmp_path / "access.log"
    log.write_text("".join(line(n, 2, 10 * n) for n in range(4)))
    run(store, log)
    with log.open("a") as file:
        file.write("".join(line(n, 2, 10 * n) for n in range(4, 9)))
    pack(log, tmp_path / "access.log.1.gz")
    log.write_text("".join(line(n, 2, 10 * n) for n in range(9, 14)))
    add, calls = store.add, iter(range(1, 100))

    def failing(*told: Any, **more: Any) -> Any:
        if next(calls) >= fails_at:
            raise WriteFailed("the disk is full")
        return add(*told, **more)

    monkeypatch.setattr(store, "add", failing)
    with pytest.raises(WriteFailed):
        run(store, log)
    monkeypatch.setattr(store, "add", add)
    run(store, log)
    assert len(rows(store)) == 14


def test_a_log_that_was_cut_short_and_written_anew_is_read_from_its_beginning(
    store: Store, tmp_path: Path
) -> None:
    log = tmp_path / "access.log"
    log.write_text(line(1, 2, 0) + line(2, 2, 60))
    run(store, log)
    log.write_text(line(3, 2, 120))
    assert run(store, log).added.new == 1
    log.write_text(line(4, 2, 300) + line(5, 2, 360) + line(6, 2, 400))
    assert run(store, log).added.new == 3


def test_a_packed_log_is_read_once_and_counts_like_the_plain_one(store: Store, tmp_path: Path) -> None:
    log, packed = tmp_path / "access.log.1", tmp_path / "access.log.2.gz"
    log.write_text(HITS)
    run(store, log)
    before = rows(store)
    packed.write_bytes(gzip.compress(HITS.encode() + line(999, 2, 5000).encode().rstrip()))
    assert run(store, packed).added.new == 1
    assert run(store, packed).logs == 0
    assert len(rows(store)) == len(before) + 1


def test_two_servers_logs_are_judged_together(store: Store, tmp_path: Path) -> None:
    (tmp_path / "one.log").write_text(line(1, 2, 0) + line(9, 2, 400))
    (tmp_path / "two.log").write_text(line(1, 3, 0) + line(8, 2, 300))
    run(store, tmp_path / "one.log", tmp_path / "two.log")
    assert machines(store) == [1, 1, 0, 0]


def test_hits_of_another_log_in_a_later_run_are_judged_with_those_stored(
    store: Store, tmp_path: Path
) -> None:
    """F148: which log a hit stands in, and when that was read, makes no difference."""
    (tmp_path / "one.log").write_text(line(1, 2, 0) + line(9, 2, 400))
    (tmp_path / "two.log").write_text(line(1, 3, 2) + line(8, 2, 300))
    run(store, tmp_path / "one.log", gap_s=2)
    assert machines(store) == [0, 0]
    run(store, tmp_path / "two.log", gap_s=2)
    assert machines(store) == [1, 1, 0, 0]
    assert store.check(deep=True) == []


@given(
    st.lists(st.tuples(st.integers(1, 2), st.integers(0, 9)), min_size=2, max_size=9),
    st.integers(0, 3),
    st.data(),
)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_hits_divided_among_logs_and_runs_in_any_way_are_judged_alike(
    tmp_path_factory: pytest.TempPathFactory, hits: list[tuple[int, int]], gap_s: int, data: st.DataObject
) -> None:
    """Against the rule itself: some other hit of the message lies within the gap."""
    folder = tmp_path_factory.mktemp("divided")
    lines = [(message, at_s, line(message, 2 + n, at_s)) for n, (message, at_s) in enumerate(hits)]
    with Store(folder / "my.db", create=True, now_ms=lambda: LATER_MS) as store:
        for place, (_, _, text) in enumerate(data.draw(st.permutations(lines))):
            log = folder / f"{data.draw(st.integers(0, 2))}.log"
            with log.open("a") as file:
                file.write(text)
            if place % 2:
                run(store, log, gap_s=gap_s)
        run(store, *sorted(folder.glob("*.log")), gap_s=gap_s)
        expected = sorted(
            (at_s, any(a == message and abs(t - at_s) <= gap_s for a, t, other in lines if other != text))
            for message, at_s, text in lines
        )
        found = [(ts // 1000 - START_S, bool(flags & 1)) for ts, _, _, flags, _ in rows(store)]
        assert sorted(found) == expected
        assert store.check(deep=True) == []


def test_lines_that_are_no_hits_are_set_aside_with_reasons(store: Store, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(line(1, 2) + line(2, 2, 9, status=500) + "/r/?id= what\n" + "other\n")
    result = run(store, tmp_path / "a.log")
    assert dict(result.reasons) == {
        "the web server answered with an error": 1,
        "no line of the combined log format": 1,
    }
    (last,) = store.workflow_runs()
    assert (last.status, last.read, last.written, last.rejected) == ("done", 1, 1, 2)


def test_a_run_that_cannot_go_on_is_recorded_with_its_error(store: Store, tmp_path: Path) -> None:
    with pytest.raises(NoSuchSource):
        run(store, tmp_path / "nothing.log")
    (last,) = store.workflow_runs()
    assert (last.status, last.ended_ms, last.error) == (
        *("failed", LATER_MS, f"no such file: {tmp_path / 'nothing.log'}"),
    )


def test_a_run_that_died_is_told_by_the_next_one(store: Store, tmp_path: Path) -> None:
    dead = WorkflowRun(
        product="adobe_campaign", account="default", workflow="tracking", started_ms=5, status="running"
    )
    store.add([Decoded(format="campaign-access-log", raw=b"", records=(dead,))])
    (tmp_path / "a.log").write_text(line(1, 2))
    run(store, tmp_path / "a.log")
    assert [(one.status, one.error) for one in store.workflow_runs()] == [("done", None), ("failed", DIED)]


@pytest.mark.parametrize("fails_at", range(1, 9))
def test_a_run_that_ends_at_any_transaction_is_gone_on_with(
    store: Store,
    tmp_path: Path,
    whole: list[tuple[Any, ...]],
    monkeypatch: pytest.MonkeyPatch,
    fails_at: int,
) -> None:
    monkeypatch.setattr(workflow, "BATCH", 70)
    log = tmp_path / "access.log"
    log.write_text(HITS)
    add, calls = store.add, iter(range(1, 1000))

    def failing(pieces: Sequence[Decoded], *rest: Any, **more: Any) -> Any:
        if next(calls) >= fails_at:
            raise WriteFailed("the disk is full")
        return add(pieces, *rest, **more)

    store.add = failing  # type: ignore[method-assign]
    with pytest.raises(WriteFailed):
        run(store, log)
    store.add = add  # type: ignore[method-assign]
    run(store, log)
    assert without_handles(rows(store)) == without_handles(whole)


def test_only_one_may_run_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "my.db"
    lease: Callable[[], Any] = lambda: exclusive(path, ".tracking", "is being tracked")  # noqa: E731
    with lease(), pytest.raises(SourceUnavailable, match="is being tracked by process"), lease():
        pass
    with lease():
        pass
