"""Batches of decoded pieces, made in a process of their own while this one stores the batch before.

Making and storing take about the same time, so two cores halve the wait for a first start.
"""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, NamedTuple

import msgspec

from backend.demo.decoding import decode
from backend.demo.stream import Piece, stream
from backend.errors import BadData
from backend.pipes import received, send
from backend.record import Decoded


class Wanted(msgspec.Struct, frozen=True):
    """Which pieces to make, as `stream` takes it, and how many of them make a batch."""

    start_ms: int
    end_ms: int
    since_ms: int
    before_ms: int | None
    size: int


class Batch(NamedTuple):
    """All that arrives up to until_ms, after the batch before it."""

    until_ms: int
    pieces: list[Decoded]


def batches(wanted: Wanted) -> Iterator[Batch]:
    """Whole slots, put together until they hold enough pieces to be worth a transaction."""
    pieces: list[Piece] = []
    until_ms = None
    stretches = stream(wanted.start_ms, wanted.end_ms, since_ms=wanted.since_ms, before_ms=wanted.before_ms)
    for stretch in stretches:
        pieces += stretch.pieces
        until_ms = stretch.until_ms
        if len(pieces) >= wanted.size:
            yield Batch(until_ms, decode(pieces))
            pieces, until_ms = [], None
    if until_ms is not None:
        yield Batch(until_ms, decode(pieces))


@contextmanager
def made_apart(wanted: Wanted) -> Iterator[Iterator[Batch]]:
    """`batches`, made by another process, which never outlives the block: it stops when nobody reads."""
    command = [sys.executable, "-P", "-m", __name__, msgspec.json.encode(wanted).decode()]
    maker = subprocess.Popen(  # noqa: S603 - our own program, no shell
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    with maker:
        assert maker.stdout is not None
        try:
            yield _read(maker.stdout)
            if maker.wait() != 0:
                raise BadData("the demonstration could not be made")
        finally:
            maker.kill()


def _read(pipe: IO[bytes]) -> Iterator[Batch]:
    decoder = msgspec.msgpack.Decoder(Batch)
    for packed in received(pipe):
        yield decoder.decode(packed)


def main() -> None:
    """Write the wanted batches to standard output."""
    gc.disable()
    wanted = msgspec.json.decode(sys.argv[1], type=Wanted)
    for batch in batches(wanted):
        send(sys.stdout.buffer, batch)


if __name__ == "__main__":
    main()
