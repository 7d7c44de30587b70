"""What products never tell is so: no example of theirs holds it, and the metrics of it are not told."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.model import Channel
from backend.reports.metrics import METRICS
from backend.reports.told import UNTOLD, UNTOLD_ON, is_told
from backend.sources.sqlite.opening import open_reader
from backend.sources.sqlite.schema import CHANNELS, CLASSES, EVENT_KINDS
from backend.sources.sqlite.writing import Store


def words_read(folder: Path) -> dict[tuple[str, Channel | None], set[str]]:
    """(product, channel) -> the words that the examples hold of it."""
    from backend.ingest.ingest import Ingest, Options

    examples = Path(__file__).parents[3] / "examples"
    with Store(folder / "all.db", create=True) as store:
        Ingest(store, Options()).read([str(examples)])
    connection = open_reader(folder / "all.db")
    rows = connection.execute(
        "SELECT DISTINCT a.product, channel, kind, class, flags & 1 FROM event_log JOIN account AS a"
        " ON a.id = account_id"
    ).fetchall()
    connection.close()
    found: dict[tuple[str, Channel | None], set[str]] = {}
    for product, channel, kind, bounce_class, machine in rows:
        name = EVENT_KINDS[kind - 1].value
        words = {f"machine.{name}" if machine else name}
        words |= {f"bounced.{CLASSES[bounce_class - 1]}"} if bounce_class else set()
        found.setdefault((product, CHANNELS[channel - 1] if channel else None), set()).update(words)
    return found


def test_no_example_holds_what_its_product_is_said_never_to_tell(tmp_path: Path) -> None:
    found = words_read(tmp_path)
    assert {product for product, _ in found} >= set(UNTOLD)
    for (product, channel), words in found.items():
        assert not words & UNTOLD.get(product, frozenset()), product
        assert channel is None or not words & UNTOLD_ON.get((product, channel), frozenset()), product


@pytest.mark.parametrize(
    ("product", "untold"),
    [
        ("ajo", set()),
        ("brevo", {"bounces_ignored", "bounces_admin", "machine_clicks"}),
        ("adobe_campaign", {"errors", "messages_errors", "retries", "bounces_ignored", "machine_opens"}),
        ("marketo", {"targeted", "excluded", "complaints", "bounces_other", "messages_bounced_other"}),
        ("sendgrid", {"errors", "push_actions", "offers_sent", "bounces_admin", "machine_clicks"}),
        ("mandrill", {"errors", "bounces_other", "messages_bounced_other", "machine_opens"}),
        ("postmark", {"machine_opens", "machine_clicks"}),
        ("of-our-own", set()),
    ],
)
def test_the_metrics_of_it_are_not_told(product: str, untold: set[str]) -> None:
    missing = {name for name, metric in METRICS.items() if not is_told(metric, product)}
    assert missing >= untold and not missing & {"sent", "delivered", "bounces", "opens", "completed"}
    assert bool(missing) == bool(untold)


def test_an_open_of_a_text_message_is_never_told_by_brevo() -> None:
    assert is_told(METRICS["opens"], "brevo", Channel.EMAIL)
    assert not is_told(METRICS["opens"], "brevo", Channel.SMS)
    assert not is_told(METRICS["messages_opened"], "brevo", Channel.SMS)
    assert is_told(METRICS["opens"], "ajo", Channel.SMS)
