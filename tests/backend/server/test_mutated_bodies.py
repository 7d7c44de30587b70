"""Bodies of any bytes, at every door that takes one: an answer of ours, and never a bug."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.backend.server import world
from tests.backend.server.signed import (
    CERTIFICATE,
    EXAMPLES,
    SETTINGS,
    certificate,
    mailgun_body,
    mandrill,
    mandrill_events,
    sendgrid,
    sns,
)

IS_LONG = os.environ.get("PARCOURS_TORTURE") == "1"
BODIES = 10_000 if IS_LONG else 150
PARTS = 10 if IS_LONG else 1
"""The 100,000 bodies of the goal in parts, so that all cores take some."""
JUNK = (
    *(
        b"\x00",
        b"\xff",
        b'"',
        b"{",
        b"[",
        b"}",
        b"]",
        b",",
        b":",
        b"\r\n",
        b"\\",
        b"\\ud800",
        b"\xef\xbb\xbf",
    ),
    *(
        b"1e999",
        b"NaN",
        b"-0",
        b"9" * 30,
        b"null",
        b"true",
        b"\xed\xa0\x80",
        b"\x1b[31m",
        b"\r\n",
        b'"a":1,"a":2,',
    ),
)
Made = tuple[bytes, dict[str, str]]
"""A body, and the headers that prove it."""


def seeds() -> dict[str, list[bytes]]:
    """What each feed sends, one record or all of them."""
    wanted = ("brevo-webhook", "mailjet", "postmark", "sparkpost", "parcours-events", "sendgrid")
    found: dict[str, list[bytes]] = {}
    for name in wanted:
        for path in sorted(EXAMPLES.glob(f"{name}*")):
            content = path.read_bytes()
            found.setdefault(name.partition("-")[0], []).extend([content, *content.splitlines()[:2]])
    found["mailgun"] = (EXAMPLES / "mailgun-webhook.ndjson").read_bytes().splitlines()
    found["mandrill"] = [mandrill_events().encode()]
    found["ses"] = (EXAMPLES / "ses-feedback.ndjson").read_bytes().splitlines()
    return found


def mutated(seed: bytes, chance: random.Random) -> bytes:
    body = bytearray(seed)
    for _ in range(chance.randrange(1, 6)):
        start = chance.randrange(len(body) + 1)
        many = chance.choice((1, 1, 1, 1, 1, 40, 5_000))
        body[start : start + chance.randrange(4)] = chance.choice(JUNK) * many
    return bytes(body)


def signed_mailgun(body: bytes, number: int) -> Made:
    """The signature covers no event, so any may stand beside it."""
    head, _, _ = mailgun_body(token=f"t{number}").partition(b', "event-data"')
    return head + b', "event-data": ' + body + b"}", {}


MAKERS: dict[str, Callable[[bytes, int], Made]] = {
    "sendgrid": lambda body, number: (body, sendgrid(body)),
    "mailgun": signed_mailgun,
    "mandrill": lambda body, number: mandrill(body.decode("utf-8", "replace")),
    "ses": lambda body, number: (sns(Message=body.decode("utf-8", "replace")), {}),
}


@pytest.mark.torture
@pytest.mark.parametrize("part", range(PARTS))
async def test_bodies_of_any_bytes_never_break_the_server(tmp_path: Path, part: int) -> None:
    """G19"""
    chance = random.Random(19 + part)
    feeds = seeds()
    removal = b'{"scenario_id":1,"contacts":[1],"actor":"a"}'
    limits = world.Limits(failed_logins=10 * BODIES, stop_s=2)
    async with world.serving(tmp_path / "my.db", feeds=SETTINGS, limits=limits) as running:
        running.certificates[CERTIFICATE] = certificate()
        async with running.client("ingest") as hook, running.client("remove") as remover:
            for number in range(BODIES):
                door = chance.choice([*feeds, "removals"])
                if door == "removals":
                    body, key = mutated(removal, chance), {"Idempotency-Key": f"k{number}"}
                    answer = await remover.post("/v1/removals", content=body, headers=key)
                    assert answer.status_code in (200, 404, 409, 413, 422), body
                    continue
                body = mutated(chance.choice(feeds[door]), chance)
                body, headers = MAKERS[door](body, number) if door in MAKERS else (body, {})
                answer = await hook.post(f"/v1/feeds/{door}/main", content=body, headers=headers)
                expected = (200, 401) if door == "mailgun" else (200,)
                assert answer.status_code in expected, (number, door, answer.text, body[:2_000])
                assert answer.json().keys() in ({"new", "known", "set_aside"}, {"error", "message"})
