"""The address of a server, checked before anything is sent to it."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit

from backend.errors import UsageError


def check_address(text: str) -> str:
    """The base address, without a slash at its end.

    https anywhere; http to this machine only, written as a loopback address or localhost: a name may be
    another machine's tomorrow. Raises: UsageError.
    """
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(f"{_shown(text)} is no address of a server") from error
    if parts.scheme not in ("https", "http"):
        raise UsageError(f"{_shown(text)}: a server's address begins with https://")
    if "@" in parts.netloc:
        raise UsageError(
            "an address holds no user and no password; a token comes from a file: parcours source add"
        )
    if not host or parts.query or parts.fragment or not text.isascii() or not text.isprintable():
        raise UsageError(f"{_shown(text)} is no address of a server, such as https://parcours.example.com")
    if parts.scheme == "http" and not is_loopback(host):
        raise UsageError(
            f"{_shown(text)}: http is not encrypted, so it may only lead to this machine "
            "(127.0.0.1, [::1] or localhost); use https"
        )
    return _whole(parts)


def check_proxy(text: str) -> str:
    """The address of a proxy. Raises: UsageError, which shows no password."""
    try:
        parts = urlsplit(text)
        is_one = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_one = False
    if not is_one or not text.isascii() or not text.isprintable():
        raise UsageError(f"{_shown(text)} is no address of a proxy, such as http://proxy.example.com:3128")
    return text


def is_loopback(host: str) -> bool:
    """Whether a host, as written, is this machine and no other."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _whole(parts: SplitResult) -> str:
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def _shown(text: str) -> str:
    """The address as it may stand in a message: never what could be a password."""
    return text.rpartition("@")[2] if "@" in text else text
