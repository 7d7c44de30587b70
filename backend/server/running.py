"""From what was asked on the command line to a server that runs, and to its orderly end."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import msgspec

from backend.clean import clean
from backend.config import default_path
from backend.errors import ConfigError, NoSuchSource
from backend.server.feed_settings import load_feeds
from backend.server.limits import Limits
from backend.server.logins import Logins
from backend.server.measures import Metrics
from backend.server.proofs import sendgrid_key
from backend.server.service import Service, wall_clock_ms
from backend.server.serving import Place, listen, make_server
from backend.server.sns import Certificates, fetch_certificate
from backend.server.webhooks import FEEDS, Webhooks
from backend.server.writer import Writer
from backend.sources.sqlite.reading import SqliteSource

Tell = Callable[[str], None]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a person asked to be served."""

    database: Path
    create: bool = False
    """Whether to make the database where there is none."""
    place: Place
    feeds: Path | None = None
    """None: feeds.toml beside the settings."""
    verbose: bool = False
    limits: Limits = Limits()


def serve_database(asked: Asked, tell: Tell) -> None:
    """Serve until a signal. tell: lines for a person. Raises: ParcoursError for what is wrong before."""
    asked.place.check()
    if not asked.create and not asked.database.exists():
        raise NoSuchSource(f"no such file: {asked.database}; --create makes it")
    _log(tell, verbose=asked.verbose)
    asyncio.run(_serve(asked, tell))


async def _serve(asked: Asked, tell: Tell) -> None:
    if asked.feeds is not None and not asked.feeds.exists():
        raise ConfigError(f"no such file: {asked.feeds}")
    feeds = asked.feeds or default_path().with_name("feeds.toml")
    settings = load_feeds(feeds, {name: feed.needed for name, feed in FEEDS.items()})
    for (feed, _), one in settings.items():
        if feed == "sendgrid":
            sendgrid_key(one.key or "")
    writer = await Writer.open(asked.database, wall_clock_ms, create=asked.create)
    source: SqliteSource | None = None
    try:
        source = await SqliteSource.open(asked.database, name=asked.database.name)
        metrics = Metrics()
        webhooks = Webhooks(
            writer,
            settings,
            Certificates(fetch_certificate),
            metrics,
            wall_clock_ms,
            most_records=asked.limits.body_records,
        )
        logins = Logins(
            writer,
            now_ms=wall_clock_ms,
            monotonic_s=time.monotonic,
            most_failed=asked.limits.failed_logins,
        )
        service = Service(
            source,
            logins,
            version=metadata.version("parcours"),
            webhooks=webhooks,
            limits=asked.limits,
            behind_proxy=asked.place.behind_proxy,
            metrics=metrics,
        )
        server = make_server(service, asked.place)
        bound = listen(asked.place)
        port = bound.getsockname()[1]
        host = f"[{asked.place.host}]" if ":" in asked.place.host else asked.place.host
        tell(f"serving {asked.database.name} at {asked.place.scheme}://{host}:{port}")
        if not any(token.is_valid(wall_clock_ms()) for token in await writer.all()):
            tell(f"there is no valid token yet: parcours token add --scope read --db {asked.database}")
        await server.serve([bound])
    finally:
        if source is not None:
            await source.close()
        await writer.close()


class _Told(logging.Handler):
    """Log lines to whoever shows them, cleaned: some of their words were a stranger's."""

    def __init__(self, tell: Tell) -> None:
        super().__init__()
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        self._tell(clean(record.getMessage(), 4_000))


def _log(tell: Tell, *, verbose: bool) -> None:
    """Our own log; of the libraries' only what went wrong, and of exceptions their kind only: their texts
    and their frames may hold people's data."""
    handler = _Told(tell)
    ours = logging.getLogger("parcours.server")
    ours.handlers, ours.propagate = [handler], False
    ours.setLevel(logging.INFO if verbose else logging.WARNING)
    theirs = logging.getLogger("uvicorn")
    theirs.handlers, theirs.propagate = [handler], False
    theirs.setLevel(logging.ERROR)
