"""Texts with the places of what is looked for, which stay true when a text is cut, wrapped or padded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from widgets.columns import Align, head_of, pieces, to_width

Span = tuple[int, int]
"""Start and end of a match, in code points."""


class Found(NamedTuple):
    """A text, and where in it stands what is looked for."""

    text: str
    spans: tuple[Span, ...] = ()

    def part(self, start: int, length: int) -> Found:
        """A part of the text, with the parts of matches that lie in it."""
        if not self.spans:
            return Found(self.text[start : start + length])
        inside = [(max(0, a - start), min(length, b - start)) for a, b in self.spans]
        return Found(self.text[start : start + length], tuple((a, b) for a, b in inside if a < b))

    def after(self, lead: str) -> Found:
        """The text behind another one that holds no match."""
        return Found(lead + self.text, tuple((a + len(lead), b + len(lead)) for a, b in self.spans))

    def wrapped(self, width: int) -> list[Found]:
        """Lines of at most `width` cells."""
        return [self.part(start, len(text)) for start, text in pieces(self.text, width)]

    def to_width(self, width: int, align: Align = "left") -> Found:
        """The text in exactly `width` cells; a match that is cut off makes the mark of the cut one."""
        fitted = to_width(self.text, width, align)
        if not self.spans or not fitted:
            return Found(fitted)
        if cell_len(self.text) <= width:
            return self.after(fitted[: -len(self.text)] if align == "right" else "")._replace(text=fitted)
        kept = head_of(self.text, width - 1)
        spans = self.part(0, kept).spans
        is_cut = self.spans[-1][1] > kept
        return Found(fitted, (*spans, (len(fitted) - 1, len(fitted))) if is_cut else spans)

    def segments(self, style: Style, match: Style) -> Iterator[Segment]:
        """The text as it is drawn, the matches in a look of their own on top."""
        start = 0
        for a, b in self.spans:
            if start < a:
                yield Segment(self.text[start:a], style)
            yield Segment(self.text[a:b], style + match)
            start = b
        if start < len(self.text):
            yield Segment(self.text[start:], style)


def find_in(text: str, wanted: str) -> Found:
    """Where `wanted`, casefolded, stands in a text, whatever its case; "" stands nowhere."""
    folded = text.casefold() if wanted else ""
    if not wanted or wanted not in folded:
        return Found(text)
    places: Iterable[int] = range(len(text) + 1)
    if len(folded) != len(text):  # one letter may fold to several
        places = [*(place for place, char in enumerate(text) for _ in char.casefold()), len(text)]
    place_of = tuple(places)
    spans: list[Span] = []
    start = 0
    while (at := folded.find(wanted, start)) >= 0:
        start = at + len(wanted)
        span = place_of[at], max(place_of[at] + 1, place_of[start])
        if not spans or span[0] >= spans[-1][1]:
            spans.append(span)
    return Found(text, tuple(spans))


def join_found(parts: Iterable[Found], between: str) -> Found:
    """Texts one after the other, with something between them."""
    text = ""
    spans: list[Span] = []
    for part in parts:
        moved = part.after(text + between if text else "")
        text = moved.text
        spans += moved.spans
    return Found(text, tuple(spans))
