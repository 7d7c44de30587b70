"""In which order contacts pass the steps of a scenario that no definition places.

A sample by seeks: the runs of the newest rows of some kinds, and the newest rows of the contacts of these. It
costs the same however long the log is, and is a function of the stored rows.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import islice

from backend.model import StepKind, Subject
from backend.reports.counts import LOOKED_AMONG, LOOKED_ROWS, LOOKED_RUNS, Passage
from backend.reports.step_flow import PASSING, passages
from backend.sources.sqlite.schema import STEP_CODE

NEWEST_SQL = (
    "SELECT contact_id, run, flags & ? FROM scenario_log INDEXED BY scenario_scenario WHERE scenario_id = ?"
    f" AND kind = ? AND ts < ? ORDER BY ts DESC, h DESC LIMIT {LOOKED_AMONG}"
)
CONTACT_SQL = (
    "SELECT scenario_id, run, step_id, ts, flags & ? FROM scenario_log INDEXED BY scenario_contact"
    f" WHERE contact_id = ? AND ts < ? ORDER BY ts DESC, h DESC LIMIT {LOOKED_ROWS}"
)

Run = tuple[int, str]
"""contact, run"""


def read_passages(
    connection: sqlite3.Connection, scenario: Subject, end_ms: int, left_out: int
) -> tuple[Passage, ...]:
    """As rows before `end_ms` tell. left_out: flags of rows that tell nothing."""

    def newest(kind: StepKind) -> Iterator[tuple[int | None, str]]:
        asked = left_out, scenario.id, STEP_CODE[kind], end_ms
        rows = connection.execute(NEWEST_SQL, asked)
        return islice(((contact, run) for contact, run, is_out in rows if not is_out), LOOKED_RUNS)

    runs = {(contact, run) for kind in PASSING for contact, run in newest(kind) if contact is not None}
    return passages(_visits(connection, scenario, end_ms, left_out, runs))


def _visits(
    connection: sqlite3.Connection, scenario: Subject, end_ms: int, left_out: int, runs: set[Run]
) -> Iterator[tuple[Run, int, int]]:
    for contact in sorted({contact for contact, _ in runs}):
        for scenario_id, run, step, at_ms, is_out in connection.execute(
            CONTACT_SQL, (left_out, contact, end_ms)
        ):
            if scenario_id == scenario.id and step is not None and not is_out and (contact, run) in runs:
                yield (contact, run), step, at_ms
