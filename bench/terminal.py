"""The program in a terminal that only measures: when something is to be read on it, how many bytes came, and
what the process costs. Unlike the one of the tests it draws no screen, which would cost more than what it
watches. Needs Linux, whose /proc tells of processes.
"""

from __future__ import annotations

import os
import re
import select
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from ptyprocess import PtyProcess

from bench.stores import PROGRAM, ROOT

COLUMNS, ROWS = 160, 45
PATIENCE_S = 60.0
QUIET_S = 0.15
NOT_TEXT = re.compile(rb"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[[0-?]*[ -/]*[@-~]|\x1b[ -/]*[0-~]|[\r\n]")
KEYS = {"down": b"\x1b[B", "up": b"\x1b[A", "pageup": b"\x1b[5~", "pagedown": b"\x1b[6~"}
TICKS_PER_S = os.sysconf("SC_CLK_TCK")

EMPTY_APP = """
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self):
        yield Static("nothing but this")
Empty().run()
"""
EMPTY = (sys.executable, "-c", EMPTY_APP)
EMPTY_SAYS = "nothing but this"


class Watched:
    """A running program. Use as a context: it ends with it."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str] | None = None) -> None:
        settings = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
        base = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self.started_s = time.perf_counter()
        self._process = PtyProcess.spawn(
            list(argv), cwd=str(ROOT), env={**base, **settings, **(env or {})}, dimensions=(ROWS, COLUMNS)
        )
        self.bytes = 0
        self._recent = b""

    def __enter__(self) -> Watched:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.isalive():
            self._process.kill(signal.SIGKILL)
            self._process.wait()
        self._process.close(force=True)

    def read(self, timeout_s: float) -> bool:
        """Read once; False where nothing came in time."""
        ready, _, _ = select.select([self._process.fd], [], [], timeout_s)
        if not ready:
            return False
        try:
            data = os.read(self._process.fd, 1 << 16)
        except OSError:
            return False
        self.bytes += len(data)
        self._recent += data
        return bool(data)

    def wait_for(self, text: str) -> float:
        """Seconds since its start when the text had been written, somewhere since the last `forget`."""
        wanted = text.encode()
        give_up_s = time.perf_counter() + PATIENCE_S
        while wanted not in self.text:
            if not self.read(0.05) and (time.perf_counter() > give_up_s or not self._process.isalive()):
                raise RuntimeError(f"waited for {text!r}; there was: {self.text[-2000:]!r}")
        return time.perf_counter() - self.started_s

    @property
    def text(self) -> bytes:
        """What was written since the last `forget`, without what is no text."""
        return NOT_TEXT.sub(b"", self._recent)

    def forget(self) -> None:
        self._recent = b""

    def taken(self) -> bytes:
        """All that was written since the last `forget`, as it came, and forget it."""
        taken, self._recent = self._recent, b""
        return taken

    def settle(self, quiet_s: float = QUIET_S) -> None:
        """Read until nothing came for a while."""
        give_up_s = time.perf_counter() + PATIENCE_S
        while self.read(quiet_s) and time.perf_counter() < give_up_s:
            pass

    def watch(self, seconds: float) -> int:
        """Bytes that come in so many seconds."""
        before, end_s = self.bytes, time.perf_counter() + seconds
        while (left_s := end_s - time.perf_counter()) > 0:
            self.read(left_s)
        return self.bytes - before

    def press(self, key: str) -> None:
        os.write(self._process.fd, KEYS.get(key, key.encode()))

    @property
    def cpu_s(self) -> float:
        """CPU time of the process so far."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_S

    @property
    def memory_mb(self) -> float:
        """What of the process lies in memory."""
        for line in Path(f"/proc/{self._process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        return 0.0


def console(path: Path, home: Path) -> Watched:
    """The console on a store, with settings of its own."""
    env = {name: str(home) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")}
    return Watched([*PROGRAM, str(path)], env)
