"""What /schema says beyond the types: an example of every question, of every answer, and of a refusal.

The examples are data: examples.json, what a server on this project's example feeds was asked and answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from litestar import Litestar, Request
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.routes import HTTPRoute

from backend.tokens import Scope
from backend.wire import ExplanationsAsked, Problem, RemovalAsked

FILE = Path(__file__).with_name("examples.json")
REF = "#/components/schemas/{name}"
BODIES = {"/v1/removals": RemovalAsked, "/v1/explanations": ExplanationsAsked}
"""Of a JSON that is ours; a feed's is its sender's."""
REFUSED = {"error": "QueryError", "message": 'there is no kind "bonced"; did you mean bounced?', "column": 5}


class Example(msgspec.Struct, frozen=True):
    """One question to a route, and its answer."""

    asked: Mapping[str, Any]
    """Parts of the path, of the query and headers, by name."""
    answer: Any
    """JSON, or the text of what is none; None where nothing is answered."""
    body: Any = None


def load_examples() -> dict[str, Example]:
    """By method and path, as in "GET /v1/status"."""
    return msgspec.json.decode(FILE.read_bytes(), type=dict[str, Example])


class Described(JsonRenderPlugin):
    """Renders the schema with examples."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        whole = described(openapi_schema, load_examples(), scopes_of(request.app))
        return super().render(request, whole)


def scopes_of(app: Litestar) -> dict[str, Scope | None]:
    """What a token must be for, by method and path; None: no token is asked for."""
    return {
        f"{method} {route.path_format}": handler.opt.get("scope")
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for method in handler.http_methods
    }


def described(
    schema: dict[str, Any], examples: Mapping[str, Example], scopes: Mapping[str, Scope | None]
) -> dict[str, Any]:
    """The schema with the examples in their places, and with what is common to all routes."""
    paths: dict[str, dict[str, Any]] = {}
    for path, operations in schema["paths"].items():
        paths[path] = {}
        for method, operation in operations.items():
            name = f"{method.upper()} {path}"
            scope = scopes[name]
            security = {"security": [{"token": [scope]}] if scope else []}
            paths[path][method] = _operation({**operation, **security}, path, examples.get(name))
    _, ours = msgspec.json.schema_components((Problem, *BODIES.values()), ref_template=REF)
    known = schema.get("components", {})
    return {
        **schema,
        "paths": paths,
        "components": {
            **known,
            "schemas": {**known.get("schemas", {}), **ours},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(operation: Mapping[str, Any], path: str, example: Example | None) -> dict[str, Any]:
    refusal = {
        "description": "It is not answered: why, in one sentence.",
        "content": {"application/json": {"schema": _ref(Problem), "example": REFUSED}},
    }
    kept = {status: answer for status, answer in operation["responses"].items() if status != "400"}
    found = {**operation, "responses": {**kept, "default": refusal}}
    if example is None:
        return found
    found["responses"] |= {status: _answer(answer, example) for status, answer in kept.items()}
    if "parameters" in operation:
        found["parameters"] = [
            {**parameter, "example": example.asked[parameter["name"]]}
            if parameter["name"] in example.asked
            else parameter
            for parameter in operation["parameters"]
        ]
    if example.body is not None:
        schema = _ref(BODIES[path]) if path in BODIES else {}
        content = {"application/json": {"schema": schema, "example": example.body}}
        found["requestBody"] = {"required": True, "content": content}
    return found


def _answer(answer: Mapping[str, Any], example: Example) -> dict[str, Any]:
    content = answer.get("content", {})
    return {
        **answer,
        "content": {kind: {**each, "example": example.answer} for kind, each in content.items()},
    }


def _ref(kind: type) -> dict[str, str]:
    return {"$ref": REF.format(name=kind.__name__)}
