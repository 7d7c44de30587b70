"""Questions of any text: each part of every route's example changed; what cannot be answered says why."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backend.ingest.feed_reading import Options
from backend.ingest.ingest import Ingest
from backend.wire import STATUS, Problem
from tests.backend.server import world
from tests.backend.server.test_described import EXAMPLES, FEEDS, ask

QUESTIONS = 20_000 if os.environ.get("PARCOURS_TORTURE") == "1" else 200
EXPECTED = {200, 204, 405, *STATUS.values()} - {503}
JUNK: tuple[str, ...] = (
    *("", " ", "0", "-1", "-0", "1.5", "1e9", "nan", "true", "null", "[]", "{}", '"', "'", "\\", "%", "%00"),
    *("9223372036854775807", "9223372036854775808", "-9223372036854775809", "9" * 5_000, "x" * 3_000),
    *(
        "é",
        "\U0001f600",
        "\u202e",
        "\x1b[31m",
        "\x9b",
        "\x00",
        "\n",
        "..",
        "../../x",
        "a/b",
        ";",
        "--",
        "*",
        "(",
    ),
    *(
        "kind:",
        ":",
        "-",
        "-" * 500,
        "since:",
        "since:0s",
        "since:99999999d",
        "until:0000",
        "kind:*",
        "contact:%",
    ),
)
ASKED = [name for name, one in EXAMPLES.items() if name[:3] == "GET" and one.asked and "follow" not in name]


def changed(asked: dict[str, Any], path: str, chance: random.Random) -> dict[str, Any]:
    """One part replaced, cut off, with junk in the middle, or left out."""
    name = chance.choice(list(asked))
    text, junk = str(asked[name]), chance.choice(JUNK)
    place = chance.randrange(len(text) + 1)
    found = {**asked, name: chance.choice((junk, text[:place] + junk + text[place:], text[:place]))}
    if chance.random() < 0.1 and f"{{{name}}}" not in path:
        del found[name]
    return found


@pytest.mark.torture
async def test_questions_of_any_text_never_break_the_server(tmp_path: Path) -> None:
    chance = random.Random(8)
    with world.Store(tmp_path / "my.db", create=True, now_ms=lambda: world.NOW_MS) as store:
        Ingest(store, Options()).read(FEEDS)
    async with world.serving(tmp_path / "my.db") as running, running.client("read") as client:
        for _ in range(QUESTIONS):
            name = chance.choice(ASKED)
            asked = changed(dict(EXAMPLES[name].asked), name, chance)
            answer = await ask(client, name, msgspec.structs.replace(EXAMPLES[name], asked=asked))
            assert answer.status_code in EXPECTED, (name, asked, answer.text)
            if answer.status_code >= 400:
                assert msgspec.json.decode(answer.content, type=Problem).message
            elif answer.headers.get("content-type", "") == "application/json":
                json.loads(answer.content)
