"""The formats that parcours reads, and how one is told from another.

A format is known by content, never by a file's name. Feed modules are imported when a feed is read, not
before: nothing here costs a program that reads none.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from importlib import import_module
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from backend.errors import BadData, UsageError

if TYPE_CHECKING:
    from backend.feeds.format import Format, Sample

    FORMATS: tuple[Format, ...]
    """All formats, in the order of MODULES; their modules are imported when it is first asked for."""

MODULES: dict[str, str] = {
    "parcours": "backend.feeds.own.decoding",
    "parcours-csv": "backend.feeds.own.decoding",
    "brevo-webhook": "backend.feeds.brevo",
    "brevo-marketing-webhook": "backend.feeds.brevo",
    "brevo-sms-webhook": "backend.feeds.brevo",
    "brevo-webhook-csv": "backend.feeds.brevo",
    "brevo-events": "backend.feeds.brevo",
    "brevo-log-csv": "backend.feeds.brevo",
    "brevo-scenario-log": "backend.feeds.brevo",
    "brevo-scenario-log-json": "backend.feeds.brevo",
    "brevo-event-log": "backend.feeds.brevo",
    "brevo-event-log-json": "backend.feeds.brevo",
    "brevo-contacts-in-scenario": "backend.feeds.brevo",
    "brevo-contacts-in-scenario-json": "backend.feeds.brevo",
    "brevo-blocked": "backend.feeds.brevo",
    "brevo-blocked-csv": "backend.feeds.brevo",
    "ajo-step-events": "backend.feeds.ajo",
    "ajo-feedback": "backend.feeds.ajo",
    "ajo-tracking": "backend.feeds.ajo",
    "ajo-offers": "backend.feeds.ajo",
    "ajo-entities": "backend.feeds.ajo",
    "ajo-suppression": "backend.feeds.ajo.suppression",
    "campaign-broadlog": "backend.feeds.campaign",
    "campaign-exclusions": "backend.feeds.campaign",
    "campaign-tracking": "backend.feeds.campaign",
    "campaign-deliveries": "backend.feeds.campaign",
    "campaign-urls": "backend.feeds.campaign",
    "campaign-quarantines": "backend.feeds.campaign",
    "campaign-html": "backend.feeds.campaign.content",
    "marketo-activities": "backend.feeds.marketo",
    "marketo-activities-csv": "backend.feeds.marketo",
    "marketo-leads": "backend.feeds.marketo",
    "marketo-leads-csv": "backend.feeds.marketo",
    "marketo-activity-types": "backend.feeds.marketo",
    "sendgrid-webhook": "backend.feeds.sendgrid",
    "ses-sns": "backend.feeds.ses",
    "ses-event": "backend.feeds.ses",
    "ses-eventbridge": "backend.feeds.ses",
    "ses-feedback": "backend.feeds.ses",
    "mailgun-webhook": "backend.feeds.mailgun",
    "mailgun-form": "backend.feeds.mailgun",
    "mailjet-webhook": "backend.feeds.mailjet",
    "postmark-webhook": "backend.feeds.postmark",
    "postmark-subscription": "backend.feeds.postmark",
    "sparkpost-webhook": "backend.feeds.sparkpost",
    "mandrill-webhook": "backend.feeds.mandrill",
    "mandrill-webhook-json": "backend.feeds.mandrill",
}
"""Every format's name and the module whose `FORMATS` holds it. A new format is a line here."""

SAMPLE_BYTES = 256 * 1024
"""How much of a feed's beginning `recognise` looks at."""
SAMPLE_FRAMES = 20
SURE_ENOUGH = 0.5


def __getattr__(name: str) -> Any:
    if name != "FORMATS":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()["FORMATS"] = formats = tuple(map(find_format, MODULES))
    return formats


def find_format(name: str) -> Format:
    """The format of that name. Raises: UsageError that names those that exist."""
    if name not in MODULES:
        raise UsageError(f'no feed format is called "{name}"; there are: {", ".join(MODULES)}')
    formats: tuple[Format, ...] = import_module(MODULES[name]).FORMATS
    return next(form for form in formats if form.name == name)


def recognise(
    head: bytes, among: Collection[str] = MODULES, *, columns: Mapping[str, str] | None = None
) -> Format:
    """The format of a feed that begins with `head`: its first SAMPLE_BYTES, or all of it.

    among: the names of the formats that it may have. columns: what renamed headers stand for.
    Raises: BadData that says what was seen instead.
    """
    if not head.strip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"):
        raise BadData("the feed is empty")
    samples = [_renamed(sample, columns or {}) for sample in _samples(head[:SAMPLE_BYTES])]
    if _looks_like_json(head) and not any(sample.framing == "json" for sample in samples):
        raise BadData(f"not a feed I know: {_first_reason(head[:SAMPLE_BYTES])}")
    judged = [
        (form.recognise(sample), form)
        for form in map(find_format, among)
        for sample in samples
        if sample.framing == form.framing
    ]
    sure, form = max(judged, key=lambda judgement: judgement[0], default=(0.0, None))
    if form is None or sure < SURE_ENOUGH:
        known = "if you know it, say --format (parcours ingest --list-formats)"
        raise BadData(f"not a feed I know: {_seen(samples)}; {known}")
    return form


def _renamed(sample: Sample, columns: Mapping[str, str]) -> Sample:
    """A sample of CSV under the documented headers."""
    if not any(header in columns for header in sample.header):
        return sample
    from msgspec.structs import replace

    frames = (
        replace(frame, value={columns.get(name, name): cell for name, cell in frame.value.items()})
        for frame in sample.frames
    )
    header = (columns.get(name, name) for name in sample.header)
    return replace(sample, header=tuple(header), frames=tuple(frames))


def _looks_like_json(head: bytes) -> bool:
    return head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")


def _first_reason(head: bytes) -> str:
    """Why the first JSON value of a feed is no frame."""
    from backend.feeds.format import Framing
    from backend.feeds.framing import open_framer
    from backend.record import Rejected

    framer = open_framer(Framing.JSON, head)
    rest = framer.finish() if len(head) < SAMPLE_BYTES else ()
    for piece in chain(framer.feed(head), rest):
        if isinstance(piece, Rejected):
            return f"JSON that cannot be read: {piece.reason}"
    if len(head) < SAMPLE_BYTES:
        return "JSON without a record"
    return f"JSON whose first value is longer than {SAMPLE_BYTES // 1024} KiB"


def _samples(head: bytes) -> list[Sample]:
    """The beginning, framed in each way that gives anything."""
    from backend.feeds.format import Frame, Framing, Sample
    from backend.feeds.framing import open_framer

    samples = []
    for framing in Framing:
        framer = open_framer(framing, head)
        rest = framer.finish() if len(head) < SAMPLE_BYTES else ()
        found = (piece for piece in chain(framer.feed(head), rest) if isinstance(piece, Frame))
        frames = tuple(islice(found, SAMPLE_FRAMES))
        if frames or framer.header:
            samples.append(Sample(framing=framing, header=framer.header, frames=frames))
    return samples


def _seen(samples: list[Sample]) -> str:
    """One phrase for a person: what the beginning holds."""
    for sample in sorted(samples, key=lambda sample: sample.framing != "form"):
        keys = [key for frame in sample.frames if isinstance(frame.value, dict) for key in frame.value]
        if sample.header and sample.framing == "form":
            return f"form posts with the fields {_listed(list(sample.header))}"
        if sample.header:
            return f"CSV with the columns {_listed(list(sample.header))}"
        if keys:
            return f"JSON objects with the keys {_listed(list(dict.fromkeys(keys)))}"
    return "neither JSON objects nor CSV with a header line nor form posts"


def _listed(words: list[str], most: int = 8) -> str:
    shown = ", ".join(word[:40] for word in words[:most])
    return f"{shown} ..." if len(words) > most else shown
