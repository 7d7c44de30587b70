"""Settings: file below environment; what is wrong is named by file and line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from backend.config import Settings, default_path, load_settings
from backend.errors import ConfigError


def written(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_no_file_means_the_defaults(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "none.toml", {}) == Settings()
    assert load_settings(tmp_path / "none" / "none.toml", {}) == Settings()


def test_the_file_is_read(tmp_path: Path) -> None:
    path = written(
        tmp_path, 'source = "prod"\ntheme = "nord"\nmouse = "off"\n[sources]\nprod = "/var/lib/p.db"\n'
    )
    settings = load_settings(path, {})
    assert (settings.source, settings.theme, settings.mouse) == ("prod", "nord", "off")
    assert settings.sources == {"prod": "/var/lib/p.db"}


def test_the_environment_stands_above_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, 'source = "prod"\n')
    assert load_settings(path, {"PARCOURS_SOURCE": "./my.db"}).source == "./my.db"
    assert load_settings(path, {"PARCOURS_SOURCE": ""}).source == "prod"


def test_the_folder_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert default_path() == tmp_path / "parcours" / "config.toml"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('theme = "a"\ncolour = "b"\n', 'line 2: there is no setting "colour"; there are: source, sources'),
        ('\n\nmouse = "perhaps"\n', "line 3: mouse: 'perhaps' is none of auto, on, off"),
        (
            '[servers.x]\naddress = "https://x"\ncolr = "red"\n',
            'line 3: there is no setting "colr" in servers; there are: address',
        ),
        ('[servers.x]\ncolour = "red"\n', "line 1: servers: address is missing"),
        (
            '[servers.x]\naddress = "https://x"\ncolour = "pink"\n',
            "line 3: colour: 'pink' is none of red, yellow",
        ),
        (
            '[servers.x]\naddress = 3\n[servers.y]\naddress = "https://y"\n',
            "config.toml: address: expected text",
        ),
        ("[alerts]\nbounce = 1\n", 'line 2: there is no setting "bounce" in alerts; there are: discard_rate'),
        ("theme = 3\n", "line 1: theme: expected text, got a whole number"),
        ('sources = "x"\n', "line 1: sources: expected a table, got text"),
        ("[sources]\nx = 1\n", "line 1: sources: expected text, got a whole number"),
        ("theme = \n", "at line 1, column 9"),
        ('[sources]\nlogs = "x.db"\n', 'line 2: the source name "logs" is a command\'s name'),
        ('[sources]\n"a b" = "x.db"\n', 'line 2: the source name "a b" may hold'),
        ('time_zone = "Mars/Base"\n', 'line 1: no time zone "Mars/Base"'),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_settings(path, {}, frozenset({"logs"}))
    assert said in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_bytes_that_are_no_text_are_named_by_line(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b'theme = "a"\n# caf\xe9\n')
    with pytest.raises(ConfigError, match="line 2: not UTF-8"):
        load_settings(path, {})


def test_a_pipe_in_its_place_is_refused_and_not_waited_on(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "config.toml")
    with pytest.raises(ConfigError, match="not a settings file"):
        load_settings(tmp_path / "config.toml", {})
