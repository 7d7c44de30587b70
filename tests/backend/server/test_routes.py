"""Who may ask what (every route, every token), and what answers look like."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from backend.rfc3339 import format_rfc3339
from backend.server.app import REMOVAL_ROUTES, ROUTES, STREAMS
from backend.server.feed_routes import FEED_ROUTES
from backend.server.limits import Limits
from backend.tokens import Scope
from tests.backend.server import world

VALUES = {
    "kind": "scenario",
    "subject_id": "1",
    "tab": "journey",
    "log": "event",
    "row_id": "1",
    "contact_id": "1",
    "delivery_id": "1",
    "feed": "brevo",
    "account": "main",
}
ENDLESS = {"/v1/logs/{log:str}/follow"}


def every_route() -> list[tuple[str, str, Scope | None]]:
    """(method, path, scope) of all routes that exist."""
    found: list[tuple[str, str, Scope | None]] = [("GET", "/schema/openapi.json", Scope.READ)]
    for handler in (*ROUTES, *STREAMS, *REMOVAL_ROUTES, *FEED_ROUTES):
        for pattern in handler.paths:
            path = pattern
            for name, value in VALUES.items():
                for kind in ("str", "int"):
                    path = path.replace(f"{{{name}:{kind}}}", value)
            assert "{" not in path, path
            if pattern not in ENDLESS:
                (method,) = handler.http_methods - {"OPTIONS"}
                found.append((str(method), path, handler.opt["scope"]))
    return found


async def test_every_route_lets_in_its_own_scope_and_nobody_else(running: Any) -> None:
    """G13"""
    routes = every_route()
    assert len(routes) > 25
    wrong = {
        "nothing": {},
        "unknown": {"Authorization": "Bearer pcr_r_unknown"},
        "beyond ASCII": {"Authorization": b"Bearer \xe9\xff"},
        "another scheme": {"Authorization": "Digest x"},
        "bad base64": {"Authorization": "Basic !!!"},
        "twice": [("Authorization", f"Bearer {running.tokens['read']}")] * 2,
    }
    running.service.logins._most_failed = 10_000
    async with running.client() as client:
        for method, path, scope in routes:
            for name, headers in wrong.items():
                answer = await client.request(method, path, headers=headers)
                assert answer.status_code == (401 if scope else 200), (method, path, name)
            for given, secret in running.tokens.items():
                headers = {"Authorization": f"Bearer {secret}"}
                answer = await client.request(method, path, headers=headers)
                expected_in = scope is None or given == scope
                assert (answer.status_code not in (401, 403)) == expected_in, (method, path, given)
                assert answer.status_code == 403 or expected_in, (method, path, given)
                assert answer.status_code < 500 or answer.status_code == 501, (method, path, answer.text)


async def test_a_route_that_names_no_scope_does_not_exist() -> None:
    for handler in (*ROUTES, *STREAMS, *REMOVAL_ROUTES, *FEED_ROUTES):
        assert "scope" in handler.opt, handler
    public = [h for h in (*ROUTES, *STREAMS, *REMOVAL_ROUTES, *FEED_ROUTES) if h.opt["scope"] is None]
    asked = [(*h.http_methods, *h.paths) for h in public]
    assert asked == [("GET", "/v1/health"), ("HEAD", "/v1/feeds/{feed:str}/{account:str}")]


async def test_the_public_greeting_holds_no_data(running: Any) -> None:
    async with running.client() as client:
        answer = await client.get("/v1/health")
    assert answer.json() == {"program": "parcours", "version": "test", "api": 1}
    assert "server" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"


async def test_too_many_wrong_tokens_bar_an_address_for_a_while_but_no_right_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who shares the address with one who guesses is let in, and guessing on costs the store nothing."""
    async with world.serving(tmp_path / "my.db", limits=Limits(failed_logins=3, stop_s=2)) as running:
        logins = running.service.logins
        monkeypatch.setattr(logins, "_monotonic_s", lambda: 1_000.0)
        reads, read = [0], logins._tokens.all

        async def counted() -> Any:
            reads[0] += 1
            return await read()

        monkeypatch.setattr(logins._tokens, "all", counted)
        async with running.client() as client:
            wrong = {"Authorization": "Bearer pcr_r_wrong"}
            seen = [(await client.get("/v1/status", headers=wrong)).status_code for _ in range(5)]
            assert seen == [401, 401, 401, 429, 429]
            assert reads == [3]
            answer = await client.get("/v1/status")
            assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
        async with running.client("read") as client:
            assert (await client.get("/v1/status")).status_code == 200


async def test_a_revoked_and_an_expired_token_open_nothing(tmp_path: Path) -> None:
    now = [world.NOW_MS]
    async with world.serving(tmp_path / "my.db", now_ms=lambda: now[0]) as running:
        with world.TokenStore(running.path) as store:
            token, secret = store.add(
                "short", frozenset({Scope.READ}), now_ms=now[0], expires_ms=now[0] + 1_000
            )
            revoked, other = store.add("gone", frozenset({Scope.READ}), now_ms=now[0])
            store.revoke(revoked.id, now[0])
        async with running.client() as client:

            async def asked(secret: str) -> tuple[int, str]:
                headers = {"Authorization": f"Bearer {secret}"}
                answer = await client.get("/v1/status", headers=headers)
                return answer.status_code, answer.json().get("message", "")

            assert await asked(secret) == (200, "")
            for _ in range(2 * running.service.limits.failed_logins):  # it is no guess, so nobody is barred
                assert await asked(other) == (401, "this token was revoked; a new one is needed")
            now[0] += 1_000
            expired = f"this token expired on {format_rfc3339(now[0])}; a new one is needed"
            assert await asked(secret) == (401, expired)
            assert await asked("pcr_r_guessed") == (401, "this token is not known here")
        with world.TokenStore(running.path) as store:
            kept = {one.id: one for one in store.all()}
        assert kept[token.id].last_used_ms == world.NOW_MS
        assert kept[revoked.id].last_used_ms is None
        assert secret.encode() not in running.path.read_bytes()


async def test_an_unchanged_answer_is_not_sent_again(running: Any) -> None:
    running.add(world.entered(1))
    async with running.client("read") as client:
        first = await client.get("/v1/catalog/scenario")
        again = await client.get("/v1/catalog/scenario", headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        place = f"/v1/reports/scenario/1/journey?start_ms={world.NOW_MS - 9_000_000}&end_ms={world.NOW_MS}"
        report = await client.get(place)
        assert report.status_code == 200, report.text
        tag = {"If-None-Match": report.headers["etag"]}
        same = await client.get(place, headers=tag)
        assert (same.status_code, same.headers["parcours-as-of"]) == (304, str(world.NOW_MS))
        running.add(world.entered(2))
        changed = await client.get(place, headers=tag)
        assert changed.status_code == 200 and changed.json() != report.json()


async def test_long_answers_are_packed_for_who_takes_it(running: Any) -> None:
    running.add(*(world.sent(n) for n in range(50)))
    async with running.client("read") as client:
        packed = await client.get("/v1/logs/event")
        plain = await client.get("/v1/logs/event", headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip" and "content-encoding" not in plain.headers
    assert packed.json() == plain.json() and len(plain.json()["rows"]) == 50


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/v1/logs/event?q=kind:nonsense", 422, "QueryError"),
        ("/v1/logs/event?cursor=x", 422, "UsageError"),
        ("/v1/logs/event?limit=many", 422, "UsageError"),
        ("/v1/logs/nonsense", 422, "UsageError"),
        ("/v1/contacts/999", 404, "NothingFound"),
        (f"/v1/contacts/{'9' * 30}", 422, "UsageError"),
        (f"/v1/contacts/{'9' * 30}/trace", 422, "UsageError"),
        ("/v1/contacts", 422, "UsageError"),
        ("/v1/reports/scenario/999/journey", 404, "NothingFound"),
        ("/v1/nonsense", 404, "NoRoute"),
        ("/v1/logs/event/follow?after=x", 422, "UsageError"),
    ],
)
async def test_what_cannot_be_answered_says_why(running: Any, path: str, status: int, told: str) -> None:
    async with running.client("read") as client:
        answer = await client.get(path)
    assert (answer.status_code, answer.json()["error"]) == (status, told), answer.text
    assert answer.json()["message"]


async def test_a_bug_leaves_a_report_on_the_server_and_tells_the_client_nothing(
    running: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*args: Any, **more: Any) -> None:
        raise RuntimeError("canary@example.org")

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(running.service.source, "health", broken)
    monkeypatch.setattr(logging.getLogger("parcours.server"), "propagate", True)  # a server here may end it
    async with running.client("read") as client:
        answer = await client.get("/v1/status")
    assert (answer.status_code, answer.json()["error"]) == (500, "Bug")
    assert "canary" not in answer.text and "internal error (RuntimeError)" in caplog.text
    assert "canary" not in caplog.text


async def test_figures_count_answers_by_route_and_hold_no_data(running: Any) -> None:
    running.add(world.sent(1))
    async with running.client("read") as client:
        await client.get("/v1/contacts", params={"text": "user1@example.org"})
        text = (await client.get("/metrics")).text
    assert 'parcours_answers_total{route="/v1/contacts",status="200"} 1' in text
    assert "parcours_store_events 1" in text
    kinds = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE ")]
    assert kinds == [line.split()[2] for line in text.splitlines() if line.startswith("# HELP ")]
    assert "user1" not in text


async def test_an_export_is_what_ingest_reads(running: Any) -> None:
    running.add(*(world.sent(n) for n in range(3)))
    async with running.client("read") as client:
        answer = await client.get("/v1/logs/event/export")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [line["email"] for line in lines] == [f"user{n}@example.org" for n in range(3)]
    assert {line["record"] for line in lines} == {"event"}


async def test_a_page_too_large_for_a_client_is_made_smaller(tmp_path: Path) -> None:
    async with world.serving(tmp_path / "my.db", limits=Limits(page_bytes=4_000, stop_s=2)) as running:
        running.add(*(world.sent(n) for n in range(100)))
        async with running.client("read") as client:
            page = (await client.get("/v1/logs/event", params={"limit": 100})).json()
            assert 1 <= len(page["rows"]) < 20
            rest = (await client.get("/v1/logs/event", params={"cursor": page["older"], "limit": 1})).json()
        assert rest["rows"][0]["at_ms"] < page["rows"][0]["at_ms"]


HUGE = b'{"scenario_id":1,"contacts":[999999999999999999999],"actor":"a"}'


async def test_a_removal_writes_down_whose_token_asked(running: Any) -> None:
    running.add(world.entered(1))
    body = {"scenario_id": 1, "contacts": [1], "actor": "ada"}
    async with running.client("remove") as client:
        headers = {"Idempotency-Key": "k1"}
        answer = (await client.post("/v1/removals", json=body, headers=headers)).json()
        again = (await client.post("/v1/removals", json=body, headers=headers)).json()
        for wrong in (b"", b"[]", b"[" * 100_000, b'{"scenario_id":"x"}', b"\xff", HUGE):
            refused = await client.post("/v1/removals", content=wrong, headers=headers)
            assert refused.status_code == 422, wrong
        assert (await client.post("/v1/removals", json=body)).status_code == 422
    assert answer["actor"].startswith("ada (token ")
    assert (answer["replayed"], again["replayed"]) == (False, True)
    async with running.client("read") as client:
        kept = (await client.get("/v1/removals/by-key", params={"key": "k1"})).json()
        assert kept == answer
        assert (await client.get("/v1/removals/by-key", params={"key": "k2"})).json() is None
