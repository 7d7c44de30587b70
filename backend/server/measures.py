"""Figures of the server in the text format of Prometheus. They name routes, never data."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator

from backend.model import Health

HELP = {
    "start_time_seconds": "When the server started.",
    "answers_total": "Answers by route and status.",
    "answer_seconds": "How long answers took.",
    "streams": "Follows and exports that are open.",
    "feed_records_total": "Records of webhooks by feed and fate: stored, known before, or set aside.",
    "store_events": "Rows of the event log.",
    "store_scenario_rows": "Rows of the scenario log.",
    "store_contacts": "Contacts.",
    "store_messages": "Messages.",
    "store_skewed": "Rows dated ahead, not counted before their time.",
    "store_bytes": "Size of the database.",
    "feed_last_received_seconds": "When a record of the feed was last received.",
}
BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """Counts since the server started."""

    def __init__(self) -> None:
        self.started_s = time.time()
        self.answers: Counter[tuple[str, int]] = Counter()
        """By route and status."""
        self.durations: Counter[float] = Counter()
        """Answers by the first of BOUNDS_S that they were within; inf beyond them."""
        self.total_s = 0.0
        self.streams = 0
        self.events: Counter[tuple[str, str]] = Counter()
        """Records by feed and by what became of them: stored, known or set_aside."""

    def answered(self, route: str, status: int, took_s: float) -> None:
        self.answers[route, status] += 1
        self.durations[next((bound for bound in BOUNDS_S if took_s <= bound), float("inf"))] += 1
        self.total_s += took_s

    def text(self, health: Health) -> str:
        """All figures, and those of the store that say whether feeds still come."""
        return "\n".join([*self._server(), *_store(health)]) + "\n"

    def _server(self) -> Iterator[str]:
        yield from _head("start_time_seconds", "gauge")
        yield f"parcours_start_time_seconds {self.started_s:.3f}"
        yield from _head("answers_total", "counter")
        for (route, status), count in sorted(self.answers.items()):
            yield f'parcours_answers_total{{route="{_label(route)}",status="{status}"}} {count}'
        yield from _head("answer_seconds", "histogram")
        below = 0
        for bound in BOUNDS_S:
            below += self.durations[bound]
            yield f'parcours_answer_seconds_bucket{{le="{bound}"}} {below}'
        yield f'parcours_answer_seconds_bucket{{le="+Inf"}} {self.durations.total()}'
        yield f"parcours_answer_seconds_sum {self.total_s:.6f}"
        yield f"parcours_answer_seconds_count {self.durations.total()}"
        yield from _head("streams", "gauge")
        yield f"parcours_streams {self.streams}"
        yield from _head("feed_records_total", "counter")
        for (feed, fate), count in sorted(self.events.items()):
            yield f'parcours_feed_records_total{{feed="{_label(feed)}",fate="{fate}"}} {count}'


def _store(health: Health) -> Iterator[str]:
    for name in ("events", "scenario_rows", "contacts", "messages", "skewed"):
        yield from _head(f"store_{name}", "gauge")
        yield f"parcours_store_{name} {getattr(health, name)}"
    if health.size_bytes is not None:
        yield from _head("store_bytes", "gauge")
        yield f"parcours_store_bytes {health.size_bytes}"
    yield from _head("feed_last_received_seconds", "gauge")
    for feed in health.feeds:
        if feed.last_received_ms is not None:
            labels = ",".join(
                f'{name}="{_label(value)}"'
                for name, value in (
                    ("product", feed.product),
                    ("account", feed.account),
                    ("format", feed.format),
                )
            )
            yield f"parcours_feed_last_received_seconds{{{labels}}} {feed.last_received_ms / 1000:.3f}"


def _head(name: str, kind: str) -> Iterator[str]:
    yield f"# HELP parcours_{name} {HELP[name]}"
    yield f"# TYPE parcours_{name} {kind}"


def _label(text: str) -> str:
    safe = "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
    return safe.replace("\\", "\\\\").replace('"', '\\"')
