"""Runs one command of the program and writes down in which of its parts the CPU time went.

`python -m bench.sampled FILE PROCESSES ARGUMENTS...`: a timer of CPU time looks five hundred times a second
where the program is, which costs about a hundredth of what it measures. Time inside SQLite counts for the
part of ours that asked for it. What the process did that decodes large feeds is one part, by its CPU time;
with 1 as PROCESSES there is none.
"""

from __future__ import annotations

import resource
import signal
import sys
from collections import Counter
from pathlib import Path
from types import FrameType

import msgspec

import backend.ingest.decoding_apart

EVERY_S = 0.002
PARTS = (
    ("backend.feed_", "read"),
    ("backend.ingest.ingest", "read"),
    ("backend.feeds.framing", "read"),
    ("backend.feeds.json_frames", "read"),
    ("backend.ingest.decoding_apart", "take from the other process"),
    ("backend.pipes", "take from the other process"),
    ("backend.feeds.intake", "read"),
    ("backend.feeds", "decode"),
    ("backend.record", "decode"),
    ("backend.keys", "keys"),
    ("backend.facts", "counting as"),
    ("backend.settling", "counting as"),
    ("backend.products", "counting as"),
    ("backend.sources.sqlite.event_writing", "event rows"),
    ("backend.sources.sqlite.step_writing", "step rows"),
    ("backend.sources.sqlite.identities", "people"),
    ("backend.identity", "people"),
    ("backend.sources.sqlite.entities", "names"),
    ("backend.sources.sqlite.rollups", "rollups"),
    ("backend.sources.sqlite.newest", "rollups"),
    ("backend.sources.sqlite.roster", "roster"),
    ("backend.roster_fold", "roster"),
    ("backend.sources.sqlite.rawblocks", "raw record"),
    ("backend.sources.sqlite.row_taking", "known rows, commit"),
    ("backend.sources.sqlite.known_keys", "known rows, commit"),
    ("backend.sources.sqlite.writing", "known rows, commit"),
)
"""Beginnings of modules, and what they do; the first that fits."""


def main() -> None:
    """Ends with the exit code of the command."""
    target, processes, *arguments = sys.argv[1:]
    backend.ingest.decoding_apart._free_cores = lambda: float(processes)
    samples: Counter[str] = Counter()
    signal.signal(signal.SIGPROF, lambda _number, frame: samples.update((_part(frame),)))
    signal.setitimer(signal.ITIMER_PROF, EVERY_S, EVERY_S)
    from tui.cli import run

    code = run(arguments)
    signal.setitimer(signal.ITIMER_PROF, 0)
    own_s, other_s = _cpu_s(resource.RUSAGE_SELF), _cpu_s(resource.RUSAGE_CHILDREN)
    if other_s:
        samples["read and decode, in the other process"] = round(samples.total() * other_s / own_s)
    Path(target).write_bytes(msgspec.json.encode(samples))
    sys.exit(code)


def _cpu_s(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def _part(frame: FrameType | None) -> str:
    """What the innermost part of ours is there for."""
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        if module.startswith("backend."):
            return next((part for head, part in PARTS if module.startswith(head)), "other")
        frame = frame.f_back
    return "other"


if __name__ == "__main__":
    main()
