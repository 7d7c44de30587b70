"""Another process that reads and decodes feeds, while this one stores what it has decoded.

Decoding takes a third to a half of a bulk load's time, so two cores shorten it. The other process opens the
feed anew and tells steps (feed_steps): what it is asked for, and in what order, is decided here. It never
outlives this one: it ends when nobody reads what it tells.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from queue import Queue
from typing import IO

import msgspec

from backend.errors import ParcoursError
from backend.feeds import find_format
from backend.ingest.feed_input import FeedInput, Unreadable
from backend.ingest.feed_reading import FeedReader, Options
from backend.ingest.feed_steps import FEED_ERRORS, Step, read_steps
from backend.pipes import received, send

FREE_CORES = 1.5
"""One for each process, or nearly: where two share a core, passing records on only costs."""
STEPS_AHEAD = 4
"""Steps that wait here at most, of a chunk of the feed each: a few megabytes."""

_FAILURES: dict[str, type[ParcoursError]] = {kind.__name__: kind for kind in FEED_ERRORS}


class Wanted(msgspec.Struct, frozen=True):
    """A feed to read to its end."""

    name: str
    chunk_bytes: int
    format: str | None
    account: str
    zone: str | None
    columns: dict[str, str]
    saved: str | None
    """Where an earlier run got to, as `FeedReader.resume` takes it."""


class Done(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """The feed is read to its end."""


class Failed(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """The feed cannot be read further. kind: a name of _FAILURES, "" for a mistake of ours."""

    kind: str
    text: str


Answer = Step | Done | Failed
_answers: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)
_requests = msgspec.msgpack.Decoder(Wanted)


def can_go_apart(options: Options) -> bool:
    """Whether another process would help, and can be told what the person said."""
    return _free_cores() >= FREE_CORES and (options.zone is None or _zone_name(options) is not None)


def _free_cores() -> float:
    """How many of the cores that we may use nobody used in the last minute."""
    ours = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return ours - os.getloadavg()[0]


def _zone_name(options: Options) -> str | None:
    return getattr(options.zone, "key", None)


class OtherProcess:
    """The process that decodes; started by the first feed."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: Queue[bytes | None] = Queue(STEPS_AHEAD)

    def __enter__(self) -> OtherProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def steps(self, name: str, saved: str | None, chunk_bytes: int) -> Iterator[Step]:
        """What `read_steps` gives for this feed, resumed where `saved` says.

        Raises as that does; Unreadable where the other process was ended.
        """
        self._ask(name, saved, chunk_bytes)
        is_over = False
        try:
            while not is_over:
                answer = self._answer(name)
                is_over = not isinstance(answer, Step)
                if isinstance(answer, Step):
                    yield answer
                elif isinstance(answer, Failed):
                    raise _failure(answer)
        finally:
            if not is_over:  # what it still tells of this feed is not to be taken for the next one's
                self.close()

    def close(self) -> None:
        """End the process and wait for it."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        with process:
            while self._answers.get() is not None:
                pass

    def _ask(self, name: str, saved: str | None, chunk_bytes: int) -> None:
        said = self._options
        wanted = Wanted(
            name, chunk_bytes, said.format, said.account, _zone_name(said), dict(said.columns), saved
        )
        process = self._process or self._start()
        assert process.stdin is not None
        try:
            send(process.stdin, wanted)
        except BrokenPipeError:
            pass  # it has ended: waiting for its answer tells how

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-P", "-m", __name__]
        try:
            process = subprocess.Popen(  # noqa: S603 - our own program, no shell
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,  # an interrupt from the terminal is ours to deal with
            )
        except OSError as error:
            raise Unreadable(f"cannot start a process to decode in: {error.strerror}") from error
        assert process.stdout is not None
        threading.Thread(target=self._take_in, args=(process.stdout,), daemon=True).start()
        self._process = process
        return process

    def _take_in(self, pipe: IO[bytes]) -> None:
        """Has the next steps ready while this one is stored."""
        try:
            for packed in received(pipe):
                self._answers.put(packed)
        finally:
            self._answers.put(None)

    def _answer(self, name: str) -> Answer:
        packed = self._answers.get()
        if packed is not None:
            return _answers.decode(packed)
        self._answers.put(None)  # for `close`
        assert self._process is not None
        code = self._process.wait()
        how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
        raise Unreadable(
            f"the process that decodes {name} ended {how}: what was stored stays, run it again to go on there"
        )


def _failure(answer: Failed) -> Exception:
    kind = _FAILURES.get(answer.kind)
    return kind(answer.text) if kind else RuntimeError(f"while decoding in another process:\n{answer.text}")


# --- in the other process ----------------------------------------------------------------------------


def main() -> None:
    """Tell the steps of each feed that is wanted, until none is."""
    gc.disable()
    try:
        for packed in received(sys.stdin.buffer):
            _tell(_requests.decode(packed), sys.stdout.buffer)
    except BrokenPipeError:
        os._exit(0)  # nobody reads any more: flushing at the interpreter's end would fail, too


def _tell(wanted: Wanted, pipe: IO[bytes]) -> None:
    try:
        for step in _steps(wanted):
            send(pipe, step)
    except FEED_ERRORS as error:
        send(
            pipe,
            Failed(next(name for name, kind in _FAILURES.items() if isinstance(error, kind)), str(error)),
        )
    except BrokenPipeError:
        raise
    except Exception:  # whatever it is, it is the other side that reports it
        import traceback

        send(pipe, Failed("", traceback.format_exc()))
    else:
        send(pipe, Done())


def _steps(wanted: Wanted) -> Iterator[Step]:
    feed = FeedInput(wanted.name)
    try:
        reader = FeedReader(feed, _options(wanted), find_format(wanted.format) if wanted.format else None)
        if wanted.saved is not None:
            reader.resume(wanted.saved, may_grow=False)
        yield from read_steps(reader, wanted.chunk_bytes)
    finally:
        feed.close()


def _options(wanted: Wanted) -> Options:
    from zoneinfo import ZoneInfo

    zone = None if wanted.zone is None else ZoneInfo(wanted.zone)
    return Options(format=wanted.format, account=wanted.account, zone=zone, columns=wanted.columns)


if __name__ == "__main__":
    main()
