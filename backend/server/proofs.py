"""The senders' proofs that a webhook is theirs, checked over the bytes as they came. Pure.

Every check takes strangers' bytes and answers; nothing here raises for what they may hold.
Source: the senders' documentation, see docs/server.md.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from backend.errors import ConfigError, DecodeError
from backend.feeds.intake import parse_json
from backend.server.feed_settings import FeedSettings

WINDOW_S = 24 * 3600
"""How old a signed time may be: a sender tries again for up to a day, and may do so with the first proof.
What comes twice inside it counts once all the same."""
AHEAD_S = 300
MOST_FIELDS = 2_000

MANDRILL_TRIAL_KEY, MANDRILL_TRIAL = "test-webhook", [("mandrill_events", "[]")]
"""Before a webhook has a key, Mandrill tries it with no events and this one. It stores nothing."""

Headers = Mapping[bytes, bytes]
"""Names in lower case."""


class Proof(NamedTuple):
    """Whether a webhook is genuine; `once`: what must never come with another body."""

    genuine: bool
    once: bytes | None = None


FALSE = Proof(False)
Check = Callable[[FeedSettings, Headers, bytes, float], Proof]
"""Settings, headers, body, the time in seconds."""


def check_sendgrid(settings: FeedSettings, headers: Headers, body: bytes, now_s: float) -> Proof:
    """ECDSA over P-256 and SHA-256 of the timestamp and the raw body."""
    stamp = headers.get(b"x-twilio-email-event-webhook-timestamp", b"")
    signature = _base64(headers.get(b"x-twilio-email-event-webhook-signature", b""))
    if not signature or not _is_recent(stamp, now_s):
        return FALSE
    try:
        sendgrid_key(settings.key or "").verify(signature, stamp + body, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return FALSE
    return Proof(True)


def sendgrid_key(text: str) -> ec.EllipticCurvePublicKey:
    """The key that SendGrid shows. Raises: ConfigError."""
    try:
        key = load_der_public_key(base64.b64decode(text, validate=True))
    except (ValueError, binascii.Error, UnsupportedAlgorithm) as error:
        raise ConfigError("the key of the feed sendgrid is no public key in base64") from error
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise ConfigError("the key of the feed sendgrid is of another kind than ECDSA")
    return key


def check_mailgun(settings: FeedSettings, headers: Headers, body: bytes, now_s: float) -> Proof:
    """HMAC-SHA256 over timestamp and token. It does not cover the body: the token must not come again."""
    fields = _mailgun_fields(body)
    stamp, token, signature = (fields.get(name, "") for name in ("timestamp", "token", "signature"))
    if not token or not _is_recent(stamp.encode("utf-8", "replace"), now_s):
        return FALSE
    wanted = hmac.digest(
        (settings.key or "").encode(), f"{stamp}{token}".encode("utf-8", "replace"), "sha256"
    )
    if not hmac.compare_digest(wanted.hex().encode(), signature.lower().encode("utf-8", "replace")):
        return FALSE
    return Proof(True, once=f"mailgun:{token}".encode("utf-8", "replace"))


def _mailgun_fields(body: bytes) -> dict[str, str]:
    """The signature's fields of a JSON body, or of the older form."""
    if body.lstrip()[:1] == b"{":
        try:
            value = parse_json(body)
        except DecodeError:
            return {}
        told = value.get("signature") if isinstance(value, dict) else None
        return {k: str(v) for k, v in told.items()} if isinstance(told, dict) else {}
    return dict(_form(body) or ())


def check_mandrill(settings: FeedSettings, headers: Headers, body: bytes, now_s: float) -> Proof:
    """HMAC-SHA1 over the registered URL and the form's fields in the order of their names."""
    fields = _form(body)
    if not fields:
        return FALSE
    signed = (settings.url or "") + "".join(name + value for name, value in sorted(fields))
    key = MANDRILL_TRIAL_KEY if fields == MANDRILL_TRIAL else settings.key or ""
    wanted = hmac.digest(key.encode(), signed.encode("utf-8", "surrogateescape"), "sha1")
    given = headers.get(b"x-mandrill-signature", b"")
    return Proof(hmac.compare_digest(base64.b64encode(wanted), given))


def _form(body: bytes) -> list[tuple[str, str]] | None:
    try:
        return parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="surrogateescape",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError:
        return None


def body_digest(body: bytes) -> bytes:
    """What is kept of a body to know it again."""
    return hashlib.sha256(body).digest()


def _is_recent(stamp: bytes, now_s: float) -> bool:
    if not stamp.isdigit() or len(stamp) > 12:
        return False
    return now_s - WINDOW_S <= int(stamp) <= now_s + AHEAD_S


def _base64(text: bytes) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


class SnsMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What is signed of a message of Amazon SNS, and with what."""

    Type: str
    MessageId: str
    TopicArn: str
    Timestamp: str
    Message: str
    SignatureVersion: str
    Signature: str
    SigningCertURL: str
    Subject: str | None = None
    SubscribeURL: str | None = None
    Token: str | None = None
