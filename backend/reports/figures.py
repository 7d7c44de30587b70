"""From `Counts` to single values: every number of a report, with why it is one or is none (R47).

The five displays: a number (0 is a true zero); no permission; no feed, where no record ever tells this;
tracking off, where the deliveries concerned are not tracked; not collected, where records could tell it and
none of this subject, channel or time has come. A count above 0 is always shown as what it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from backend.model import Availability, Cell, Figure, LogName, Series
from backend.products import product_rules
from backend.reports.counts import Counts, FacetTally, Need, Span, Tally, step_starts
from backend.reports.metrics import METRICS, Metric, Unit, count_rows, rate
from backend.reports.told import has_channel, is_told

ABOVE_WHOLE = "above 100 %: some of it belongs to messages sent before the window"
MORE_THAN_TARGETED = "Delivered and Excluded are more than Targeted: exclusions repeat, and contacts re-enter"


class Numbers:
    """The values of one tab's metrics."""

    def __init__(self, counts: Counts, need: Need) -> None:
        self._counts = counts
        self._need = need
        self._stepped: dict[str, tuple[int | None, ...]] = {}
        """The metrics by steps, as far as they were asked for."""
        self._tracking = {delivery.id: delivery.tracking for delivery in counts.deliveries}

    def figure(self, metric_id: str, *, whole_day: bool = False) -> Figure:
        """The metric over the whole subject, with the window before."""
        metric = METRICS[metric_id]
        cell = self.total(metric, self._counts.day if whole_day else None)
        previous = None if whole_day or cell.value is None else self._previous(metric)
        return Figure(
            metric=metric.id,
            label=metric.label,
            value=_number(cell),
            availability=cell.availability,
            unit=metric.unit,
            previous=previous,
            note=self._note(metric, _number(cell)),
            course=() if whole_day else self._course(metric),
        )

    def total(self, metric: Metric, tallies: Iterable[Tally] | None = None) -> Cell:
        """The metric over `tallies`, else over the window."""
        if metric.unit is Unit.RATIO:
            return self._ratio(metric, tallies)
        value = self._value(metric, self._counts.current, tallies)
        if metric.id == "inside":
            value = sum(step.active + step.waiting for step in self._counts.inside)
        if value is None:
            return Cell(None, Availability.NOT_COLLECTED)
        return self._judged(metric, value)

    def of(self, metric_id: str, tallies: Sequence[Tally], delivery_id: int | None = None) -> Cell:
        """The metric over some of the window's tallies: those of one delivery or step."""
        metric = METRICS[metric_id]
        return self._judged(metric, count_rows(metric, tallies), delivery_id)

    def completed_at(self, step_id: int, tallies: Sequence[Tally]) -> Cell:
        """How often a step was completed. Where a product logs that of some steps only, 0 is known of those
        that were completed at some time near the window."""
        cell = self.of("completed", tallies)
        counts = self._counts
        is_logged = product_rules(counts.subject.product).logs_completed_steps
        if cell.value == 0 and not is_logged and step_id not in counts.known.completed_steps:
            return Cell(None, Availability.NO_FEED)
        return cell

    def inside_at(self, step_id: int) -> Cell:
        """Contacts at a step now."""
        at = [step.active + step.waiting for step in self._counts.inside if step.step_id == step_id]
        return self._judged(METRICS["inside"], sum(at))

    def with_value(self, metric_id: str, tallies: Iterable[FacetTally]) -> Cell:
        """The metric over the rows that carry one reason, domain or platform."""
        metric = METRICS[metric_id]
        return self._judged(metric, sum(tally.n for tally in tallies if tally.kind in metric.kinds))

    def series(self, metric_id: str) -> Series:
        """The metric by steps of the window; None where nothing was collected yet."""
        metric, counts = METRICS[metric_id], self._counts
        why = self.total(metric).availability
        return Series(
            metric=metric.id,
            label=metric.label,
            start_ms=step_starts(counts.current.window, counts.step_ms).start,
            step_ms=counts.step_ms,
            values=self._by_step(metric),
            missing=Availability.NOT_COLLECTED if why is Availability.KNOWN else why,
        )

    def _by_step(self, metric: Metric) -> tuple[int | None, ...]:
        if metric.id not in self._stepped:
            counts = self._counts
            sums = dict.fromkeys(step_starts(counts.current.window, counts.step_ms), 0)
            for tally in counts.current.tallies:
                if metric.counts(tally):
                    sums[tally.bucket_ms] += tally.n
            known = self.total(metric).availability is Availability.KNOWN
            from_ms = counts.known.oldest_ms.get(metric.log, counts.now_ms)
            self._stepped[metric.id] = tuple(
                n if known and start + counts.step_ms > from_ms else None for start, n in sums.items()
            )
        return self._stepped[metric.id]

    def _course(self, metric: Metric) -> tuple[float | int | None, ...]:
        if metric.unit is Unit.RATIO:
            part, whole = (self._course(METRICS[name or ""]) for name in (metric.part, metric.whole))
            return tuple(map(rate, part, whole))
        is_read = metric.log is LogName.SCENARIO or self._need.channel is not None
        return self._by_step(metric) if metric.kinds and is_read else ()

    def _value(self, metric: Metric, span: Span, tallies: Iterable[Tally] | None = None) -> int | None:
        if metric.distinct is not None:
            return None if span.distinct is None else int(getattr(span.distinct, metric.distinct))
        if metric.cohort is not None:
            return None if span.cohort is None else int(getattr(span.cohort, metric.cohort))
        return count_rows(metric, span.tallies if tallies is None else tallies)

    def _ratio(self, metric: Metric, tallies: Iterable[Tally] | None) -> Cell:
        part, whole = (self.total(METRICS[name or ""], tallies) for name in (metric.part, metric.whole))
        for cell in (part, whole):
            if cell.availability is not Availability.KNOWN:
                return Cell(None, cell.availability)
        return Cell(rate(_number(part), _number(whole)))

    def _previous(self, metric: Metric) -> float | int | None:
        span, known = self._counts.previous, self._counts.known
        if metric.unit is Unit.RATIO:
            part, whole = (self._previous(METRICS[name or ""]) for name in (metric.part, metric.whole))
            return rate(part, whole)
        from_ms = max(known.oldest_ms.get(metric.log, self._counts.now_ms), known.pruned_before_ms or 0)
        return self._value(metric, span) if from_ms <= span.window.start_ms else None

    def _judged(self, metric: Metric, value: int, delivery_id: int | None = None) -> Cell:
        why = self._availability(metric, value, delivery_id)
        return Cell(value if why is Availability.KNOWN else None, why)

    def _availability(self, metric: Metric, value: int, delivery_id: int | None) -> Availability:
        known = self._counts.known
        if not known.permitted:
            return Availability.NO_PERMISSION
        if value:
            return Availability.KNOWN
        if metric.log not in known.oldest_ms or self._is_untold(metric):
            return Availability.NO_FEED
        if metric.tracked and self._is_untracked(delivery_id):
            return Availability.TRACKING_OFF
        return Availability.KNOWN if self._is_collected(metric) else Availability.NOT_COLLECTED

    def _is_untold(self, metric: Metric) -> bool:
        """Whether the product never logs it, and no other feed told such rows of the subject either."""
        known, channel, product = self._counts.known, self._need.channel, self._counts.subject.product
        if channel is not None and known.channel_seen and not has_channel(product, channel):
            channel = None
        told = partial(
            is_told,
            *(metric, product),
            of_campaigns=known.of_campaigns,
            formats=known.formats,
        )
        if told(channel):
            return False
        if metric.classes or metric.having or told():  # the kind alone says nothing
            return not count_rows(metric, self._counts.previous.tallies)
        return not any((metric.log, kind) in known.subject_kinds for kind in metric.kinds)

    def _is_untracked(self, delivery_id: int | None) -> bool:
        if delivery_id is not None:
            return self._tracking.get(delivery_id) is False
        if self._counts.subject.tracking is False:
            return True
        return bool(self._tracking) and all(tracking is False for tracking in self._tracking.values())

    def _is_collected(self, metric: Metric) -> bool:
        counts, known = self._counts, self._counts.known
        if counts.current.window.end_ms <= known.oldest_ms[metric.log]:
            return False
        if metric.log is LogName.SCENARIO:
            return any(log is LogName.SCENARIO for log, _ in known.subject_kinds)
        if self._need.channel is None or set(metric.kinds) & self._need.any_channel:
            return bool(known.subject_kinds)
        return known.channel_seen

    def _note(self, metric: Metric, value: float | int | None) -> str | None:
        if metric.unit is Unit.RATIO and value is not None and value > 1:
            return ABOVE_WHOLE
        if metric.whole is not None and value is not None:
            return f"of {METRICS[metric.whole].label}"
        if metric.tracked and value is not None:
            off = sum(tracking is False for tracking in self._tracking.values())
            return f"tracking is off for {off} of {len(self._tracking)}" if off else None
        if metric.id == "targeted" and value is not None and self._exceeds(value):
            return MORE_THAN_TARGETED
        return None

    def _exceeds(self, targeted: float) -> bool:
        got = sum(
            count_rows(METRICS[name], self._counts.current.tallies) for name in ("delivered", "excluded")
        )
        return got > targeted


def _number(cell: Cell) -> float | int | None:
    return None if isinstance(cell.value, str) else cell.value
