"""Sources under one contract."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.filling import COMPARED, OPENERS, Filled


@pytest.fixture(params=list(OPENERS))
async def filled(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Filled]:
    async for opened in OPENERS[request.param](tmp_path):
        yield opened


@pytest.fixture
async def all_filled(tmp_path: Path) -> AsyncIterator[dict[str, Filled]]:
    """Every source at once, to compare their answers."""
    iterators = {}
    opened = {}
    for name in COMPARED:
        opener = OPENERS[name]
        (tmp_path / name).mkdir()
        iterators[name] = opener(tmp_path / name)
        opened[name] = await anext(iterators[name])
    yield opened
    for iterator in iterators.values():
        async for _ in iterator:
            raise AssertionError("an opener yields once")
