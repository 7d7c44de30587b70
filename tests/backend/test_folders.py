"""Where a person's files lie: what the library says, without loading it."""

from __future__ import annotations

import platformdirs
import pytest

from backend.folders import config_folder, data_folder, state_folder

TOLD = (
    {},
    {"HOME": "/home/ada"},
    {"HOME": "/home/ada/"},
    {"HOME": "ada"},
    {"HOME": ""},
    {"HOME": "/home/ada", "XDG_CONFIG_HOME": "", "XDG_STATE_HOME": "", "XDG_DATA_HOME": ""},
    {"HOME": "/home/ada", "XDG_CONFIG_HOME": "near", "XDG_STATE_HOME": "~/s", "XDG_DATA_HOME": " /d"},
    {"HOME": "ada", "XDG_CONFIG_HOME": "/c", "XDG_STATE_HOME": "/s/", "XDG_DATA_HOME": "/d/../e"},
)


@pytest.mark.parametrize("told", TOLD, ids=str)
def test_folders_are_those_that_the_library_says(
    told: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
        if name in told:
            monkeypatch.setenv(name, told[name])
    assert (config_folder(), state_folder(), data_folder()) == (
        platformdirs.user_config_path("parcours"),
        platformdirs.user_state_path("parcours"),
        platformdirs.user_data_path("parcours", appauthor=False),
    )
