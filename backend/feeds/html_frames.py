"""A message's HTML as a feed: one file is one piece."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Iterator

from backend.feeds.format import Frame
from backend.feeds.json_frames import SAMPLE_BYTES, rejected
from backend.record import Rejected

MAX_HTML_BYTES = 4 << 20
HEADER = ("html",)
_BEGINS = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)


class HtmlFramer:
    """Gives the whole file when it has ended; see `framing.Framer`. Such a file does not grow, so resuming
    starts over."""

    resume_offset = 0

    def __init__(self, name: str = "", position: str | None = None) -> None:
        self._name = name
        self._content = b""
        self._size = 0

    @property
    def header(self) -> tuple[str, ...]:
        return HEADER if _BEGINS.match(self._content.removeprefix(BOM_UTF8)[:SAMPLE_BYTES]) else ()

    def feed(self, data: bytes) -> Iterator[Frame | Rejected]:
        self._size += len(data)
        self._content += data[: MAX_HTML_BYTES + 1 - len(self._content)]
        return iter(())

    def finish(self) -> Iterator[Frame | Rejected]:
        raw = self._content.removeprefix(BOM_UTF8)
        if not self.header:
            yield rejected(raw, self._size, "not an HTML document", self._name)
        elif len(raw) > MAX_HTML_BYTES:
            reason = f"larger than {MAX_HTML_BYTES} bytes"
            yield rejected(raw, self._size, reason, self._name)
        else:
            yield Frame(raw=raw, value=_text(raw), place=self._name)

    def position(self) -> str:
        return ""


def _text(raw: bytes) -> str:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    return text.replace("\0", "\u2400")
