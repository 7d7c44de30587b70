"""Which authorities are believed: those of the system, or one of your own. There is no way to believe all."""

from __future__ import annotations

import ssl
from pathlib import Path

from backend.errors import ConfigError


def trusted(ca_file: Path | None) -> ssl.SSLContext:
    """The system's certificate authorities, or a private one's. Raises: ConfigError."""
    try:
        return ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"{ca_file} holds no certificates that can be read") from error
