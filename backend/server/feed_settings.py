"""What each webhook needs to be believed: feeds.toml, which holds keys and so must be private.

    [sendgrid.main]
    key = "MFkwEwYHKoZIzj0..."       # the verification key
    [mandrill.main]
    key = "..."
    url = "https://parcours.example.com/v1/feeds/mandrill/main"   # as registered there
    [ses.main]
    topic = "arn:aws:sns:eu-west-1:123456789012:mail"
    [brevo.main]
    zone = "Europe/Paris"            # of times that carry none

A feed that signs nothing (Brevo, Mailjet, Postmark, SparkPost, our own) needs no line here.
"""

from __future__ import annotations

import re
import tomllib
import zoneinfo
from collections.abc import Mapping
from pathlib import Path

import msgspec

from backend.errors import ConfigError
from backend.token_file import read_private

ACCOUNT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
MAX_BYTES = 1_000_000

FeedId = tuple[str, str]
"""Feed and account."""


class FeedSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is set for one feed of one account."""

    key: str | None = None
    """What its proofs are checked with."""
    url: str | None = None
    """Its public address, where the proof covers it."""
    topic: str | None = None
    """The one SNS topic that may send."""
    zone: str | None = None
    """Time zone of times that carry none; None: UTC."""

    def __repr__(self) -> str:
        return "FeedSettings(...)"


def load_feeds(path: Path, feeds: Mapping[str, tuple[str, ...]]) -> dict[FeedId, FeedSettings]:
    """The settings of all feeds; none where there is no file. feeds: each feed with what it needs.

    Raises: ConfigError that names the place, never a key.
    """
    if not path.exists() and not path.is_symlink():
        return {}
    try:
        values = tomllib.loads(read_private(path, MAX_BYTES))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{path} is not TOML: {error}") from error
    found: dict[FeedId, FeedSettings] = {}
    for feed, accounts in values.items():
        if feed not in feeds:
            raise ConfigError(f'{path}: there is no feed "{feed}"; there are: {", ".join(feeds)}')
        if not isinstance(accounts, dict):
            raise ConfigError(f"{path}: write [{feed}.ACCOUNT], such as [{feed}.main]")
        for account, told in accounts.items():
            place = f"{path}: [{feed}.{account}]"
            if not ACCOUNT.fullmatch(account):
                raise ConfigError(f"{place}: an account is letters, digits, dots and dashes")
            found[feed, account] = _settings(told, place, feeds[feed])
    return found


def _settings(told: object, place: str, needed: tuple[str, ...]) -> FeedSettings:
    try:
        settings = msgspec.convert(told, FeedSettings)
    except msgspec.ValidationError as error:
        known = ", ".join(FeedSettings.__struct_fields__)
        raise ConfigError(f"{place}: each setting is a text; there are: {known}") from error
    missing = [name for name in needed if not getattr(settings, name)]
    if missing:
        raise ConfigError(f"{place} lacks {' and '.join(missing)}")
    if settings.zone is not None:
        try:
            zoneinfo.ZoneInfo(settings.zone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ConfigError(f"{place}: there is no such time zone") from error
    return settings
