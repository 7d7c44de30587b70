"""Every limit of the server, with its default. docs/server.md lists them; a test holds the two together."""

from __future__ import annotations

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What a stranger, or a friend in a hurry, can cost the server at most."""

    head_s: float = 5.0
    """From the connection, or the answer before, to the end of a request's head."""
    head_bytes: int = 65_536
    """A request's line and headers."""
    body_s: float = 10.0
    """For a whole body."""
    body_bytes: int = 10_000_000
    body_records: int = 50_000
    """Records of a webhook's body, those that cannot be read included; more are refused as a whole."""
    buffered_bytes: int = 64_000_000
    """All bodies together that are being received."""
    keep_alive_s: int = 5
    send_s: float = 30.0
    """For a client to take what was sent, piece by piece."""
    connections: int = 1_000
    requests: int = 100
    """Requests worked on at once, streams left out."""
    streams: int = 64
    """Follows and exports at once."""
    failed_logins: int = 20
    """Per address and minute."""
    page_bytes: int = 6_000_000
    """A page, or one event of a stream, before packing; longer ones are cut into smaller pages."""
    heartbeat_s: float = 15.0
    """Between two signs of life of a stream; a token revoked meanwhile ends it."""
    stop_s: int = 10
    """How long a stopping server waits for what is being answered."""
