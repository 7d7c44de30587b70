"""What holds for every test."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
if not os.environ.get("CI"):  # there Hypothesis is patient by itself, and takes the same examples each time
    settings.load_profile("patient")


@pytest.fixture
def hangups_arrive() -> Iterator[None]:
    """A program that is started meanwhile hears of a hang-up, also where the tests run under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)
