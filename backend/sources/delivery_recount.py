"""The tracking of one delivery found in a book by looking at every row: what a store must answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec

from backend.facts import MACHINE, REPEAT, SKEW, TEST
from backend.feeds.campaign.words import STATUSES, fold
from backend.identity import SHOWN, fold_value
from backend.model import DAY_MS, BounceClass, EventKind, Outcome, Subject, TrackedLink
from backend.record import ContentRecord, Event, UrlRecord
from backend.settling import EventRow
from backend.sources.book import Book, Settled
from backend.tracking.facts import PLATFORM_DAYS, DeliveryFacts, Platform, is_text_only, is_tracking
from backend.tracking.hits import DAMAGED_LINK
from backend.tracking.indicators import Ending, indicators, population
from backend.tracking.missing import Evidence
from backend.tracking.platform import Part, platform_of
from backend.tracking.reactions import (
    REACTIONS,
    Reaction,
    Reactions,
    count_reactions,
    link_of,
    number_of,
)

SENDING = (EventKind.TARGETED, EventKind.SENT, EventKind.DELIVERED, EventKind.BOUNCED)
CLASSES = tuple(BounceClass)


def delivery_from_book(
    book: Book,
    settled: Settled,
    delivery: Subject,
    *,
    period_ms: int | None,
    include_test: bool,
    now_ms: int,
) -> DeliveryFacts:
    """As `sqlite.delivery_reading.read_delivery`."""
    return _Recount(book, settled, delivery, include_test, now_ms).facts(period_ms)


class _Recount:
    def __init__(
        self, book: Book, settled: Settled, delivery: Subject, include_test: bool, now_ms: int
    ) -> None:
        self._book, self._settled, self._delivery = book, settled, delivery
        self._include_test, self._now_ms = include_test, now_ms
        self._rows = [row for row in settled.events if row.delivery_id == delivery.id]
        self._messages = {
            handle: state
            for handle, state in settled.messages.items()
            if state.delivery == delivery.id and (include_test or not state.test)
        }
        self._domains = {row.message: _domain(self._event(row)) for row in reversed(self._naming())}

    def _event(self, row: EventRow) -> Event:
        record = self._book.entries["event"][row.id - 1].record
        assert isinstance(record, Event)
        return record

    def _naming(self) -> list[EventRow]:
        """Rows that name somebody, those that decide whose a message is first."""
        named = [row for row in self._rows if row.owner is not None]
        return sorted(named, key=lambda row: (row.ts, row.kind, row.h))

    def facts(self, period_ms: int | None) -> DeliveryFacts:
        sent = [state.sent_ms for state in self._messages.values() if state.sent_ms is not None]
        sent_ms = min(sent, default=None)
        until_ms = None if period_ms is None or sent_ms is None else sent_ms + period_ms
        reactions = count_reactions(self._reactions(), until_ms)
        told = [row for row in self._rows if self._event(row).kind in REACTIONS]
        return DeliveryFacts(
            delivery=self._delivery,
            now_ms=self._now_ms,
            include_test=self._include_test,
            endings=self._endings(),
            taken_into_account=self._taken(),
            text=self._text_only(),
            quarantined=self._quarantined(),
            sent_ms=sent_ms,
            newest_ms=max((row.ts for row in told), default=None),
            received_ms=max((row.received for row in told), default=None),
            reactions=reactions,
            period_ms=period_ms,
            html=self._html(),
            listed=self._listed()[0],
            platform=self._platform(),
            evidence=self._evidence(reactions, sent_ms),
        )

    def _endings(self) -> tuple[Ending, ...]:
        reasons = {handle: text for text, handle in self._book.words.items()}
        targeted = {row.message for row in self._rows if self._event(row).kind is EventKind.TARGETED}
        counts: Counter[tuple[Outcome | None, int, str, str]] = Counter()
        for handle, state in self._messages.items():
            if state.outcome is not None or handle in targeted:
                reason = reasons.get(state.reason, "")
                counts[state.outcome, state.bounce_class, reason, self._domains.get(handle, "")] += 1
        return tuple(
            Ending(
                outcome=outcome,
                bounce_class=CLASSES[code - 1] if code else None,
                reason=reason,
                domain=domain,
                n=n,
            )
            for (outcome, code, reason, domain), n in counts.items()
        )

    def _platform(self) -> Platform | None:
        deliveries = self._book.entities["delivery"]
        own = deliveries[self._delivery.id]
        since_ms = (self._now_ms // DAY_MS - PLATFORM_DAYS) * DAY_MS
        began: dict[int, int] = {}
        for row in self._settled.events:
            if row.delivery_id is not None and not row.flags & (REPEAT | SKEW):
                began[row.delivery_id] = min(row.ts, began.get(row.delivery_id, row.ts))
        return platform_of(
            _Recount(
                *(self._book, self._settled),
                msgspec.structs.replace(self._delivery, id=handle),
                include_test=False,
                now_ms=self._now_ms,
            ).part()
            for handle, one in deliveries.items()
            if (one.owner, one.channel) == (own.owner, own.channel) and began.get(handle, -1) >= since_ms
        )

    def part(self) -> Part:
        """The delivery as one of all those of a platform."""
        counts = population(self._endings(), sum(self._taken().values()))
        return Part(
            counts, indicators(count_reactions(self._reactions()), counts.to_deliver, self._text_only())
        )

    def _taken(self) -> Counter[str]:
        taken = {
            row.message
            for row in self._rows
            if self._event(row).kind is EventKind.SENT
            and STATUSES.get(fold(self._event(row).type)) == "taken into account"
        }
        return Counter(
            self._domains.get(m, "")
            for m in taken
            if m in self._messages and self._messages[m].outcome is Outcome.PENDING
        )

    def _counted(self) -> Iterator[tuple[EventRow, Event]]:
        left_out = REPEAT | SKEW | (0 if self._include_test else TEST)
        for row in self._rows:
            if not row.flags & left_out:
                yield row, self._event(row)

    def _text_only(self) -> int | None:
        told = {
            row.message: is_text
            for row, event in self._counted()
            if event.kind in SENDING and (is_text := is_text_only(event.fields)) is not None
        }
        return sum(told.values()) if told else None

    def _reactions(self) -> Iterator[Reaction]:
        by_key, by_url = self._listed()
        for row, event in self._counted():
            if event.kind not in REACTIONS:
                continue
            fields = event.fields
            key = fields.get("url_id")
            url = by_url.get(event.url or "")
            yield Reaction(
                row.ts,
                event.kind,
                bool(row.flags & MACHINE),
                row.message,
                str(fields.get("source_id") or ""),
                self._domains.get(row.message, ""),
                link_of(
                    event.url,
                    (url and url.label) or event.name,
                    (url and url.category) or fields.get("category"),
                    None if key is None else str(key),
                    by_key.get(str(key)),
                ),
                number_of(fields.get("amount")),
                number_of(fields.get("articles")),
            )

    def _url_records(self) -> list[UrlRecord]:
        owner = (self._delivery.product, self._delivery.account)
        return [
            record
            for record in self._book.definitions
            if isinstance(record, UrlRecord) and (record.product, record.account) == owner
        ]

    def _listed(self) -> tuple[dict[str, TrackedLink], dict[str, TrackedLink]]:
        """The tracked URLs by their key, the delivery's own winning, and all by their address."""
        by_key: dict[str, TrackedLink] = {}
        by_url: dict[str, TrackedLink] = {}
        records = self._url_records()
        for record in sorted(records, key=lambda one: one.delivery is not None):
            link = TrackedLink(url=record.url, label=record.label, type=record.type, category=record.category)
            by_url[record.url] = link
            if record.url_id and (record.delivery is None or self._is_mine(record)):
                by_key[record.url_id] = link
        return by_key, by_url

    def _is_mine(self, record: UrlRecord | ContentRecord) -> bool:
        account = self._book.account(record.product, record.account)
        return self._book.entity("delivery", account, record.delivery, 0) == self._delivery.id

    def _html(self) -> str | None:
        found = [
            record.html
            for record in self._book.definitions
            if isinstance(record, ContentRecord) and self._is_mine(record)
        ]
        return found[-1] if found else None

    def _quarantined(self) -> int | None:
        owner = (self._delivery.product, self._delivery.account)
        listed = [one for one in self._book.suppressions if (one.product, one.account) == owner]
        if not listed:
            return None
        shown = {
            row.message: min(self._event(row).identities, key=lambda one: SHOWN.get(one.namespace, 9))
            for row in reversed(self._naming())
        }
        found = set()
        for handle, state in self._messages.items():
            at_ms = state.sent_ms if state.sent_ms is not None else state.outcome_ms
            person = shown.get(handle)
            for one in listed:
                is_late = at_ms is not None and one.since_ms is not None and one.since_ms >= at_ms
                if is_late and person is not None and fold_value(one.identity) == fold_value(person):
                    found.add(fold_value(person))
        return len(found)

    def _evidence(self, reactions: Reactions, sent_ms: int | None) -> Evidence:
        owner = (self._delivery.product, self._delivery.account)
        runs = tuple(
            run
            for run in self._book.workflow_runs()
            if (run.product, run.account) == owner and is_tracking(run.workflow)
        )
        account = self._book.entities["delivery"][self._delivery.id].owner
        mine = {h for h, one in self._book.entities["delivery"].items() if one.owner == account}
        times = [
            row.ts
            for row in self._settled.events
            if row.delivery_id in mine and self._event(row).kind in REACTIONS
        ]
        return Evidence(
            delivery=self._delivery,
            now_ms=self._now_ms,
            sent_ms=sent_ms,
            runs=runs,
            links=len(
                {
                    one.url_id
                    for one in self._url_records()
                    if one.url_id and one.delivery and self._is_mine(one)
                }
            ),
            damaged=sum(piece.reason == DAMAGED_LINK for _, piece in self._book.rejected),
            rows=sum(reactions.rows.values()),
            machine=reactions.machine,
            newest_ms=max(times, default=None),
        )


def _domain(event: Event) -> str:
    """The mail domain of whom an event names."""
    emails = [fold_value(one) for one in event.identities if one.namespace == "email"]
    return next((email.rpartition("@")[2] for email in emails if "@" in email), "")
