"""What a stranger can cost the server: connections, heads, bodies, streams."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backend import backoff, source
from backend.feeds import intake
from backend.removals import removal as removals
from backend.server.limits import Limits
from backend.server.serving import Place, listen
from backend.sources import exchange
from backend.sources.sqlite import reading
from tests.backend.server import world


async def talk(port: int, text: bytes, timeout_s: float = 60) -> bytes:
    """What the server says until it closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(text)
        await writer.drain()
        return await asyncio.wait_for(reader.read(), timeout_s)
    except (ConnectionResetError, BrokenPipeError):
        return b"(reset)"
    finally:
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)


def test_no_piece_of_an_answer_waits_for_the_receipt_of_the_one_before() -> None:
    with listen(Place(port=0)) as bound, socket.create_connection(bound.getsockname()):
        connection, _ = bound.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_half_a_head_and_silence_are_given_up_while_others_are_answered(tmp_path: Path) -> None:
    """G18, short"""
    async with world.serving(tmp_path / "my.db", limits=Limits(head_s=0.3, stop_s=2)) as running:
        bad = [b"GET /v1/health HTTP/1.1\r\nHost: x\r\nX-Slow: " for _ in range(20)] + [b""] * 5
        waiting = [asyncio.create_task(talk(running.port, text)) for text in bad]
        async with running.client("read") as client:
            for _ in range(5):
                assert (await client.get("/v1/status")).status_code == 200
        assert set(await asyncio.gather(*waiting)) <= {b"", b"(reset)"}
        assert len(running.server.server_state.connections) <= 1


@pytest.mark.torture
@pytest.mark.skipif(os.environ.get("PARCOURS_TORTURE") != "1", reason="make torture")
async def test_a_good_client_is_served_among_hundreds_of_slow_ones(tmp_path: Path) -> None:
    """G18: 300 half-sent heads and 50 slow bodies, again and again for a minute."""
    async with world.serving(tmp_path / "my.db") as running:
        token = f"Authorization: Bearer {running.tokens['ingest']}\r\n"
        body = f"POST /v1/feeds/brevo/main HTTP/1.1\r\nHost: x\r\n{token}Content-Length: 1000\r\n\r\n"
        bad = [b"GET / HTTP/1.1\r\nX: "] * 300 + [body.encode()] * 50
        until_s = time.monotonic() + 60

        async def again(text: bytes) -> float:
            longest_s = 0.0
            while time.monotonic() < until_s:
                at_s = time.monotonic()
                await talk(running.port, text, 20)
                longest_s = max(longest_s, time.monotonic() - at_s)
            return longest_s

        waiting = [asyncio.create_task(again(text)) for text in bad]
        took: list[float] = []
        async with running.client("read") as client:
            while time.monotonic() < until_s:
                at_s = time.monotonic()
                assert (await client.get("/v1/status")).status_code == 200
                took.append(time.monotonic() - at_s)
                await asyncio.sleep(0.05)
        assert max(await asyncio.gather(*waiting)) < 15
        assert sorted(took)[len(took) * 99 // 100] < 0.25


async def test_a_connection_may_ask_again_and_again(tmp_path: Path) -> None:
    async with (
        world.serving(tmp_path / "my.db", limits=Limits(head_s=0.2, stop_s=2)) as running,
        running.client() as client,
    ):
        for _ in range(4):
            assert (await client.get("/v1/health")).status_code == 200


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("Content-Length: 10000001", 413),
        ("Content-Length: 5\r\nTransfer-Encoding: chunked", 400),
        ("Content-Length: -1", 400),
        ("Bad\x1bName: 1", 400),
    ],
    ids=["too large", "two lengths", "below nothing", "escape"],
)
async def test_a_wrong_head_is_refused_at_once(running: Any, head: str, status: int) -> None:
    token = f"Authorization: Bearer {running.tokens['ingest']}\r\n"
    text = f"POST /v1/feeds/brevo/main HTTP/1.1\r\nHost: x\r\n{token}{head}\r\n\r\n"
    answer = await talk(running.port, text.encode())
    assert answer.startswith(f"HTTP/1.1 {status} ".encode()), answer[:100]


async def test_a_head_without_an_end_is_given_up(running: Any) -> None:
    text = b"GET /v1/health HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 140_000
    answer = await talk(running.port, text)
    assert answer.startswith((b"HTTP/1.1 400 ", b"(reset)"))


async def test_a_question_with_a_body_is_refused(running: Any) -> None:
    text = b"GET /v1/health HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\nxx"
    answer = await talk(running.port, text)
    assert answer.startswith(b"HTTP/1.1 400 ")


async def test_a_body_that_comes_too_slowly_or_grows_too_long_is_given_up(tmp_path: Path) -> None:
    limits = Limits(body_s=0.3, body_bytes=1_000, stop_s=2)
    async with world.serving(tmp_path / "my.db", limits=limits) as running:
        start = (
            "POST /v1/feeds/brevo/main HTTP/1.1\r\nHost: x\r\n"
            f"Authorization: Bearer {running.tokens['ingest']}\r\n"
        )
        slow = await talk(running.port, f"{start}Content-Length: 100\r\n\r\n{{".encode())
        assert slow.startswith(b"HTTP/1.1 408 ") and b"too slowly" in slow
        long = f"{start}Transfer-Encoding: chunked\r\n\r\n" + f"400\r\n{'x' * 1024}\r\n" * 3
        assert (await talk(running.port, long.encode())).startswith(b"HTTP/1.1 413 ")
        assert running.service.buffered_bytes == 0


async def test_bodies_all_together_have_a_limit(tmp_path: Path) -> None:
    limits = Limits(buffered_bytes=500, stop_s=2)
    async with (
        world.serving(tmp_path / "my.db", limits=limits) as running,
        running.client("ingest") as client,
    ):
        answer = await client.post("/v1/feeds/mailjet/main", content=b"x" * 501)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
        assert (await client.post("/v1/feeds/mailjet/main", content=b"{}")).status_code == 200


async def test_no_body_is_read_of_who_may_not_send_one(running: Any) -> None:
    text = b"POST /v1/feeds/brevo/main HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
    writer.write(text)
    answer = await asyncio.wait_for(reader.readuntil(b"\r\n"), 60)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 401 ")


async def test_streams_have_a_limit_and_give_their_place_back(tmp_path: Path) -> None:
    async with (
        world.serving(tmp_path / "my.db", limits=Limits(streams=1, stop_s=2)) as running,
        running.client("read") as client,
    ):
        async with client.stream("GET", "/v1/logs/event/follow") as first:
            assert first.status_code == 200
            assert b"retry:" in await anext(first.aiter_raw())
            refused = await client.get("/v1/logs/event/follow")
            assert (refused.status_code, refused.json()["error"]) == (503, "SourceUnavailable")
        for _ in range(100):
            if running.service.metrics.streams == 0:
                break
            await client.get("/v1/health")
        assert running.service.metrics.streams == 0


async def test_a_stream_gives_signs_of_life_and_ends_with_its_token(tmp_path: Path) -> None:
    async with (
        world.serving(tmp_path / "my.db", limits=Limits(heartbeat_s=0.1, stop_s=2)) as running,
        running.client("read") as client,
        client.stream("GET", "/v1/logs/event/follow") as stream,
    ):
        pieces = stream.aiter_raw()
        text = b""
        while b": still here" not in text:
            text += await asyncio.wait_for(anext(pieces), 60)
        with world.TokenStore(running.path) as store:
            for token in store.all():
                store.revoke(token.id, world.NOW_MS)
        async with asyncio.timeout(60):
            async for _ in pieces:
                pass


async def test_a_stopping_server_tells_its_streams(tmp_path: Path) -> None:
    async with world.serving(tmp_path / "my.db") as running:
        async with running.client("read") as client, client.stream("GET", "/v1/logs/event/follow") as stream:
            pieces = stream.aiter_raw()
            await anext(pieces)
            running.server.should_exit = True
            async with asyncio.timeout(60):
                rest = b"".join([piece async for piece in pieces])
        assert b"event: stopping" in rest and b"retry: " in rest


async def test_a_stopping_server_finishes_a_removal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, goes_on = asyncio.Event(), asyncio.Event()
    body = {"scenario_id": 1, "contacts": [1], "actor": "ada"}
    async with world.serving(tmp_path / "my.db", limits=Limits(stop_s=60)) as running:
        running.add(world.entered(1))
        remove = running.service.source.remove

        async def slow(*asked: Any, **more: Any) -> Any:
            begun.set()
            await goes_on.wait()
            return await remove(*asked, **more)

        monkeypatch.setattr(running.service.source, "remove", slow)
        async with running.client("remove") as client, asyncio.timeout(60):
            headers = {"Idempotency-Key": "k"}
            asked = asyncio.create_task(client.post("/v1/removals", json=body, headers=headers))
            await begun.wait()
            running.server.should_exit = True
            await running.service.stopping.wait()
            goes_on.set()
            answer = await asked
        assert (answer.status_code, answer.json()["contacts"]) == (200, [1])


NAMED = (
    (source, ("PAGE_LIMIT",)),
    (reading, ("PAGE_S", "ANSWER_S")),
    (intake, ("MAX_EVENT_BYTES",)),
    (removals, ("MOST_REMOVED",)),
    (exchange, ("CONNECT_S", "TOTAL_S", "SILENCE_S", "MOST_BYTES")),
    (backoff, ("LONGEST_RETRY_S", "LONGEST_ASKED_S")),
)


def test_every_limit_is_in_the_documents() -> None:
    text = (Path(__file__).parents[3] / "docs" / "server.md").read_text()
    told = dict(re.findall(r"^\| `(\w+)` \| ([\d,.]+)", text, re.MULTILINE))
    wanted = msgspec.structs.asdict(Limits())
    wanted |= {name: getattr(module, name) for module, names in NAMED for name in names}
    assert {name: float(value.replace(",", "")) for name, value in told.items()} == wanted
