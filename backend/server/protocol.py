"""HTTP/1.1 with what uvicorn leaves open: a deadline for a request's head, and a most of connections.

Source: uvicorn's keep-alive timer runs only between requests, so that a client which sends half a head,
or nothing at all, holds its connection for ever (measured: 300 of 300 after 12 s).
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from backend.server.limits import Limits


def deadline_protocol(limits: Limits) -> type[H11Protocol]:
    """A protocol class with these limits."""

    class Deadline(H11Protocol):
        """Ends a connection that does not come to the end of a request's head in time."""

        _timer: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            if len(self.connections) > limits.connections:
                transport.abort()
                return
            self._timer = self.loop.call_later(limits.head_s, self._give_up)

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_timer()
            super().connection_lost(exc)

        def handle_events(self) -> None:
            super().handle_events()
            if self.conn.their_state is not h11.IDLE:
                self._stop_timer()
            elif self._timer is None and not self.transport.is_closing():
                self._timer = self.loop.call_later(limits.head_s, self._give_up)

        def _give_up(self) -> None:
            self._timer = None
            self.transport.abort()

        def _stop_timer(self) -> None:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

    return Deadline
