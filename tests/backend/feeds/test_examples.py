"""Every example is told from every other by what it holds, read whole, and means what its page says."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from backend.feeds import MODULES, recognise
from backend.ingest.feed_reading import Options
from backend.ingest.ingest import Ingest
from backend.sources.sqlite.writing import Store

EXAMPLES = Path(__file__).parents[3] / "examples"
SENDERS = ("sendgrid", "ses", "mailgun", "mailjet", "postmark", "sparkpost", "mandrill")
NOW_MS = 1_773_705_600_000  # 2026-03-17T00:00:00Z

NAMED = {
    "sendgrid-webhook.json": "sendgrid-webhook",
    "ses-sns.ndjson": "ses-sns",
    "ses-event.ndjson": "ses-event",
    "ses-eventbridge.ndjson": "ses-eventbridge",
    "ses-feedback.ndjson": "ses-feedback",
    "mailgun-webhook.ndjson": "mailgun-webhook",
    "mailgun-form.txt": "mailgun-form",
    "mailjet-webhook.ndjson": "mailjet-webhook",
    "postmark-webhook.ndjson": "postmark-webhook",
    "postmark-subscription.ndjson": "postmark-subscription",
    "sparkpost-webhook.json": "sparkpost-webhook",
    "mandrill-webhook.txt": "mandrill-webhook",
    "mandrill-webhook.json": "mandrill-webhook-json",
    "bodies-with-headers/0001-sendgrid.http": "sendgrid-webhook",
    "bodies-with-headers/0002-ses.http": "ses-sns",
    "bodies-with-headers/0003-mandrill.http": "mandrill-webhook",
    "bodies-with-headers/0004-mailgun.http": "mailgun-form",
    "bodies-with-headers/0005-postmark.http": "postmark-webhook",
}
FILES = sorted(str(path.relative_to(EXAMPLES)) for path in EXAMPLES.rglob("*") if path.is_file())


@pytest.mark.parametrize("file", FILES)
def test_each_example_is_recognised_whatever_it_is_called(file: str) -> None:
    found = recognise((EXAMPLES / file).read_bytes())
    assert found.name == NAMED.get(file, found.name)
    assert found.name.split("-")[0] in file


def test_every_format_of_a_sender_has_an_example() -> None:
    of_senders = {name for name in MODULES if name.startswith(SENDERS)}
    assert set(NAMED.values()) == of_senders


def test_a_mixed_folder_is_sorted_out_file_by_file(tmp_path: Path) -> None:
    """All examples in one folder, under names that tell nothing: each is read as what it is."""
    folder = tmp_path / "mixed"
    folder.mkdir()
    for number, file in enumerate(NAMED):
        shutil.copy(EXAMPLES / file, folder / f"{number:03}")
    with Store(tmp_path / "my.db", create=True, now_ms=lambda: NOW_MS) as store:
        ingest = Ingest(store, Options())
        summary = ingest.read([str(folder)])
        again = Ingest(store, Options()).read([str(folder)])
    assert [(feed.format, feed.failure) for feed in summary.feeds] == [
        (form, None) for form in NAMED.values()
    ]
    assert summary.reasons == Counter() and summary.warnings == []
    assert summary.added.read == summary.added.new + summary.added.known
    assert again.added.new == 0
