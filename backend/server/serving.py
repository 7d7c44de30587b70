"""The running server: uvicorn with our protocol, our limits and a stop that ends streams politely."""

from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path

import msgspec
import uvicorn
from litestar.types import ASGIApp

from backend.errors import ConfigError, UsageError
from backend.server.app import make_app
from backend.server.protocol import deadline_protocol
from backend.server.service import Service
from backend.sources.address import is_loopback

BACKLOG = 2_048
"""Connections that wait to be taken."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a server listens, and how its connections are kept private."""

    host: str = "127.0.0.1"
    port: int = 8321
    tls_cert: Path | None = None
    tls_key: Path | None = None
    behind_proxy: bool = False

    def check(self) -> None:
        """Raises UsageError where tokens would cross a network in the clear."""
        if (self.tls_cert is None) != (self.tls_key is None):
            raise UsageError("give --tls-cert and --tls-key together")
        if self.tls_cert is None and not self.behind_proxy and not is_loopback(self.host):
            raise UsageError(
                f"{self.host} can be reached from other machines: give --tls-cert and --tls-key, "
                "or --behind-proxy where a proxy does the encryption"
            )

    @property
    def scheme(self) -> str:
        return "http" if self.tls_cert is None else "https"


class Server(uvicorn.Server):
    """uvicorn that tells its streams to end when it stops."""

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self._service = service

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._service.stopping.set()
        await super().shutdown(sockets)


def make_server(service: Service, place: Place) -> Server:
    """A server, ready to run. Raises: UsageError, ConfigError for a certificate that cannot be read."""
    place.check()
    return Server(_config(make_app(service), service, place), service)


def _config(app: ASGIApp, service: Service, place: Place) -> uvicorn.Config:
    limits = service.limits
    config = uvicorn.Config(
        app,
        host=place.host,
        port=place.port,
        http=deadline_protocol(limits),
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=False,
        h11_max_incomplete_event_size=limits.head_bytes,
        timeout_keep_alive=limits.keep_alive_s,
        timeout_graceful_shutdown=limits.stop_s,
        ssl_certfile=place.tls_cert,
        ssl_keyfile=str(place.tls_key) if place.tls_key else None,
        backlog=BACKLOG,
    )
    try:
        config.load()
    except OSError as error:
        raise ConfigError(_wrong_pair(error, place)) from error
    return config


def _wrong_pair(error: OSError, place: Place) -> str:
    """What is wrong with a certificate and its key."""
    if not isinstance(error, ssl.SSLError):
        lost = next((path for path in (place.tls_cert, place.tls_key) if path and not path.exists()), None)
        return f"no such file: {lost}" if lost else f"cannot read certificate and key: {error.strerror}"
    if error.reason == "KEY_VALUES_MISMATCH":
        return f"{place.tls_key} is not the key of {place.tls_cert}"
    return f"{place.tls_cert} and {place.tls_key} are no certificate and its key, as PEM without a password"


def listen(place: Place) -> socket.socket:
    """The socket, bound, so that a taken port is told before anything starts. Raises: UsageError."""
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # connections have it from here; else an answer's second piece waits 40 ms for the first one's receipt
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        bound.bind((place.host, place.port))
        bound.listen(BACKLOG)
    except OSError as error:
        bound.close()
        raise UsageError(f"cannot listen on {place.host} port {place.port}: {error.strerror}") from error
    return bound


async def run(server: Server, bound: socket.socket) -> None:
    """Serve until a signal asks to stop, or the task is cancelled."""
    try:
        await server.serve([bound])
    except asyncio.CancelledError:
        server.should_exit = True
        raise
