"""What a terminal may send without ending the program."""

from __future__ import annotations

import codecs
import threading
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual.drivers import linux_driver
from textual.message import Message

from widgets.terminal import SLOW_S, STAYS_SLOW_S, CarefulParser, TimedWriter, is_utf8, repair_driver


def parsed(data: str) -> list[Message]:
    return list(CarefulParser().feed(data))


def keys(data: str) -> list[str]:
    return [message.key for message in parsed(data) if isinstance(message, events.Key)]


def test_ordinary_keys_mouse_and_sizes_still_arrive() -> None:
    assert keys("j\x1b[A\x1b[97;5u") == ["j", "up", "ctrl+a"]
    assert isinstance(parsed("\x1b[<0;3;4M")[0], events.MouseDown)
    assert isinstance(parsed("\x1b[48;40;100;800;1000t")[0], events.Resize)


@pytest.mark.parametrize(
    "sequence",
    [
        "\x1b[99999999999;5u",
        "\x1b[1114112;5u",
        "\x1b[<0;99999999;1M",
        "\x1b[48;99999;99999;1;1t",
        "\x1b[48;0;0;0;0t",
    ],
)
def test_sequences_that_overflow_are_dropped_and_the_next_key_counts(sequence: str) -> None:
    assert keys(sequence + "j") == ["j"]
    assert not any(isinstance(message, events.Resize | events.MouseEvent) for message in parsed(sequence))


@given(st.binary(max_size=80))
def test_no_bytes_raise(data: bytes) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    parsed(decoder.decode(data))


def test_a_repaired_driver_replaces_bad_bytes() -> None:
    repair_driver()
    decode = linux_driver.getincrementaldecoder("utf-8")().decode
    assert decode(b"a\xff\x80") == "a\ufffd\ufffd"
    assert decode("é".encode()[:1]) == ""
    assert decode("é".encode()[1:]) == "é"


def test_the_encoding_of_the_terminal_decides_on_ascii() -> None:
    class Stream:
        def __init__(self, encoding: str | None) -> None:
            self.encoding = encoding

    assert is_utf8(Stream("UTF-8")) and is_utf8(Stream("utf8"))
    assert not is_utf8(Stream("ANSI_X3.4-1968")) and not is_utf8(Stream(None)) and not is_utf8(None)


def pasted(*readings: str) -> list[str]:
    parser = CarefulParser()
    messages = [message for data in readings for message in parser.feed(data)]
    return [
        f"paste {message.text}" if isinstance(message, events.Paste) else message.key
        for message in messages
        if isinstance(message, events.Paste | events.Key)
    ]


def test_nothing_in_a_paste_is_a_key() -> None:
    hostile = "a\x1bb\x1b[Ac\x1b]52;c;AAAA\x07" + "Q" * 40 + "\x1b"
    assert pasted(f"x\x1b[200~{hostile}\x1b[201~y") == ["x", f"paste {hostile}", "y"]


@given(st.text(max_size=40), st.lists(st.integers(0, 60), max_size=5))
def test_a_paste_is_whole_wherever_its_bytes_are_cut(text: str, cuts: list[int]) -> None:
    text = text.replace("\x1b[201~", "").replace("\0", "")
    sent = f"\x1b[200~{text}\x1b[201~j"
    places = [0, *sorted(cut for cut in cuts if 3 <= cut <= len(sent)), len(sent)]
    assert pasted(*(sent[a:b] for a, b in pairwise(places) if a < b)) == [f"paste {text}", "j"]


def test_a_paste_without_an_end_ends_some_time() -> None:
    assert [said[:7] for said in pasted("\x1b[200~", "x" * 1_000_001, "j")] == ["paste x", "j"]


class Blocked:
    """A terminal that takes nothing until it is let."""

    def __init__(self) -> None:
        self.may_take = threading.Event()
        self.taken = ""

    def write(self, text: str) -> None:
        self.may_take.wait()
        self.taken += text

    def flush(self) -> None:
        pass


def test_a_terminal_that_is_slow_to_take_a_frame_makes_the_link_slow_for_a_while() -> None:
    now_s = [100.0]
    terminal: Any = Blocked()
    output = TimedWriter(terminal, monotonic_s=lambda: now_s[0])
    output.start()
    assert not output.is_busy and not output.is_slow
    output.write("a frame")
    assert output.is_busy and not output.is_slow
    now_s[0] += 2 * SLOW_S
    assert output.is_slow
    terminal.may_take.set()
    output.stop()
    assert terminal.taken == "a frame"
    assert not output.is_busy and output.is_slow
    now_s[0] += STAYS_SLOW_S
    assert not output.is_slow
