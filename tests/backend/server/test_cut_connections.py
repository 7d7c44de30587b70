"""Connections that are cut at any byte during removals: what was said is true."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from backend import backoff
from backend.errors import SourceUnavailable
from backend.query.language import ROSTER, parse
from backend.sources.http import HttpSource
from tests.backend.server import world

IS_LONG = os.environ.get("PARCOURS_TORTURE") == "1"
REMOVALS = 1_000 if IS_LONG else 25


class Relay:
    """Passes bytes both ways, and cuts a connection after some of them."""

    def __init__(self, port: int, chance: random.Random) -> None:
        self._port = port
        self._chance = chance
        self.cuts = 0
        self.is_cutting = True

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner, outer = await asyncio.open_connection("127.0.0.1", self._port)
        left: int | None = None

        async def carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            nonlocal left
            with contextlib.suppress(ConnectionError):
                while (left is None or left > 0) and (data := await source.read(65_536)):
                    if left is None and self.is_cutting:
                        left = self._chance.randrange(2_000)
                    part = data if left is None else data[:left]
                    left = None if left is None else left - len(data)
                    target.write(part)
                    await target.drain()
            if left is not None and left <= 0:
                self.cuts += 1
            for each in (writer, outer):
                each.close()

        await asyncio.gather(carry(reader, outer), carry(inner, writer))
        await asyncio.gather(writer.wait_closed(), outer.wait_closed(), return_exceptions=True)


@asynccontextmanager
async def relayed(port: int, chance: random.Random) -> AsyncIterator[tuple[Relay, str]]:
    relay = Relay(port, chance)
    server = await asyncio.start_server(relay.handle, "127.0.0.1", 0)
    try:
        yield relay, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await asyncio.sleep(0)


@pytest.mark.torture
async def test_a_removal_over_a_breaking_line_happens_once_and_the_last_word_is_true(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """G12"""
    monkeypatch.setattr(backoff, "FIRST_RETRY_S", 0.001)
    chance = random.Random(12)
    async with world.serving(tmp_path / "my.db", limits=world.Limits(stop_s=2)) as running:
        running.add(*(world.entered(n) for n in range(REMOVALS)))
        with world.TokenStore(running.path) as store:
            scopes = frozenset({world.Scope.READ, world.Scope.REMOVE})
            secret = store.add("both", scopes, now_ms=world.NOW_MS)[1]
        plain = await HttpSource.open(running.address, secret, may_remove=True)
        query = parse("", now_ms=world.NOW_MS, log=ROSTER)
        rows = [row async for row in everybody(plain, query)]
        assert len(rows) == REMOVALS
        unknown = 0
        async with relayed(running.port, chance) as (relay, address):
            relay.is_cutting = False
            source = await HttpSource.open(address, secret, may_remove=True)
            await source.health()
            relay.is_cutting = True
            for number, row in enumerate(rows):
                key = f"key-{number}"
                try:
                    answer = await source.remove(row.scenario_id, [row.contact_id], key=key, actor="ada")
                    assert answer.contacts == (row.contact_id,)
                except SourceUnavailable as error:
                    assert "is not known" in str(error)
                    unknown += 1
                    if await plain.removal(key) is None:
                        await plain.remove(row.scenario_id, [row.contact_id], key=key, actor="ada")
            await source.close()
            assert relay.cuts > REMOVALS // 5
        assert unknown < REMOVALS // 2
        lines = [line for start in range(0, REMOVALS, 1_000) for line in await plain.removals(start, 1_000)]
        assert sorted(line.contact_id for line in lines) == sorted(row.contact_id for row in rows)
        assert (await plain.roster(query)).total == 0
        await plain.close()


async def everybody(source: HttpSource, query: Any) -> AsyncIterator[Any]:
    cursor = None
    while True:
        page = await source.roster(query, cursor, limit=1_000)
        for row in page.rows:
            yield row
        cursor = page.newer
        if cursor is None or not page.rows:
            return
