"""Amazon SNS: the certificate that a message names, under rules that leave no choice to who wrote it.

A message names the address of the certificate to check it with, so a forger would name his own: only the
address form of Amazon's own certificates is fetched, without redirects, and kept. An address to confirm a
subscription is never fetched, only told to a person.
Source: docs.aws.amazon.com/sns, "Verifying the signatures of Amazon SNS messages".
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from backend.server.proofs import Headers, SnsMessage

CERTIFICATE_URL = re.compile(
    r"https://sns\.[a-z0-9-]{1,40}\.amazonaws\.com(\.cn)?/SimpleNotificationService-[0-9a-f]{1,80}\.pem"
)
FETCH_S = 5.0
MOST_BYTES = 65_536
KEPT = 16
SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": (
        *("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    ),
}
SIGNED["UnsubscribeConfirmation"] = SIGNED["SubscriptionConfirmation"]
HASHES: dict[str, Callable[[], hashes.HashAlgorithm]] = {
    "1": hashes.SHA1,  # Amazon's version 1, for topics that were never changed to 2
    "2": hashes.SHA256,
}

Fetch = Callable[[str], Awaitable[bytes]]


class Certificates:
    """Amazon's certificates, fetched when first named."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._kept: OrderedDict[str, x509.Certificate] = OrderedDict()

    async def key_of(self, url: str, now_s: float) -> rsa.RSAPublicKey | None:
        """The key of a valid certificate; None for an address that is not Amazon's."""
        if not CERTIFICATE_URL.fullmatch(url):
            return None
        found = self._kept.get(url)
        if found is None:
            found = x509.load_pem_x509_certificate(await self._fetch(url))
            self._kept[url] = found
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        starts, ends = found.not_valid_before_utc.timestamp(), found.not_valid_after_utc.timestamp()
        key = found.public_key()
        return key if starts <= now_s <= ends and isinstance(key, rsa.RSAPublicKey) else None


async def check_sns(
    topic: str | None, headers: Headers, body: bytes, now_s: float, certificates: Certificates
) -> SnsMessage | None:
    """The message, where it is genuine and from the topic; else None.

    Raises: OSError, ValueError where the certificate could not be had: try again later.
    """
    try:
        message = msgspec.json.decode(body, type=SnsMessage)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError, ValueError):
        return None
    told_id = headers.get(b"x-amz-sns-message-id")
    digest = HASHES.get(message.SignatureVersion)
    if message.TopicArn != topic or digest is None or message.Type not in SIGNED:
        return None
    if told_id is not None and told_id != message.MessageId.encode("utf-8", "replace"):
        return None
    key = await certificates.key_of(message.SigningCertURL, now_s)
    if key is None:
        return None
    try:
        signature = base64.b64decode(message.Signature, validate=True)
        key.verify(signature, signed_text(message).encode(), padding.PKCS1v15(), digest())
    except (InvalidSignature, binascii.Error, ValueError):
        return None
    return message


def signed_text(message: SnsMessage) -> str:
    """What Amazon signs: names and values, each on a line."""
    told = ((name, getattr(message, name)) for name in SIGNED[message.Type])
    return "".join(f"{name}\n{value}\n" for name, value in told if value is not None)


async def fetch_certificate(url: str) -> bytes:
    """The bytes at one of Amazon's addresses. Raises: OSError."""
    import httpx

    try:
        async with (
            asyncio.timeout(FETCH_S),
            httpx.AsyncClient(follow_redirects=False, trust_env=False) as client,
            client.stream("GET", url, headers={"Accept-Encoding": "identity"}) as response,
        ):
            content = b""
            async for chunk in response.aiter_raw():
                content += chunk
                if len(content) > MOST_BYTES:
                    raise OSError("the certificate is too long")
    except (httpx.HTTPError, TimeoutError) as error:
        raise OSError("the certificate cannot be fetched") from error
    if response.status_code != 200:
        raise OSError("the certificate cannot be fetched")
    return content
