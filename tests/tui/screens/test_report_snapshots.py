"""The report as it was looked at and found good: whole screens, reviewed as text.

After a change that is meant to show, PARCOURS_SNAPSHOTS=write makes them anew; look at what `git diff` says.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent / "snapshots"
SCREENS = [
    ("journey_80x24", 80, 24, ()),
    ("journey_200x50", 200, 50, ()),
    ("email_120x50", 120, 50, ("right_square_bracket",)),
    ("reasons_added_80x24", 80, 24, ("a", *"by actions", "enter")),
]
"""Name, cells, keys."""


@pytest.mark.parametrize(("name", "width", "height", "keys"), SCREENS)
async def test_the_report_looks_as_it_was_reviewed(
    console: Any, name: str, width: int, height: int, keys: tuple[str, ...]
) -> None:
    async with console(width, height) as person:
        for key in keys:
            await person.press("space" if key == " " else key)
        seen = "\n".join(person.lines[1:]) + "\n"  # the first line tells the age of the reading
    path = FOLDER / f"{name}.txt"
    if os.environ.get("PARCOURS_SNAPSHOTS") == "write":
        path.write_text(seen, encoding="utf-8")
    assert seen == path.read_text(encoding="utf-8"), seen
