"""What the routes of one server share: the source, the writer, who may do what, and whether it stops."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from backend.model import LogName
from backend.query.language import Filter, parse
from backend.server.limits import Limits
from backend.server.measures import Metrics
from backend.source import Source

if TYPE_CHECKING:
    from backend.server.logins import Logins
    from backend.server.webhooks import Webhooks


def wall_clock_ms() -> int:
    return time.time_ns() // 1_000_000


class Service:
    """One running server. Made by `serving`, given to every route."""

    def __init__(
        self,
        source: Source,
        logins: Logins,
        *,
        version: str,
        webhooks: Webhooks | None = None,
        limits: Limits | None = None,
        behind_proxy: bool = False,
        metrics: Metrics | None = None,
        now_ms: Callable[[], int] = wall_clock_ms,
    ) -> None:
        self.source = source
        self.logins = logins
        self.version = version
        self.webhooks = webhooks
        """None: this server takes no feeds."""
        self.limits = limits or Limits()
        self.behind_proxy = behind_proxy
        self.now_ms = now_ms
        self.metrics = metrics or Metrics()
        self.stopping = asyncio.Event()
        """Set when the server is to end: streams say so and close."""
        self.buffered_bytes = 0
        """Of all bodies that are being received."""

    def parse(self, text: str, log: LogName | str) -> Filter:
        """The filter of a query's text. Raises: QueryError."""
        return parse(text, now_ms=self.now_ms(), log=log)
