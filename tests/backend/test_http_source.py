"""HttpSource against servers that are wrong, hostile, gone or come back."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import socket
import ssl
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from backend import backoff
from backend.errors import (
    AccessRefused,
    ConfigError,
    NoSuchSource,
    ParcoursError,
    QueryTimedOut,
    SchemaMismatch,
    SourceUnavailable,
    UsageError,
)
from backend.model import Away, EventKind, LogName
from backend.query.language import parse
from backend.source import METHODS
from backend.sources import exchange, http
from backend.sources.address import check_address
from backend.sources.http import HttpSource
from backend.sources.unreached import translated
from backend.token_file import find_token
from tests.backend.server import world

SECRET = "pcr_r_canary_0123456789"
Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def answering(answer: Answer, seen: list[bytes] | None = None) -> AsyncIterator[str]:
    """A server that reads a request's head and does what it likes."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = await reader.readuntil(b"\r\n\r\n")
            if seen is not None:
                seen.append(head)
            await answer(reader, writer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await asyncio.sleep(0)


def saying(*parts: bytes) -> Answer:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()

    return answer


def page(body: bytes, kind: str = "application/json", more: str = "", status: str = "200 OK") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    return head.encode("latin-1") + body


def endless(piece: bytes, start: bytes) -> Answer:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        while True:
            writer.write(piece)
            await writer.drain()

    return answer


def dripping(start: bytes) -> Answer:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)

    return answer


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


START = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = START + b"Transfer-Encoding: chunked\r\n\r\n"
BOMB = gzip.compress(b" " * 100_000_000, 9)
HOSTILE: dict[str, tuple[Answer, type[ParcoursError], str]] = {
    "a bomb": (
        saying(page(BOMB, more="Content-Encoding: gzip\r\n")),
        SourceUnavailable,
        "larger than 8 MB",
    ),
    "10 GB declared": (
        saying(START + b"Content-Length: 10000000000\r\n\r\n"),
        SourceUnavailable,
        "larger than",
    ),
    "endless": (endless(b"10000\r\n" + b" " * 65_536 + b"\r\n", CHUNKED), SourceUnavailable, "larger than"),
    "drip": (
        dripping(START + b"Content-Length: 1000000\r\n\r\n"),
        QueryTimedOut,
        "(began to answer and was not done|did not answer) in",
    ),
    "silence": (silent, QueryTimedOut, "did not answer in|stopped answering"),
    "endless headers": (
        endless(b"X: y\r\n" * 10_000, b"HTTP/1.1 200 OK\r\n"),
        SourceUnavailable,
        "no valid HTTP",
    ),
    "no HTTP": (
        saying(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
        SourceUnavailable,
        "no valid HTTP; something else may listen there",
    ),
    "nothing at all": (saying(), SourceUnavailable, "closed the connection before it had answered"),
    "cut off": (
        saying(START + b"Content-Length: 100\r\n\r\n{"),
        SourceUnavailable,
        "the answer was cut off",
    ),
    "a portal": (
        saying(page(b"<html>", "text/html")),
        SchemaMismatch,
        "answers with a web page.*a page to sign in",
    ),
    "other JSON": (saying(page(b'{"ok":true}')), SchemaMismatch, "not as a parcours server"),
    "NaN": (saying(page(b'{"version":NaN}')), SchemaMismatch, "not as a parcours server"),
    "depth": (saying(page(b'{"x":' * 100_000)), SchemaMismatch, "not as a parcours server"),
    "no UTF-8": (saying(page(b'{"version":"\xff","api":1}')), SchemaMismatch, "not as a parcours server"),
    "damaged gzip": (
        saying(page(b"\x1f\x8bxxxx", more="Content-Encoding: gzip\r\n")),
        SourceUnavailable,
        "is damaged",
    ),
    "cut gzip": (
        saying(page(gzip.compress(b"{}")[:-4], more="Content-Encoding: gzip\r\n")),
        SourceUnavailable,
        "was cut off",
    ),
    "another packing": (saying(page(b"{}", more="Content-Encoding: br\r\n")), SchemaMismatch, "not as a"),
    "escape in the status": (
        saying(page(b"x", "text/plain", status="500 \x9b31mred")),
        SourceUnavailable,
        r"in trouble \(status 500\)$",
    ),
    "an older server": (
        saying(page(b'{"program":"parcours","version":"0","api":0}')),
        SchemaMismatch,
        "is older than this program.*bring it up to date",
    ),
    "no such route": (
        saying(page(b'{"error":"NoRoute","message":"x"}', status="404 Not Found")),
        SchemaMismatch,
        "too old, or something else",
    ),
    "wrong token": (
        saying(page(b"{}", status="401 Unauthorized")),
        AccessRefused,
        "does not know this token",
    ),
    "no scope": (saying(page(b"{}", status="403 Forbidden")), AccessRefused, "scopes do not cover"),
    "a token that is over": (
        saying(page(b'{"error":"AccessRefused","message":"this token was revoked"}', status="401 No")),
        AccessRefused,
        r"http://127.0.0.1:\d+: this token was revoked$",
    ),
    "stopped behind its proxy": (
        saying(page(b"<html>", "text/html", status="502 Bad Gateway")),
        SourceUnavailable,
        r"the proxy before it cannot reach it \(status 502\)",
    ),
    "http where https is": (
        saying(page(b"<html>", "text/html", status="400 Bad Request")),
        SchemaMismatch,
        "does not take plain http; is it an https address",
    ),
    "too often": (
        saying(page(b"", "text/html", status="429 Slow", more="Retry-After: 60\r\n")),
        SourceUnavailable,
        "asked too often from here",
    ),
    "elsewhere": (
        saying(page(b"", more="Location: https://evil.example/x\r\n", status="307 Go")),
        SourceUnavailable,
        r"sends elsewhere \(evil.example\), which is not followed",
    ),
}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST_RETRY_S", 0.02)


@pytest.mark.parametrize("case", list(HOSTILE))
async def test_a_hostile_server_ends_in_one_clear_sentence(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """G17: in time, in little memory, and the token is nowhere in the words."""
    answer, error, told = HOSTILE[case]
    total_s = 0.5 if error is QueryTimedOut else 60.0
    defaults = {**(exchange.Exchange.__init__.__kwdefaults__ or {}), "total_s": total_s}
    monkeypatch.setattr(exchange.Exchange.__init__, "__kwdefaults__", defaults)
    async with answering(answer) as address:
        tracemalloc.start()
        with pytest.raises(error, match=told) as caught:
            await asyncio.wait_for(HttpSource.open(address, SECRET), 60)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 32_000_000
    text = str(caught.value)
    assert SECRET not in text and text.isprintable() and len(text) < 200


async def test_a_redirect_and_a_proxy_in_the_environment_see_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """G16"""
    elsewhere: list[bytes] = []
    async with answering(saying(page(b"{}")), elsewhere) as other:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, other)
        redirect = page(b"", more=f"Location: {other}/\r\n", status="302 Found")
        async with answering(saying(redirect)) as address:
            with pytest.raises(SourceUnavailable, match="sends elsewhere"):
                await HttpSource.open(address, SECRET)
    assert elsewhere == []


@pytest.mark.parametrize(
    "text",
    [
        "http://10.0.0.1",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://127.0.0.1@evil.example",
        "https://user:secret@evil.example",
        "http://[::2]",
        "http://2130706433",
        "ftp://127.0.0.1",
        "https://",
        "https://x?y=1",
        "https://x#y",
        "https://x:99999",
        "https://[::1",
        "https://ex\u202eample.com",
        "https://x\x1b[31m",
    ],
)
def test_an_address_that_may_not_be_used_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_address(text)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("https://parcours.example.com/", "https://parcours.example.com"),
        ("https://example.com:8443/parcours/", "https://example.com:8443/parcours"),
        ("http://127.0.0.1:8321", "http://127.0.0.1:8321"),
        ("http://localhost:8321", "http://localhost:8321"),
        ("http://[::1]:8321", "http://[::1]:8321"),
    ],
)
def test_an_address_that_may_be_used_is_taken(text: str, whole: str) -> None:
    assert check_address(text) == whole


async def test_refused_and_unknown_hosts_are_told_apart() -> None:
    server = await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    with pytest.raises(SourceUnavailable, match="refuses the connection: nothing listens there now"):
        await HttpSource.open(f"http://127.0.0.1:{port}", SECRET)


@pytest.mark.parametrize(
    ("code", "error", "told"),
    [
        (socket.EAI_NONAME, NoSuchSource, "there is no host parcours.invalid"),
        (socket.EAI_AGAIN, SourceUnavailable, "the name parcours.invalid cannot be looked up now"),
    ],
)
async def test_a_name_that_is_none_and_one_that_cannot_be_asked_for_are_told_apart(
    code: int, error: type[ParcoursError], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look_up(*args: object, **more: object) -> None:
        raise socket.gaierror(code, "words of the system")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(error, match=told):
        await HttpSource.open("https://parcours.invalid", SECRET)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (9, "is not valid yet"),
        (10, "has expired"),
        (18, "is self-signed and not known here; parcours source add --ca-file"),
        (20, "is of an authority that is not known here; parcours source add --ca-file"),
        (62, "is for another name than parcours.invalid"),
        (64, "is for another name than parcours.invalid"),
        (1, "cannot be trusted"),
    ],
)
def test_what_is_wrong_with_a_certificate_is_told(code: int, told: str) -> None:
    wrong = ssl.SSLCertVerificationError(1, "words of a library")
    wrong.verify_code = code
    error = httpx.ConnectError("words of another")
    error.__cause__ = wrong
    said = translated(error, "https://parcours.invalid", has_begun=False, connect_s=5)
    assert str(said).startswith(f"https://parcours.invalid: its certificate {told}")


@pytest.mark.parametrize(
    ("proxy", "error", "told"),
    [
        ("nonsense", UsageError, "nonsense is no address of a proxy"),
        ("socks5://127.0.0.1:1", UsageError, "is no address of a proxy"),
        ("http://me:canary@", UsageError, "is no address of a proxy"),
        ("http://me:canary@127.0.0.1:1", SourceUnavailable, "the proxy 127.0.0.1 cannot be reached"),
    ],
)
async def test_a_proxy_that_is_none_or_is_away_is_told_apart_from_the_server(
    proxy: str, error: type[ParcoursError], told: str
) -> None:
    with pytest.raises(error, match=told) as caught:
        await HttpSource.open("https://parcours.invalid", SECRET, proxy=proxy)
    assert "canary" not in str(caught.value)


async def test_a_token_that_is_asked_for_and_was_not_given_is_said_to_be_missing() -> None:
    async with answering(saying(page(b"{}", status="401 Unauthorized"))) as address:
        with pytest.raises(AccessRefused, match="asks for a token, and none was given"):
            await HttpSource.open(address, None)


async def test_a_certificate_is_believed_only_of_an_authority_we_know(
    tmp_path: Path,
) -> None:
    """G16: the token is not sent to who cannot prove its name."""
    key, certificate = make_certificate(tmp_path, "127.0.0.1")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    seen: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            seen.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(page(b"{}", status="401 Unauthorized"))
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    try:
        with pytest.raises(SourceUnavailable, match="its certificate is self-signed and not known here"):
            await HttpSource.open(f"https://127.0.0.1:{port}", SECRET)
        assert seen == []
        with pytest.raises(AccessRefused):
            await HttpSource.open(f"https://127.0.0.1:{port}", SECRET, ca_file=certificate)
        with pytest.raises(SourceUnavailable, match="its certificate is for another name than localhost"):
            await HttpSource.open(f"https://localhost:{port}", SECRET, ca_file=certificate)
    finally:
        server.close()
    with pytest.raises(ConfigError, match="holds no certificates"):
        await HttpSource.open(f"https://127.0.0.1:{port}", SECRET, ca_file=tmp_path / "none.pem")


def make_certificate(folder: Path, host: str) -> tuple[Path, Path]:
    import datetime
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "parcours test")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "key.pem", folder / "cert.pem"
    files[0].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    files[1].write_bytes(made.public_bytes(Encoding.PEM))
    return files


def test_every_question_of_a_source_can_be_asked_of_a_server() -> None:
    """The server passes on what its source answers; the client must know how to ask."""
    assert set(vars(HttpSource)) >= METHODS


# --- following -------------------------------------------------------------------------------------------


async def test_a_follow_goes_on_after_the_server_was_away(tmp_path: Path) -> None:
    """Killed and started again three times: nothing lost, nothing twice, whenever rows came."""
    path = tmp_path / "my.db"
    query = parse("kind:sent", now_ms=world.NOW_MS)
    async with world.serving(path) as running:
        port, tokens = running.port, running.tokens
        source = await HttpSource.open(running.address, tokens["read"])
        arriving = source.follow(LogName.EVENT, query)
        await source.newest_id(LogName.EVENT)
        running.add(world.sent(0))
        found = list((await asyncio.wait_for(anext(arriving), 60)).rows)
    number = 1
    for _ in range(3):
        waiting = asyncio.ensure_future(anext(arriving))
        running.add(world.sent(number), world.sent(number + 1), world.sent(500 + number, EventKind.OPENED))
        with pytest.raises(SourceUnavailable):
            await source.health()
        async with world.serving(path, port=port) as running:
            found += (await asyncio.wait_for(waiting, 60)).rows
            running.add(world.sent(number + 2))
            while len(found) < number + 3:
                found += (await asyncio.wait_for(anext(arriving), 60)).rows
        number += 3
    assert [row.contact for row in found] == [f"user{n}@example.org" for n in range(10)]
    await arriving.aclose()  # type: ignore[attr-defined]
    await source.close()


async def test_a_follow_ends_with_what_waiting_does_not_mend(tmp_path: Path) -> None:
    async with world.serving(tmp_path / "my.db") as running:
        source = await HttpSource.open(running.address, running.tokens["read"])
        arriving = source.follow(LogName.EVENT, parse("", now_ms=world.NOW_MS), after=0)
        with world.TokenStore(running.path) as store:
            for token in store.all():
                store.revoke(token.id, world.NOW_MS)
        running.service.logins._read_s = float("-inf")
        with pytest.raises(AccessRefused, match="this token was revoked; a new one is needed"):
            await asyncio.wait_for(anext(arriving), 60)
        await source.close()


async def test_a_stream_without_a_line_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "MOST_BYTES", 100_000)
    greeting = page(b'{"program":"parcours","version":"0","api":1}')
    can = page(b'{"methods":[]}')
    start = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    tries = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            writer.write((greeting, can)[tries - 1].replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
        else:
            await endless(b"400\r\n" + b"x" * 1_024 + b"\r\n", start)(reader, writer)

    async with answering(answer) as address:
        source = await HttpSource.open(address, SECRET)
        stream = source._stream(LogName.EVENT, {}, 0)
        await anext(stream)
        with pytest.raises(SourceUnavailable, match="a line without an end"):
            await asyncio.wait_for(anext(stream), 60)
        await source.close()


TOLD = [
    ({"Retry-After": "7"}, 7.0),
    ({"Retry-After": " 7 "}, 7.0),
    ({"Retry-After": "Tue, 10 Mar 2026 12:01:00 GMT", "Date": "Tue, 10 Mar 2026 12:00:00 GMT"}, 60.0),
    ({"Retry-After": "Tue, 10 Mar 2026 11:00:00 GMT", "Date": "Tue, 10 Mar 2026 12:00:00 GMT"}, 0.0),
    ({"Retry-After": "Tue, 10 Mar 2026 12:01:00 GMT"}, None),
    ({"Retry-After": "soon"}, None),
    ({"Retry-After": "-5"}, None),
    ({}, None),
]


@pytest.mark.parametrize(("headers", "asked_s"), TOLD)
def test_how_long_a_server_asks_to_be_left_alone(headers: dict[str, str], asked_s: float | None) -> None:
    assert exchange.retry_after_s(httpx.Headers(headers)) == asked_s


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
async def test_a_follow_waits_as_long_as_the_server_asks(
    status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    tried: list[bytes] = []
    real_sleep = asyncio.sleep

    async def sleep(wait_s: float) -> None:
        waits.append(wait_s)
        await real_sleep(0)
        if len(waits) == 3:
            raise asyncio.CancelledError

    monkeypatch.setattr(http, "asyncio", SimpleNamespace(sleep=sleep))
    monkeypatch.setattr(backoff, "FIRST_RETRY_S", 0.0)
    busy = page(b"<busy>", "text/html", status=status, more="Retry-After: 100000\r\nConnection: close\r\n")
    async with answering(saying(busy), tried) as address:
        source = HttpSource(exchange.Exchange(address, SECRET))
        following = source.follow(LogName.EVENT, parse("", now_ms=world.NOW_MS), after=5)
        found = [await anext(following) for _ in range(3)]
        with pytest.raises(asyncio.CancelledError):
            await anext(following)
        await source.close()
    assert waits == [backoff.LONGEST_ASKED_S] * 3 and len(tried) == 3
    assert [isinstance(each, Away) and not each.rows and each.after == 5 for each in found] == [True] * 3


async def test_a_follow_says_that_the_server_is_away_and_that_it_is_back() -> None:
    tries = 0
    stream = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    arrived = b'data: {"rows":[],"after":9,"skipped":3}\n\n'

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal tries
        tries += 1
        writer.write(page(b"", status="503 Away") if tries == 2 else stream + arrived)

    async with answering(answer) as address:
        source = HttpSource(exchange.Exchange(address, SECRET))
        following = source.follow(LogName.EVENT, parse("", now_ms=world.NOW_MS), after=5)
        found = [await asyncio.wait_for(anext(following), 60) for _ in range(5)]
        await following.aclose()  # type: ignore[attr-defined]
        await source.close()
    assert [(each.after, each.skipped) for each in found] == [(9, 3), (9, 0), (9, 0), (9, 0), (9, 3)]
    said = [each.reason if isinstance(each, Away) else "" for each in found]
    assert said == ["", f"{address} ended the stream", f"{address} is in trouble (status 503)", "", ""]


async def test_a_removal_that_would_have_to_wait_long_is_given_back_to_the_person() -> None:
    tried: list[bytes] = []
    busy = page(b"", status="503 Busy", more="Retry-After: 60\r\nConnection: close\r\n")
    async with answering(saying(busy), tried) as address:
        source = HttpSource(exchange.Exchange(address, SECRET), may_remove=True)
        with pytest.raises(SourceUnavailable, match="whether the contacts were removed is not known"):
            await source.remove(1, [7], key="k", actor="ada")
        await source.close()
    assert len(tried) == 1


async def test_a_stream_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes come again and again, and a line never: at once, and with the head still missing."""
    monkeypatch.setattr(exchange, "SILENCE_S", 0.2)
    start = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
    for head, error in ((start, SourceUnavailable), (b"HTTP/1.1 200 OK\r\nX: ", QueryTimedOut)):
        async with answering(dripping(head)) as address:
            total_s = 0.5 if error is QueryTimedOut else 60.0
            source = HttpSource(exchange.Exchange(address, SECRET, total_s=total_s))
            stream = source._stream(LogName.EVENT, {}, 0)
            with pytest.raises(error, match=r"without an end|did not answer in"):
                async with asyncio.timeout(60):
                    async for _ in stream:
                        pass
            await source.close()


async def test_a_lost_answer_to_a_removal_is_asked_again_under_its_key() -> None:
    """The connection is cut after the first two tries; the third is answered."""
    keys: list[bytes] = []
    bodies: list[bytes] = []
    answer_body = json.dumps(
        {"id": 1, "key": "k", "scenario_id": 1, "at_ms": 5, "actor": "ada", "contacts": [7], "replayed": True}
    ).encode()
    greetings = [page(b'{"program":"parcours","version":"0","api":1}'), page(b'{"methods":[]}')]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if greetings:
            writer.write(greetings.pop(0).replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
            return
        size = int(keys[-1].lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        bodies.append(await reader.readexactly(size))
        if len(bodies) == 3:
            writer.write(page(answer_body))

    async with answering(answer, keys) as address:
        source = await HttpSource.open(address, SECRET, may_remove=True)
        done = await source.remove(1, [7], key="k é", actor="ada")
        await source.close()
    assert done.contacts == (7,) and done.replayed
    assert len(set(bodies)) == 1 and len(bodies) == 3
    assert all(
        b"idempotency-key: k%20%C3%A9" in head.lower().replace(b"%c3%a9", b"%C3%A9") for head in keys[2:]
    )


# --- tokens ----------------------------------------------------------------------------------------------


def test_a_token_comes_from_a_private_file_or_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "token"
    path.write_text(f"{SECRET}\n")
    path.chmod(0o600)
    assert find_token(path) == SECRET
    monkeypatch.delenv("PARCOURS_TOKEN", raising=False)
    assert find_token(None) is None
    monkeypatch.setenv("PARCOURS_TOKEN", f" {SECRET}\n")
    assert find_token(None) == SECRET


@pytest.mark.parametrize(
    "trouble", ["open to others", "a link", "a folder", "missing", "long", "two lines", "empty"]
)
def test_a_token_file_that_cannot_be_trusted_is_refused(tmp_path: Path, trouble: str) -> None:
    path = tmp_path / "token"
    if trouble == "a folder":
        path.mkdir(0o700)
    elif trouble == "a link":
        (tmp_path / "real").write_text(SECRET)
        (tmp_path / "real").chmod(0o600)
        path.symlink_to(tmp_path / "real")
    elif trouble != "missing":
        texts = {"long": SECRET * 1_000, "two lines": f"{SECRET}\n{SECRET}", "empty": " \n"}
        path.write_text(texts.get(trouble, SECRET))
        path.chmod(0o644 if trouble == "open to others" else 0o600)
    with pytest.raises(ConfigError) as caught:
        find_token(path)
    assert SECRET not in str(caught.value)
