"""Webhooks: whose they are is proved over the bytes, and an answer of 200 means stored."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from backend.errors import ConfigError
from backend.ingest.feed_reading import decode_frame
from backend.server import webhooks
from backend.server.feed_settings import FeedSettings, load_feeds
from backend.server.limits import Limits
from backend.server.proofs import WINDOW_S, sendgrid_key
from backend.server.sns import CERTIFICATE_URL
from backend.server.webhooks import FEEDS
from tests.backend.server import world
from tests.backend.server.signed import (
    CERTIFICATE,
    EXAMPLES,
    HOOK,
    NOW_S,
    SETTINGS,
    TOPIC,
    certificate,
    mailgun_body,
    mandrill,
    mandrill_events,
    mutated,
    sendgrid,
    sns,
)


@pytest.fixture
async def hooks(tmp_path: Path) -> AsyncIterator[Any]:
    limits = Limits(failed_logins=10_000, stop_s=2)
    async with world.serving(tmp_path / "my.db", feeds=SETTINGS, limits=limits) as running:
        running.certificates[CERTIFICATE] = certificate()
        yield running


async def post(running: Any, feed: str, body: bytes, headers: dict[str, str] | None = None) -> Any:
    async with running.client() as client:
        return await client.post(f"/v1/feeds/{feed}/main", content=body, headers=headers or {})


async def count(running: Any) -> int:
    health = await running.service.source.health()
    return int(health.events)


# --- proofs ----------------------------------------------------------------------------------------------


async def test_sendgrid_is_believed_by_its_signature_over_the_raw_body(hooks: Any) -> None:
    """G15"""
    body = (EXAMPLES / "sendgrid-webhook.json").read_bytes() + b"\r\n"
    headers = sendgrid(body)
    answer = await post(hooks, "sendgrid", body, headers)
    assert answer.status_code == 200 and answer.json()["new"] > 5, answer.text
    stored = await count(hooks)
    again = await post(hooks, "sendgrid", body, headers)
    assert (again.status_code, again.json()["new"]) == (200, 0)
    chance = random.Random(1)
    for _ in range(20):
        assert (await post(hooks, "sendgrid", mutated(body, chance), headers)).status_code == 401
    signature = "X-Twilio-Email-Event-Webhook-Signature"
    for wrong in (
        {},
        headers | {signature: ""},
        headers | {signature: "!!"},
        headers | {signature: base64.b64encode(b"x" * 70).decode()},
        headers | {"X-Twilio-Email-Event-Webhook-Timestamp": str(NOW_S + 1)},
        headers | {"X-Twilio-Email-Event-Webhook-Timestamp": "1e9"},
        sendgrid(body, NOW_S - WINDOW_S - 1),
        sendgrid(body, NOW_S + 301),
    ):
        assert (await post(hooks, "sendgrid", body, wrong)).status_code == 401, wrong
    assert await count(hooks) == stored


async def test_mailguns_token_never_comes_with_another_body(hooks: Any) -> None:
    body = mailgun_body()
    answer = await post(hooks, "mailgun", body)
    assert (answer.status_code, answer.json()) == (200, {"new": 1, "known": 0, "set_aside": 0})
    again = await post(hooks, "mailgun", body)
    assert (again.status_code, again.json()["new"]) == (200, 0)
    other = json.loads(body)
    other["event-data"]["id"] = "another"
    for wrong in (
        json.dumps(other).encode(),
        mailgun_body(token="u" * 50, signature="0" * 64),
        mailgun_body(token="u" * 50, timestamp=str(NOW_S + 1)),
        mailgun_body(token="", stamp=str(NOW_S)),
        mailgun_body(token="v", stamp=str(NOW_S - WINDOW_S - 1)),
        mailgun_body(token="w", stamp="nan"),
        b"{}",
        b'{"signature": 1}',
        b"",
        b"\xff",
        b"[" * 50_000,
    ):
        assert (await post(hooks, "mailgun", wrong)).status_code == 401, wrong[:80]
    assert await count(hooks) == 1


async def test_wrong_proofs_bar_an_address_and_no_right_one_from_it(tmp_path: Path) -> None:
    """Behind a proxy that tells no addresses all senders are one."""
    limits = Limits(failed_logins=3, stop_s=2)
    async with world.serving(tmp_path / "my.db", feeds=SETTINGS, limits=limits) as running:
        seen = [(await post(running, "mailgun", b"{}")).status_code for _ in range(5)]
        assert seen == [401, 401, 401, 429, 429]
        assert (await post(running, "mailgun", mailgun_body())).status_code == 200


async def test_mandrill_signs_its_address_and_every_field(hooks: Any) -> None:
    body, headers = mandrill(mandrill_events())
    answer = await post(hooks, "mandrill", body, headers)
    assert answer.status_code == 200 and answer.json()["new"] > 3, answer.text
    stored = await count(hooks)
    chance = random.Random(2)
    for _ in range(20):
        changed = mutated(body, chance)
        if changed.lower() != body.lower():  # %2f and %2F are one sign
            assert (await post(hooks, "mandrill", changed, headers)).status_code == 401, changed[:60]
    for wrong_body, wrong in (
        (body, {}),
        (body, {"X-Mandrill-Signature": "x"}),
        (body, mandrill(mandrill_events(), HOOK + "/")[1]),
        (body + b"&more=1", headers),
        (b"", headers),
    ):
        assert (await post(hooks, "mandrill", wrong_body, wrong)).status_code == 401
    assert await count(hooks) == stored
    trial, signed = mandrill("[]", key=b"test-webhook")
    assert (await post(hooks, "mandrill", trial, signed)).status_code == 200
    forged, signed = mandrill(mandrill_events(), key=b"test-webhook")
    assert (await post(hooks, "mandrill", forged, signed)).status_code == 401


@pytest.mark.parametrize("version", ["1", "2"])
async def test_amazon_is_believed_by_the_certificate_that_is_its_own(hooks: Any, version: str) -> None:
    body = sns(version)
    answer = await post(hooks, "ses", body, {"X-Amz-Sns-Message-Id": json.loads(body)["MessageId"]})
    assert answer.status_code == 200 and answer.json()["new"] > 0, answer.text
    assert (await post(hooks, "ses", body)).json()["new"] == 0
    assert hooks.fetched == [CERTIFICATE], "it is kept"
    stored = await count(hooks)
    value = json.loads(body)
    for wrong in (
        json.dumps(value | {"Message": value["Message"] + " "}).encode(),
        json.dumps(value | {"MessageId": "other"}).encode(),
        json.dumps(value | {"Timestamp": "2026-03-10T12:00:01.000Z"}).encode(),
        json.dumps(value | {"SignatureVersion": "3"}).encode(),
        json.dumps(value | {"Signature": "eA=="}).encode(),
        json.dumps(value | {"Type": "Other"}).encode(),
        sns(version, TopicArn=TOPIC + "2"),
        b"{}",
        b"\xff",
        b"[" * 50_000,
    ):
        assert (await post(hooks, "ses", wrong)).status_code == 401, wrong[:60]
    wrong_id = await post(hooks, "ses", body, {"X-Amz-Sns-Message-Id": "other"})
    assert wrong_id.status_code == 401
    assert await count(hooks) == stored


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a1b.pem",
        "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-0a1b.pem",
        "https://sns.eu-west-1.amazonaws.com@evil.example/SimpleNotificationService-0a1b.pem",
        "https://evil.example/sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a1b.pem",
        "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a1b.pem?x=.pem",
        "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a1b.pem\n",
        "https://sns.eu-west-1.amazonaws.com:444/SimpleNotificationService-0a1b.pem",
        "https://s3.eu-west-1.amazonaws.com/SimpleNotificationService-0a1b.pem",
        "https://sns.a.b.amazonaws.com/SimpleNotificationService-0a1b.pem",
        "https://127.0.0.1/SimpleNotificationService-0a1b.pem",
        "file:///etc/passwd",
    ],
)
async def test_no_other_address_of_a_certificate_is_ever_fetched(hooks: Any, url: str) -> None:
    assert not CERTIFICATE_URL.fullmatch(url)
    assert (await post(hooks, "ses", sns(SigningCertURL=url))).status_code == 401
    assert hooks.fetched == []


async def test_a_subscription_is_told_to_a_person_and_not_confirmed(
    hooks: Any, caplog: pytest.LogCaptureFixture
) -> None:
    body = sns(Type="SubscriptionConfirmation", SubscribeURL="https://sns.example/\x1b[31m", Token="t")
    answer = await post(hooks, "ses", body)
    assert answer.status_code == 200
    assert hooks.fetched == [CERTIFICATE]
    assert "a person may open: https://sns.example/" in caplog.text and "\x1b" not in caplog.text


async def test_a_certificate_that_cannot_be_had_now_is_asked_for_again(hooks: Any) -> None:
    hooks.certificates[CERTIFICATE] = b"no certificate"
    answer = await post(hooks, "ses", sns())
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    hooks.certificates[CERTIFICATE] = certificate()
    assert (await post(hooks, "ses", sns())).status_code == 200


async def test_a_sender_that_signs_is_not_believed_without_a_key(hooks: Any) -> None:
    body = (EXAMPLES / "sendgrid-webhook.json").read_bytes()
    async with hooks.client("ingest") as client:
        answer = await client.post("/v1/feeds/sendgrid/other", content=body, headers=sendgrid(body))
    assert answer.status_code == 401


# --- taking ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("feed", "example"),
    [
        ("brevo", "brevo-webhook-batched.json"),
        ("brevo", "brevo-webhook.ndjson"),
        ("brevo", "brevo-marketing-webhook.ndjson"),
        ("mailjet", "mailjet-webhook.ndjson"),
        ("postmark", "postmark-webhook.ndjson"),
        ("sparkpost", "sparkpost-webhook.json"),
        ("parcours", "parcours-events.ndjson"),
    ],
)
async def test_a_feed_that_signs_nothing_needs_a_token(hooks: Any, feed: str, example: str) -> None:
    body = (EXAMPLES / example).read_bytes()
    assert (await post(hooks, feed, body)).status_code == 401
    basic = base64.b64encode(f"hook:{hooks.tokens['ingest']}".encode()).decode()
    answer = await post(hooks, feed, body, {"Authorization": f"Basic {basic}"})
    assert answer.status_code == 200 and answer.json()["new"] > 0, answer.text
    again = await post(hooks, feed, body, {"Authorization": f"Bearer {hooks.tokens['ingest']}"})
    assert (again.status_code, again.json()["new"]) == (200, 0)
    wrong = {"Authorization": f"Bearer {hooks.tokens['read']}"}
    assert (await post(hooks, feed, body, wrong)).status_code == 403


async def test_one_bad_record_is_set_aside_and_the_rest_is_stored(hooks: Any) -> None:
    good = (EXAMPLES / "brevo-webhook.ndjson").read_bytes().splitlines()[0]
    token = {"Authorization": f"Bearer {hooks.tokens['ingest']}"}
    answer = await post(hooks, "brevo", b"[" + good + b', {"event": "delivered"}, 7]', token)
    assert (answer.status_code, answer.json()) == (200, {"new": 1, "known": 0, "set_aside": 2})
    for body in (b"", b"not json", b"\xff\xfe\x00", b"[" * 90_000, b'{"a": NaN}', b'{"event": "\\ud800"}'):
        answer = await post(hooks, "brevo", body, token)
        assert (answer.status_code, answer.json()["new"]) == (200, 0), body[:20]
    assert len(await hooks.service.source.rejected()) >= 5


@pytest.mark.parametrize("piece", [b"7", b"{}", b'{"msys":{}}', b"[]x"])
async def test_a_body_of_too_many_pieces_is_refused_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: bytes
) -> None:
    """However many more there are, no more work is done than for as many as there may be."""
    decoded = 0

    def counting(*asked: Any) -> Any:
        nonlocal decoded
        decoded += 1
        return decode_frame(*asked)

    monkeypatch.setattr(webhooks, "decode_frame", counting)
    async with world.serving(tmp_path / "my.db", limits=Limits(body_records=50, stop_s=2)) as running:
        token = {"Authorization": f"Bearer {running.tokens['ingest']}"}
        few = await post(running, "sparkpost", b"\n".join([piece] * 50), token)
        assert few.status_code == 200, few.text
        kept = len(await running.service.source.rejected())
        decoded = 0
        many = await post(running, "sparkpost", b"\n".join([piece] * 5_000), token)
        assert (many.status_code, many.json()["error"]) == (413, "Refused")
        assert "more than 50 records in one body: nothing of it was stored" in many.text
        assert decoded <= 51 and len(await running.service.source.rejected()) == kept


async def test_an_address_may_be_tried_before_anything_is_set(hooks: Any) -> None:
    async with hooks.client() as client:
        for feed in FEEDS:
            answer = await client.head(f"/v1/feeds/{feed}/other")
            assert (answer.status_code, answer.content) == (200, b""), feed
        assert (await client.head("/v1/feeds/nonsense/main")).status_code == 404


TRIALS = [("sparkpost", b'[{"msys":{}}]'), ("sparkpost", b'{"msys":{}}'), ("mailjet", b"[]"), ("brevo", b"")]


@pytest.mark.parametrize(("feed", "body"), TRIALS)
async def test_a_trial_without_events_stores_nothing_and_sets_nothing_aside(
    hooks: Any, feed: str, body: bytes
) -> None:
    answer = await post(hooks, feed, body, {"Authorization": f"Bearer {hooks.tokens['ingest']}"})
    assert (answer.status_code, answer.json()) == (200, {"new": 0, "known": 0, "set_aside": 0})


async def test_a_feed_that_is_none_is_not_found(hooks: Any) -> None:
    async with hooks.client("ingest") as client:
        for path in ("/v1/feeds/nonsense/main", "/v1/feeds/brevo/..%2fx", "/v1/feeds/brevo/a%00b"):
            assert (await client.post(path, content=b"{}")).status_code == 404, path


async def test_many_senders_at_once_lose_nothing(hooks: Any) -> None:
    line = json.loads((EXAMPLES / "brevo-webhook.ndjson").read_bytes().splitlines()[0])
    bodies = [
        json.dumps([line | {"message-id": f"<{batch}.{n}@x>"} for n in range(20)]).encode()
        for batch in range(10)
    ]
    random.Random(3).shuffle(bodies)
    token = {"Authorization": f"Bearer {hooks.tokens['ingest']}"}
    answers = await asyncio.gather(*(post(hooks, "brevo", body, token) for body in (*bodies, *bodies[:3])))
    assert {answer.status_code for answer in answers} == {200}
    assert sum(answer.json()["new"] for answer in answers) == 200 == await count(hooks)


# --- settings --------------------------------------------------------------------------------------------

NEEDED = {name: feed.needed for name, feed in FEEDS.items()}


def write(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "feeds.toml"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_settings_of_feeds_are_read(tmp_path: Path) -> None:
    path = write(tmp_path, '[sendgrid.main]\nkey = "k"\n[brevo.shop]\nzone = "Europe/Paris"\n')
    assert load_feeds(path, NEEDED) == {
        ("sendgrid", "main"): FeedSettings(key="k"),
        ("brevo", "shop"): FeedSettings(zone="Europe/Paris"),
    }
    assert load_feeds(tmp_path / "none.toml", NEEDED) == {}
    assert "secret" not in repr(FeedSettings(key="secret"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[mailgun.main]\nzone = "UTC"\n', r"\[mailgun.main\] lacks key"),
        ('[mandrill.main]\nkey = "secret"\n', "lacks url"),
        ('[nonsense.main]\nkey = "secret"\n', 'there is no feed "nonsense"; there are: brevo'),
        ('[mailgun]\nkey = "secret"\n', r"write \[mailgun.ACCOUNT\]|each setting is a text"),
        ('[mailgun.main]\nkey = "secret"\nword = "x"\n', "each setting is a text; there are: key, url"),
        ('[mailgun."a b"]\nkey = "secret"\n', "an account is letters"),
        ('[brevo.main]\nzone = "Nowhere"\n', "there is no such time zone"),
        ("[mailgun.main\n", "is not TOML"),
    ],
)
def test_wrong_settings_are_told_without_the_key(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told) as caught:
        load_feeds(write(tmp_path, text), NEEDED)
    assert "secret" not in str(caught.value)


def test_settings_that_others_can_read_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "", 0o640)
    with pytest.raises(ConfigError, match="can be read by others: chmod 600"):
        load_feeds(path, NEEDED)
    path.chmod(0o600)
    (tmp_path / "link.toml").symlink_to(path)
    with pytest.raises(ConfigError, match="cannot read"):
        load_feeds(tmp_path / "link.toml", NEEDED)


@pytest.mark.parametrize("text", ["", "!!", "eHg=", base64.b64encode(hashlib.sha256(b"").digest()).decode()])
def test_a_key_that_is_none_is_told(text: str) -> None:
    with pytest.raises(ConfigError, match="sendgrid is no public key"):
        sendgrid_key(text)
