"""A disk that is full under a running server: nothing is called stored that is not, and reading goes on."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from backend.errors import WriteFailed
from backend.sources.sqlite import writing
from backend.sources.sqlite.migrating import open_writer
from tests.backend.server import world
from tests.backend.server.signed import EXAMPLES, SETTINGS, mailgun_body, mandrill, mandrill_events, sendgrid

MOST_PAGES = 4_294_967_294


@asynccontextmanager
async def full_disk(running: Any) -> AsyncIterator[None]:
    """SQLite itself says that the disk is full: the store may have no page more."""
    writer = running.service.webhooks._store

    def limit(pages: int) -> None:
        for part in (writer._store, writer._tokens):
            part._db.execute(f"PRAGMA max_page_count = {pages}")

    await writer._do(lambda: limit(1))  # it cannot be less than there are
    yield
    await writer._do(lambda: limit(MOST_PAGES))


def many(example: str) -> bytes:
    """More events than any page has room for."""
    found = json.loads((EXAMPLES / example).read_bytes().splitlines()[0])
    line = found[0] if isinstance(found, list) else found
    more = [{"message-id": f"<{n}@x>", "MessageID": n, "time": 1_773_129_602 + n} for n in range(300)]
    return json.dumps([line | each for each in more]).encode()


@pytest.fixture
async def hooks(tmp_path: Path) -> AsyncIterator[Any]:
    async with world.serving(tmp_path / "my.db", feeds=SETTINGS) as running:
        yield running


@pytest.mark.parametrize(
    ("feed", "example", "status"),
    [("brevo", "brevo-webhook.ndjson", 429), ("mailjet", "mailjet-webhook.ndjson", 503)],
)
async def test_a_sender_is_made_to_try_again_until_it_is_stored(
    hooks: Any, feed: str, example: str, status: int
) -> None:
    body = many(example)
    async with hooks.client("ingest") as client, hooks.client("read") as reader:
        async with full_disk(hooks):
            for _ in range(2):
                answer = await client.post(f"/v1/feeds/{feed}/main", content=body)
                assert (answer.status_code, answer.headers["retry-after"]) == (status, "60")
                assert "disk" not in answer.text
            assert (await reader.get("/v1/status")).json()["events"] == 0
        answer = await client.post(f"/v1/feeds/{feed}/main", content=body)
        assert (answer.status_code, answer.json()["new"]) == (200, 300)
        assert (await reader.get("/v1/status")).json()["events"] == 300


async def test_a_signed_body_is_taken_later_with_the_proof_it_had(hooks: Any) -> None:
    line = json.loads((EXAMPLES / "sendgrid-webhook.json").read_bytes())[0]
    large = json.dumps([line | {"sg_event_id": f"{number}"} for number in range(300)]).encode()
    pad = json.dumps({f"pad{n}": random.Random(n).randbytes(10_000).hex() for n in range(3)}).encode()
    once = mailgun_body().replace(b'"event-data": {', b'"event-data": {' + pad[1:-1] + b", ")
    form, signed = mandrill(mandrill_events())
    async with hooks.client() as client:
        async with full_disk(hooks):
            for feed, body, headers in (("sendgrid", large, sendgrid(large)), ("mailgun", once, {})):
                answer = await client.post(f"/v1/feeds/{feed}/main", content=body, headers=headers)
                assert (answer.status_code, answer.headers.get("retry-after")) == (503, "60"), feed
        for feed, body, headers in (
            ("sendgrid", large, sendgrid(large)),
            ("mailgun", once, {}),
            ("mandrill", form, signed),
        ):
            answer = await client.post(f"/v1/feeds/{feed}/main", content=body, headers=headers)
            assert answer.status_code == 200 and answer.json()["new"] > 0, feed


async def test_a_removal_is_refused_whole_and_works_later_under_its_key(
    hooks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks.add(*(world.entered(number) for number in range(50)))
    body = {"scenario_id": 1, "contacts": list(range(1, 51)), "actor": "ada"}
    key = {"Idempotency-Key": "k"}

    def full(path: Path, *, create: bool) -> sqlite3.Connection:
        connection = open_writer(path, create=create)
        connection.execute("PRAGMA max_page_count = 1")
        return connection

    async with hooks.client("remove") as client, hooks.client("read") as reader:
        monkeypatch.setattr(writing, "open_writer", full)
        answer = await client.post("/v1/removals", json=body, headers=key)
        assert (answer.status_code, answer.json()["error"]) == (503, "WriteFailed")
        assert answer.headers["retry-after"] == "5"
        kept = await reader.get("/v1/removals/by-key", params={"key": "k"})
        assert (kept.status_code, kept.text) == (200, "null")
        assert (await reader.get("/v1/roster")).json()["total"] == 50
        monkeypatch.setattr(writing, "open_writer", open_writer)
        answer = await client.post("/v1/removals", json=body, headers=key)
        assert (answer.status_code, answer.json()["replayed"]) == (200, False)
        assert (await reader.get("/v1/roster")).json()["total"] == 0


async def test_who_reads_is_let_in_where_even_that_cannot_be_written_down(
    hooks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(token_id: int, now_ms: int) -> None:
        raise WriteFailed("the disk is full")

    monkeypatch.setattr(hooks.service.logins._tokens, "used", full)
    async with hooks.client("read") as reader:
        assert (await reader.get("/v1/status")).status_code == 200
