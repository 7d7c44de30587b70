"""The rows of a pane's table: deliveries, steps, metrics, or what was told of the rows. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from backend.model import Cell, TableRow
from backend.reports.counts import Counts, FacetTally, StepName, Tally
from backend.reports.figures import Numbers
from backend.reports.metrics import METRICS, count_rows, rate
from backend.reports.panes import FACET_OF, Pane, RowsOf
from backend.reports.step_flow import are_placed, as_passed, branches, drops, order_steps, unplaced

NOT_TOLD = "(not told)"
REST = "(all others)"


def table_rows(pane: Pane, counts: Counts, numbers: Numbers) -> list[TableRow]:
    """The rows of the pane's table in their order; none where it has no table."""
    if pane.rows is RowsOf.DELIVERY:
        return _delivery_rows(pane, counts, numbers)
    if pane.rows is RowsOf.STEP:
        return _step_rows(pane, counts, numbers)
    if pane.rows is RowsOf.BUSY_STEP:
        return _busy_step_rows(pane, counts, numbers)
    if pane.rows is RowsOf.METRIC:
        return _metric_rows(pane, numbers)
    if pane.rows in FACET_OF:
        return _value_rows(pane, counts, numbers)
    return []


def _delivery_rows(pane: Pane, counts: Counts, numbers: Numbers) -> list[TableRow]:
    """Deliveries with something in the window, the busiest first."""
    by_delivery: dict[int, list[Tally]] = defaultdict(list)
    metrics = [METRICS[name] for name in pane.columns]
    for tally in counts.current.tallies:
        if any(metric.counts(tally) for metric in metrics):
            by_delivery[tally.delivery_id].append(tally)
    names = {delivery.id: delivery.name or delivery.key for delivery in counts.deliveries}
    keys = {delivery.id: delivery.key for delivery in counts.deliveries}
    rows = [
        TableRow(
            label=names.get(delivery_id, NOT_TOLD),
            key=delivery_id or None,
            cells=tuple(numbers.of(name, tallies, delivery_id or None) for name in pane.columns),
        )
        for delivery_id, tallies in by_delivery.items()
    ]
    return sorted(rows, key=lambda row: (*_most_first(row), keys.get(row.key or 0, "")))


def _step_rows(pane: Pane, counts: Counts, numbers: Numbers) -> list[TableRow]:
    """Steps in order; one that no definition places and that nothing happened at is left out."""
    by_step = _by_step(counts.current.tallies, pane)
    order = _in_order(counts, by_step)
    rows = [_step_row(step.id, step.name or step.key, pane, by_step, numbers) for step in order]
    shown = _shown(order, counts, by_step)
    if 0 in by_step or any(one.step_id == 0 and one.active + one.waiting for one in counts.inside):
        rows.append(_step_row(0, NOT_TOLD, pane, by_step, numbers))
    if pane.drops:
        rows = _with_drops(rows, order, counts)
    return [row for row in rows if row.key is None or row.key in shown]


def order_note(pane: Pane, counts: Counts) -> str:
    """What is to be said of the order of the steps that a pane shows: "" where it is known."""
    by_step = _by_step(counts.current.tallies, pane)
    order = _in_order(counts, by_step)
    shown = _shown(order, counts, by_step)
    lost = sum(step.id in shown for step in unplaced(order))
    return f"the order of {lost} of {len(shown)} steps is not known" if lost and len(shown) > 1 else ""


def _in_order(counts: Counts, by_step: Mapping[int, Sequence[Tally]]) -> list[StepName]:
    rows = {step: sum(tally.n for tally in tallies) for step, tallies in by_step.items()}
    return order_steps(as_passed(counts.steps, counts.passed), rows)


def _shown(order: Iterable[StepName], counts: Counts, by_step: Mapping[int, Sequence[Tally]]) -> set[int]:
    inside = {step.step_id for step in counts.inside if step.active or step.waiting}
    return {
        step.id
        for step in order
        if counts.step_id in (None, step.id)
        and (step.id in by_step or step.id in inside or step.position is not None)
    }


def _with_drops(rows: Sequence[TableRow], order: Sequence[StepName], counts: Counts) -> list[TableRow]:
    """The rows with what is lost from step to step; one step alone loses nothing that is known, nor do
    steps whose order is not."""
    if all(row.cells[0].value is None for row in rows):
        return [msgspec.structs.replace(row, cells=(*row.cells, row.cells[0])) for row in rows]
    placed = [step for step in order if step.position is not None] or order
    last = {step.id for step in order if step.following == ()} or {step.id for step in placed[-1:]}
    came = {row.key: _came_to(row, row.key in last) for row in rows if row.key is not None}
    completed = {key: n for key, n in came.items() if n is not None}
    entries = count_rows(METRICS["entered_rows"], counts.current.tallies)
    is_told = counts.step_id is None and are_placed(order)
    lost = drops(order, completed, entries) if is_told else {}
    forks = branches(order)
    return [
        msgspec.structs.replace(
            row, cells=(*row.cells, Cell(lost.get(row.key or 0))), is_branch=row.key in forks
        )
        for row in rows
    ]


def _came_to(row: TableRow, is_last: bool) -> int | None:
    """How many completed a step, None: not known; who leaves at the last one got there as well."""
    done, _, left, *_ = (cell.value for cell in row.cells)
    if done is None and not (is_last and left):
        return None
    return max(int(done or 0), int(left or 0)) if is_last else int(done or 0)


def _step_row(
    step_id: int, label: str, pane: Pane, by_step: dict[int, list[Tally]], numbers: Numbers
) -> TableRow:
    tallies = by_step.get(step_id, ())
    cells = tuple(_step_cell(name, step_id, tallies, numbers) for name in pane.columns)
    return TableRow(label=label, key=step_id or None, cells=cells)


def _step_cell(name: str, step_id: int, tallies: Sequence[Tally], numbers: Numbers) -> Cell:
    if name == "inside":
        return numbers.inside_at(step_id)
    return numbers.completed_at(step_id, tallies) if name == "completed" else numbers.of(name, tallies)


def _busy_step_rows(pane: Pane, counts: Counts, numbers: Numbers) -> list[TableRow]:
    by_step = _by_step(counts.day if pane.whole_day else counts.current.tallies, pane)
    names = {step.id: step.name or step.key for step in counts.steps}
    rows = [_step_row(step_id, names.get(step_id, NOT_TOLD), pane, by_step, numbers) for step_id in by_step]
    return sorted(rows, key=_most_first)


def _by_step(tallies: Iterable[Tally], pane: Pane) -> dict[int, list[Tally]]:
    metrics = [METRICS[name] for name in pane.columns]
    found: dict[int, list[Tally]] = defaultdict(list)
    for tally in tallies:
        if any(metric.counts(tally) for metric in metrics):
            found[tally.step_id].append(tally)
    return dict(found)


def _metric_rows(pane: Pane, numbers: Numbers) -> list[TableRow]:
    rows = [
        TableRow(label=METRICS[name].label, cells=(numbers.total(METRICS[name]),)) for name in pane.columns
    ]
    return _with_shares(rows) if pane.share else rows


def _value_rows(pane: Pane, counts: Counts, numbers: Numbers) -> list[TableRow]:
    """One row a value (of each step, in a pane of both), the most frequent first; what was not told apart is
    the last."""
    by_value: dict[tuple[int, bool, str | None], list[FacetTally]] = defaultdict(list)
    kinds = {kind for name in pane.columns for kind in METRICS[name].kinds}
    for tally in counts.facets:
        if tally.facet is FACET_OF[pane.rows] and tally.kind in kinds:
            by_value[tally.step_id, tally.rest, tally.value].append(tally)
    steps = {step.id: step.name or step.key for step in counts.steps}
    of_step = pane.rows is RowsOf.REASON_OF_STEP
    rows = [
        TableRow(
            label=(f"{steps.get(step_id, NOT_TOLD)}: " if of_step else "")
            + (REST if rest else (value or NOT_TOLD)),
            key=step_id or None,
            cells=tuple(numbers.with_value(name, tallies) for name in pane.columns),
            value=value,
            is_rest=rest,
        )
        for (step_id, rest, value), tallies in by_value.items()
    ]
    rows.sort(key=lambda row: (row.is_rest, *_most_first(row)))
    return _with_shares(rows) if pane.share else rows


def _with_shares(rows: Sequence[TableRow]) -> list[TableRow]:
    whole = sum(_of(row) for row in rows)
    shared = []
    for row in rows:
        first = row.cells[0]
        share = Cell(rate(_of(row), whole)) if first.value is not None else Cell(None, first.availability)
        shared.append(msgspec.structs.replace(row, cells=(*row.cells, share)))
    return shared


def _of(row: TableRow) -> float:
    value = row.cells[0].value
    return 0 if value is None or isinstance(value, str) else value


def _most_first(row: TableRow) -> tuple[float, str]:
    return (-_of(row), row.label)
