"""Webhooks as each sender signs them, with keys of the tests' own, and what damage may look like."""

from __future__ import annotations

import base64
import datetime
import hmac
import json
import random
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from backend.server.feed_settings import FeedSettings
from backend.server.proofs import SnsMessage
from backend.server.sns import signed_text

EXAMPLES = Path(__file__).parents[3] / "examples"
NOW_S = 1_773_144_000  # 2026-03-10T12:00:00Z
KEY = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(65_537, 2_048)
PUBLIC = base64.b64encode(
    KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
).decode()
HOOK = "https://parcours.example.com/v1/feeds/mandrill/main"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:mail"
CERTIFICATE = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a1b.pem"

SETTINGS = {
    ("sendgrid", "main"): FeedSettings(key=PUBLIC),
    ("mailgun", "main"): FeedSettings(key="mailgun-key"),
    ("mandrill", "main"): FeedSettings(key="mandrill-key", url=HOOK),
    ("ses", "main"): FeedSettings(topic=TOPIC),
}


def certificate() -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(RSA_KEY.public_key())
        .serial_number(1)
        .not_valid_before(datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC))
        .not_valid_after(datetime.datetime(2027, 1, 1, tzinfo=datetime.UTC))
        .sign(RSA_KEY, hashes.SHA256())
    )
    return built.public_bytes(Encoding.PEM)


def sendgrid(body: bytes, stamp: int = NOW_S) -> dict[str, str]:
    signature = KEY.sign(str(stamp).encode() + body, ec.ECDSA(hashes.SHA256()))
    return {
        "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
        "X-Twilio-Email-Event-Webhook-Timestamp": str(stamp),
    }


def mailgun_body(token: str = "t" * 50, stamp: str = str(NOW_S), **changed: str) -> bytes:
    line = (EXAMPLES / "mailgun-webhook.ndjson").read_bytes().splitlines()[0]
    event = json.loads(line)["event-data"]
    digest = hmac.new(b"mailgun-key", f"{stamp}{token}".encode(), "sha256").hexdigest()
    signature = {"timestamp": stamp, "token": token, "signature": digest} | changed
    return json.dumps({"signature": signature, "event-data": event}).encode()


def mandrill(events: str, url: str = HOOK, key: bytes = b"mandrill-key") -> tuple[bytes, dict[str, str]]:
    digest = hmac.new(key, f"{url}mandrill_events{events}".encode(), "sha1").digest()
    body = f"mandrill_events={quote(events)}".encode()
    return body, {"X-Mandrill-Signature": base64.b64encode(digest).decode()}


def mandrill_events() -> str:
    return (EXAMPLES / "mandrill-webhook.json").read_text().strip()


def sns(version: str = "2", **changed: Any) -> bytes:
    line = (EXAMPLES / "ses-sns.ndjson").read_bytes().splitlines()[1]
    envelope = json.loads(line) | {
        "Type": "Notification",
        "TopicArn": TOPIC,
        "SigningCertURL": CERTIFICATE,
        "SignatureVersion": version,
        "Signature": "",
    }
    envelope |= changed
    known = {name: value for name, value in envelope.items() if name in SnsMessage.__struct_fields__}
    digest = hashes.SHA1() if version == "1" else hashes.SHA256()
    signature = RSA_KEY.sign(signed_text(SnsMessage(**known)).encode(), padding.PKCS1v15(), digest)
    return json.dumps(envelope | {"Signature": base64.b64encode(signature).decode()}).encode()


def mutated(text: bytes, chance: random.Random) -> bytes:
    """The same with one byte changed, added or left out."""
    place = chance.randrange(len(text))
    kind = chance.randrange(3)
    if kind == 0:
        return text[:place] + bytes([text[place] ^ (1 << chance.randrange(7))]) + text[place + 1 :]
    return text[:place] + (b"x" + text[place:] if kind == 1 else text[place + 1 :])
