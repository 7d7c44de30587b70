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
def signals_arrive() -> Iterator[None]:
    """A program that is started meanwhile hears of a hang-up and of ctrl+c, also where the tests run under
    nohup or behind an `&`: shells have these ignored there."""
    defaults = {signal.SIGHUP: signal.SIG_DFL, signal.SIGINT: signal.default_int_handler}
    before = {number: signal.signal(number, handler) for number, handler in defaults.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
