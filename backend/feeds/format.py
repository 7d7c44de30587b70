"""What a feed format is: a name, how its bytes fall into frames, and two pure functions.

A feed module holds one or more `Format`s of one product. `recognise` looks at a sample and says how
sure it is; `decode` turns one frame into records. Neither touches files, clocks or the network, and
`decode` answers any frame with records, `Rejected` pieces or `DecodeError`: never another exception.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import tzinfo
from enum import StrEnum
from typing import Any

import msgspec

from backend.record import Record, Rejected


class Framing(StrEnum):
    JSON = "json"
    """NDJSON, a JSON array (its elements), or JSON documents one after the other."""
    CSV = "csv"
    """A header line and rows; separator, quotes and encoding are found out."""
    FORM = "form"
    """Form posts: one body a line, or a file that is one body."""
    HTML = "html"
    """A file that is one HTML document."""


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of a feed: a JSON value, a CSV row as {header: text}, a form as {name: [texts]},
    or the text of an HTML document."""

    raw: bytes
    value: Any
    place: str = ""
    """Where it stood, for people: "file.json:17"."""


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """The beginning of a feed, already framed: up to 20 frames.

    header: the columns of a CSV, the fields of a form, () for JSON, ("html",) for HTML.
    """

    framing: Framing
    header: tuple[str, ...]
    frames: tuple[Frame, ...]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What the person said about a feed."""

    account: str = "default"
    zone: tzinfo | None = None
    """Zone of times that carry none; None means not told: read as UTC, with a warning by ingest."""
    columns: Mapping[str, str] = {}
    """Their header -> the documented column it stands for."""


Recognise = Callable[[Sample], float]
"""0.0: not this format; 1.0: certainly. Judged by content, never by a file's name."""

Decode = Callable[[Frame, Settings], Iterable[Record | Rejected]]


class Format(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    """Stable id as typed after --format, such as "brevo-webhook"."""
    product: str
    framing: Framing
    summary: str
    """One line: what a person exports and how."""
    gives: str
    """One line: what it feeds (event log, scenario log, roster ...)."""
    zoneless: bool = False
    """True where its times carry no zone, so that --tz matters."""
    recognise: Recognise
    decode: Decode
