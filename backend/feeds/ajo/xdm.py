"""One XDM record as flat paths, whatever spelling an export gave its keys.

Exports write the same field as nested short names, as dotted columns (in lower case where Query Service
made them) or as URIs (`https://ns.adobe.com/experience/...`). Here it has one path,
`_experience.journeyOrchestration.stepEvents.nodeID`, found without regard to case. Nothing is lost: what
nobody takes is left in `rest()`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

NAMESPACE = "https://ns.adobe.com/"
STEPS = "_experience.journeyOrchestration.stepEvents."
ORCHESTRATION = "_experience.journeyOrchestration."
MESSAGES = "_experience.customerJourneyManagement."
DECISIONS = "_experience.decisioning."

SHORTENED = (STEPS, ORCHESTRATION, MESSAGES, DECISIONS, "_experience.")
"""Left out where a field is shown, the longest first."""
MAX_DEPTH = 24
"""Below this, a value stays as it is."""
_fold = lru_cache(maxsize=4096)(str.lower)
"""Paths to look up are few, and looked up in every record."""
NONE_TEXTS = frozenset({"", "null"})
TRUE_TEXTS = frozenset({"true", "1"})


class Xdm:
    """A record, or an object inside one. `take` marks a field as having its place; `peek` leaves it."""

    def __init__(self, record: Mapping[str, Any]) -> None:
        self._values: dict[str, Any] = {}
        self._shown: dict[str, str] = {}
        self._taken: set[str] = set()
        self._walk(record, "", 0)

    def _walk(self, record: Mapping[str, Any], path: str, depth: int) -> None:
        for key, value in record.items():
            below, folded = _path(path, str(key))
            if isinstance(value, dict) and depth < MAX_DEPTH and not folded.endswith("identitymap"):
                self._walk(value, below, depth + 1)
            elif folded not in self._values:
                self._values[folded] = value
                self._shown[folded] = below

    def __contains__(self, path: str) -> bool:
        """Whether the path, or anything below it, is there."""
        below = _fold(path).rstrip(".")
        if below in self._values:
            return True
        below += "."
        return any(name.startswith(below) for name in self._values)

    def peek(self, *paths: str) -> str | None:
        """The first of the paths that holds a text or a number, as text."""
        for path in paths:
            value = self._values.get(_fold(path))
            if value is not None and (text := as_text(value)) is not None:
                return text
        return None

    def take(self, *paths: str) -> str | None:
        """As `peek`; all the paths that hold the same text count as told."""
        told = None
        for path in paths:
            folded = _fold(path)
            value = self._values.get(folded)
            text = None if value is None else as_text(value)
            if text is not None and told in (None, text):
                told = text
                self._taken.add(folded)
        return told

    def is_true(self, path: str) -> bool:
        value = self._values.get(_fold(path))
        return value is True or (value is not None and (as_text(value) or "").lower() in TRUE_TEXTS)

    def take_true(self, path: str) -> bool:
        self._taken.add(_fold(path))
        return self.is_true(path)

    def number(self, path: str) -> int | None:
        """A whole number that fits a store, else None."""
        value = self._values.get(_fold(path))
        if isinstance(value, str):
            value = int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            return None
        return value if abs(value) < 2**62 else None

    def value(self, path: str) -> Any:
        """The value as it came; objects come apart into paths, lists do not."""
        return self._values.get(_fold(path))

    def take_value(self, path: str) -> Any:
        self._taken.add(_fold(path))
        return self.value(path)

    def objects(self, *paths: str) -> list[Xdm]:
        """The objects of the first of the paths that holds a list of them, or is one."""
        for path in paths:
            value = self._values.get(_fold(path))
            if isinstance(value, list):
                return [Xdm(part) for part in value if isinstance(part, dict)]
            start = _fold(path) + "."
            below = {
                self._shown[name][len(start) :]: part
                for name, part in self._values.items()
                if name.startswith(start)
            }
            if below:
                return [Xdm(below)]
        return []

    def rest(self) -> dict[str, Any]:
        """What nobody took, in the record's order, by paths as short as they may be."""
        fields: dict[str, Any] = {}
        for folded, shown in self._shown.items():
            if folded in self._taken or self._values[folded] in (None, ""):
                continue
            short = _shorten(shown)
            fields[shown if short in fields else short] = self._values[folded]
        return fields


def as_text(value: Any) -> str | None:
    """A text or a number as text; None for what is none, or neither."""
    if isinstance(value, str):
        told = value.strip()
        return None if told.lower() in NONE_TEXTS else told
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return str(value)


@lru_cache(maxsize=4096)
def _path(above: str, key: str) -> tuple[str, str]:
    """The path of a key, as written and folded. An export has few keys in many records."""
    path = _way(above, key)
    return path, path.lower()


def _way(above: str, key: str) -> str:
    """A URI that names its whole way is taken at its word where that fits."""
    if not key.startswith(NAMESPACE):
        key = "_id" if key == "@id" else key.removeprefix("xdm:")
        return f"{above}.{key}" if above else key
    parts = [part for part in key[len(NAMESPACE) :].split("/") if part]
    if not parts:
        return f"{above}.{key}" if above else key
    if parts[0] != "experience" or len(parts) == 1:
        return f"{above}.{parts[-1]}" if above else parts[-1]
    whole = ".".join(("_experience", *parts[1:]))
    # A channel's context is written inside messageProfile in the schema, and beside it in exports.
    is_context = len(parts) > 2 and parts[-2].endswith("ChannelContext")
    if not above or is_context or whole.startswith(above + "."):
        return whole
    return f"{above}.{parts[-1]}"


@lru_cache(maxsize=4096)
def _shorten(path: str) -> str:
    for prefix in SHORTENED:
        if path.lower().startswith(prefix.lower()) and len(path) > len(prefix):
            return path[len(prefix) :]
    return path
