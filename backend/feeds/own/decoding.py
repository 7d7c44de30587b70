"""Lines and rows of our own format to records: the format as `backend.feeds` knows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from backend.errors import DecodeError
from backend.feeds.format import Format, Frame, Framing, Sample, Settings
from backend.feeds.own import rows, things
from backend.feeds.own.reading import Fields
from backend.record import Record

VERSIONS = frozenset({"1", "1.0"})

RECORDS: Mapping[str, Callable[[Fields], list[Record]]] = {
    "event": rows.decode_event,
    "tracking": rows.decode_event,
    "scenario_log": rows.decode_scenario_row,
    "message": rows.decode_message,
    "contact": things.decode_contact,
    "scenario": things.decode_scenario,
    "step": things.decode_step,
    "campaign": things.decode_campaign,
    "delivery": things.decode_delivery,
    "url": things.decode_url,
    "content": things.decode_content,
    "suppression": things.decode_suppression,
    "roster": things.decode_roster,
    "roster_complete": things.decode_roster_complete,
    "workflow_run": things.decode_workflow_run,
}


def decode(frame: Frame, settings: Settings) -> Iterable[Record]:
    """All records in one line. Raises: DecodeError that names the record and the field."""
    values = _values(frame.value, settings)
    if values is None:
        raise DecodeError("not a JSON object")
    version = values.get("v", 1)
    if version not in (None, "") and str(version) not in VERSIONS:
        raise DecodeError("a version of the format that this program does not know")
    told = values.get("record")
    if not isinstance(told, str) or not told:
        raise DecodeError("no record")
    decode_record = RECORDS.get(told.strip().lower())
    if decode_record is None:
        raise DecodeError(f"record is none of {', '.join(RECORDS)}")
    fields = Fields(told.strip().lower(), values, settings)
    return decode_record(fields)


def _values(value: Any, settings: Settings) -> dict[str, Any] | None:
    """The record by documented names; what the person said that their columns stand for is applied."""
    if not isinstance(value, dict):
        return None
    if not settings.columns:
        return value
    return {settings.columns.get(name, name): part for name, part in value.items()}


def _recognise(sample: Sample) -> float:
    """The share of the sample that names one of our records."""
    values = [_values(frame.value, Settings()) or {} for frame in sample.frames]
    told = [value for value in values if str(value.get("record")).strip().lower() in RECORDS]
    return len(told) / len(values) if values else 0.0


def _recognise_csv(sample: Sample) -> float:
    return _recognise(sample) if "record" in sample.header else 0.0


FORMATS: tuple[Format, ...] = (
    Format(
        name="parcours",
        product=rows.PRODUCT,
        framing=Framing.JSON,
        summary="Our own NDJSON, as `parcours logs --format json` writes it or you make it from any product",
        gives="every log, contacts, scenarios, steps, campaigns, deliveries, lists of contacts inside",
        zoneless=True,
        recognise=_recognise,
        decode=decode,
    ),
    Format(
        name="parcours-csv",
        product=rows.PRODUCT,
        framing=Framing.CSV,
        summary="Our own CSV: a column `record` and a column for each field",
        gives="every log, contacts, scenarios, steps, campaigns, deliveries, lists of contacts inside",
        zoneless=True,
        recognise=_recognise_csv,
        decode=decode,
    ),
)
