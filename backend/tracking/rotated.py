"""Which access logs a run has to read: those named, and those to which they were rotated meanwhile.

A log that stood under a named one's name when the last run ended may have been moved away since, copied and
cut short, and packed at once: its rest is looked for among the files beside it that carry its name and more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from backend.errors import BadData
from backend.ingest.feed_input import find_files
from backend.tracking.access_log import AccessLog, Saved, Standing, standing_at

PACKED = (".gz", ".zst")


class Logs(msgspec.Struct):
    """The logs of a run. lost: names whose earlier log was not read to its end and is not there any more."""

    opened: list[AccessLog] = msgspec.field(default_factory=list)
    lost: list[str] = msgspec.field(default_factory=list)

    def close(self) -> None:
        for log in self.opened:
            log.close()


def open_logs(names: Sequence[str], saved: Saved) -> Logs:
    """The logs that the names stand for, folders taken apart, and what was rotated away from under these
    names since they were read. Raises: NoSuchSource; what FeedInput raises."""
    logs = Logs()
    try:
        for name in find_files(names):
            _open(name, saved, logs)
    except BaseException:
        logs.close()
        raise
    return logs


def _open(name: str, saved: Saved, logs: Logs) -> None:
    stood = standing_at(name, saved)
    log = AccessLog(name, saved, stood=stood)
    log.is_named = True
    is_other = stood is not None and not log.is_what_stood(stood)
    beside = list(_moved(name, saved, stood if is_other else None))
    if stood is not None and is_other and not any(one.is_rest for one in beside):
        logs.lost.append(name)
    known = {one.position_name for one in logs.opened}
    for one in (log, *beside):
        if one.is_done or one.position_name in known:
            one.close()
        else:
            known.add(one.position_name)
            logs.opened.append(one)
            if one is not log:
                log.older.append(one)


def _moved(name: str, saved: Saved, stood: Standing | None) -> Iterator[AccessLog]:
    """Logs beside a named one that once had its name. stood: which log did, where it does no more; then what
    was written to after that is taken too, whether it was seen before or not."""
    path = Path(name)
    beside = path.parent.glob(f"{_literal(path.name)}[.-]*")
    for other in sorted(str(one) for one in beside if one.is_file()):
        is_later = stood is not None and int(Path(other).stat().st_mtime) >= stood.changed_s
        if not is_later and Path(other).suffix in PACKED:
            continue
        try:
            log = AccessLog(other, saved, stood=stood if is_later else None)
        except BadData:  # some other file of that name
            continue
        if is_later or saved(log.position_name) is not None:
            yield log
        else:
            log.close()


def _literal(name: str) -> str:
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)
