"""Messages as HTML files: whose they are, and what is none."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.errors import BadData
from backend.feeds import find_format, recognise
from backend.feeds.format import Frame, Framing, Settings
from backend.feeds.framing import open_framer
from backend.ingest.feed_reading import Options
from backend.ingest.ingest import Ingest
from backend.record import ContentRecord, Ref
from backend.sources.sqlite.writing import Store

TRACKED = b'<!DOCTYPE html>\n<html><a href="http://t/r/?id=h10,2aa,2&amp;p1=x">offer</a></html>'
PLAIN = b'<html><a href="https://x/offer">offer</a></html>'


def contents(data: bytes, place: str = "682.html") -> list[ContentRecord]:
    frame = Frame(raw=data, value=data.decode(), place=place)
    found = find_format("campaign-html").decode(frame, Settings())
    return [record for record in found if isinstance(record, ContentRecord)]


def test_tracked_links_tell_whose_message_it_is() -> None:
    assert recognise(TRACKED).name == "campaign-html"
    assert contents(TRACKED, "any.html")[0].delivery == Ref("682")


def test_a_page_without_tracked_links_is_known_by_nothing_but_its_name() -> None:
    with pytest.raises(BadData):
        recognise(PLAIN)
    assert contents(PLAIN, "DM77.html")[0].delivery == Ref("DM77")


@given(st.lists(st.integers(0, len(TRACKED)), max_size=4))
@settings(max_examples=20)
def test_where_a_file_is_cut_changes_nothing(cuts: list[int]) -> None:
    framer = open_framer(Framing.HTML, TRACKED, name="a.html")
    places = [0, *sorted(cuts), len(TRACKED)]
    for start, end in pairwise(places):
        assert list(framer.feed(TRACKED[start:end])) == []
    (frame,) = framer.finish()
    assert isinstance(frame, Frame)
    assert (frame.value, frame.place) == (TRACKED.decode(), "a.html")


def test_what_is_no_page_or_too_large_is_set_aside() -> None:
    for data, reason in ((b"no page", "not an HTML"), (b"<html>" + b"x" * (5 << 20), "larger than")):
        framer = open_framer(Framing.HTML, data)
        list(framer.feed(data))
        (piece,) = framer.finish()
        assert not isinstance(piece, Frame) and piece.reason.startswith(reason)


def test_a_folder_of_messages_is_read_once(tmp_path: Path) -> None:
    folder = tmp_path / "messages"
    folder.mkdir()
    (folder / "one.html").write_bytes(TRACKED)
    (folder / "two.html").write_bytes(TRACKED.replace(b"2aa", b"2ab"))
    with Store(tmp_path / "my.db", create=True) as store:
        first = Ingest(store, Options()).read([str(folder)])
        again = Ingest(store, Options()).read([str(folder)])
        assert (first.added.new, again.added.new) == (2, 0)
        assert not first.failures and not again.failures
