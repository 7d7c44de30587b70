"""The schema of the server: every route with examples, which are what a server answers.

PARCOURS_RECORD=1 writes the answers anew.
"""

from __future__ import annotations

import asyncio
import json
import os
import typing
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import msgspec
import pytest
from litestar import Response

from backend.ingest.feed_reading import Options
from backend.ingest.ingest import Ingest
from backend.server.app import REMOVAL_ROUTES, ROUTES, STREAMS
from backend.server.described import BODIES, FILE, Example, load_examples
from backend.server.feed_routes import FEED_ROUTES
from backend.server.webhooks import Acknowledged
from backend.wire import Problem
from tests.backend.server import world

FEEDS = [
    str(Path(__file__).parents[3] / "examples" / f"parcours-{name}.ndjson")
    for name in ("definitions", "events")
]
BAD = b'{"v":1,"record":"event","kind":"sent"}'
EXAMPLES = load_examples()
HOW = "write what is asked into examples.json; PARCOURS_RECORD=1 adds the answers"
HANDLERS = {
    f"{method} {path.replace(':str', '').replace(':int', '')}": handler
    for handler in (*ROUTES, *STREAMS, *REMOVAL_ROUTES, *FEED_ROUTES)
    for path in handler.paths
    for method in handler.http_methods - {"OPTIONS"}
}


def answer_type(name: str) -> Any:
    """What a handler says that it answers; None where it is no JSON."""
    if HANDLERS[name].media_type or name.startswith("HEAD"):
        return None
    told = typing.get_type_hints(HANDLERS[name].fn)["return"]
    if told == Response[Acknowledged] | Response[Problem]:
        return Acknowledged
    return typing.get_args(told)[0] if typing.get_origin(told) is Response else told


async def ask(client: httpx.AsyncClient, name: str, example: Example) -> httpx.Response:
    """The example's question, with each part in its place."""
    method, _, path = name.partition(" ")
    asked = {
        key: str(value).lower() if value is True or value is False else str(value)
        for key, value in example.asked.items()
    }
    headers = {key: asked.pop(key) for key in list(asked) if key[:1].isupper()}
    for key in [key for key in asked if f"{{{key}}}" in path]:
        path = path.replace(f"{{{key}}}", quote(asked.pop(key), safe=""))
    body = None if example.body is None else json.dumps(example.body).encode()
    request = client.build_request(method, path, params=asked, headers=headers, content=body)
    if not path.endswith("/follow"):
        return await client.send(request)
    async with asyncio.timeout(60):
        answer = await client.send(request, stream=True)
        text = ""
        async for piece in answer.aiter_text():
            text += piece
            if "data: " in text:
                break
        await answer.aclose()
    return httpx.Response(answer.status_code, headers=answer.headers, text=text)


@pytest.fixture
async def example_server(tmp_path: Path) -> AsyncIterator[Any]:
    """On the example feeds, with one record that was set aside."""
    bad = tmp_path / "bad.ndjson"
    bad.write_bytes(BAD)
    with world.Store(tmp_path / "my.db", create=True, now_ms=lambda: world.NOW_MS) as store:
        Ingest(store, Options()).read([*FEEDS, str(bad)])
    async with world.serving(tmp_path / "my.db") as running:
        yield running


async def test_examples_are_what_a_server_answers(example_server: Any) -> None:
    recorded: dict[str, Any] = {}
    for name, example in EXAMPLES.items():
        scope = HANDLERS[name].opt["scope"] or "read"
        async with example_server.client(scope) as client:
            answer = await ask(client, name, example)
        assert answer.status_code == 200, (name, answer.text)
        kind = answer_type(name)
        value = answer.json() if kind is not None else answer.text or None
        if kind is not None:
            msgspec.convert(value, kind)
            assert_alike(example.answer, value, name)
        recorded[name] = {**msgspec.to_builtins(example), "answer": value}
    if os.environ.get("PARCOURS_RECORD"):
        FILE.write_text(json.dumps(recorded, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def assert_alike(told: Any, now: Any, place: str) -> None:
    """The same names and kinds of value; what was added since may be missing."""
    if os.environ.get("PARCOURS_RECORD") or told is None or now is None:
        return
    if isinstance(told, dict) and isinstance(now, dict):
        for name in told.keys() & now.keys():
            assert_alike(told[name], now[name], f"{place}.{name}")
    assert type(told) is type(now) or {type(told), type(now)} == {int, float}, (place, HOW)


def test_every_route_has_an_example_that_its_type_decodes() -> None:
    assert set(EXAMPLES) == set(HANDLERS), HOW
    for name, example in EXAMPLES.items():
        kind = answer_type(name)
        if kind is not None:
            read = msgspec.to_builtins(msgspec.convert(example.answer, kind))
            assert_known(example.answer, read, name)
        else:
            assert isinstance(example.answer, str) or name.startswith("HEAD"), name
    for path, asked in BODIES.items():
        msgspec.convert(EXAMPLES[f"POST {path}"].body, asked)


def assert_known(told: Any, read: Any, place: str) -> None:
    """Nothing stands in the example that its type does not know."""
    if isinstance(told, dict):
        for name, value in told.items():
            assert name in read, (f"{place}.{name}", HOW)
            assert_known(value, read[name], f"{place}.{name}")
    elif isinstance(told, list) and isinstance(read, list | tuple):
        for one, other in zip(told, read, strict=True):
            assert_known(one, other, place)


async def test_the_schema_shows_each_example_in_its_place(example_server: Any) -> None:
    async with example_server.client("read") as client:
        schema = (await client.get("/schema/openapi.json")).json()
    shown = {f"{method.upper()} {path}" for path, methods in schema["paths"].items() for method in methods}
    assert shown == set(HANDLERS)
    for name, example in EXAMPLES.items():
        method, _, path = name.partition(" ")
        operation = schema["paths"][path][method.lower()]
        for parameter in operation.get("parameters", ()):
            assert "example" in parameter or parameter["name"] in ("cursor",), (name, parameter["name"])
        assert ("requestBody" in operation) == (method == "POST"), name
        for content in operation.get("requestBody", {}).get("content", {}).values():
            assert content["example"] == example.body
        for content in operation["responses"]["200"].get("content", {}).values():
            assert content["example"] == example.answer, name
        refusal = operation["responses"]["default"]["content"]["application/json"]["example"]
        assert msgspec.convert(refusal, Problem).message
        scope = HANDLERS[name].opt["scope"]
        assert operation["security"] == ([{"token": [scope]}] if scope else []), name
    text = json.dumps(schema)
    for place in text.split("#/components/schemas/")[1:]:
        assert place.partition('"')[0] in schema["components"]["schemas"]
