"""The keymap: what is shipped is sound, what a person writes is checked before it can surprise."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from textual.keys import Keys, _character_to_key

from backend.errors import ConfigError
from tui.keymap import (
    ACTIONS,
    UNBOUND,
    character_key,
    format_keys,
    load_keymap,
    parse_key,
    shipped_keymap,
    shown_key,
)

NEVER_BOUND = {f"ctrl+{letter}" for letter in "abschijmnoqtvwyz"} | {"f10", "f11", "f12"}


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "keymap.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_keymap_has_exactly_the_known_actions_each_with_a_key() -> None:
    shipped = shipped_keymap()
    assert list(shipped.keys) == list(ACTIONS)
    assert all(shipped.keys.values())
    assert shipped.overrides() == {}


def test_the_shipped_keymap_leaves_the_keys_of_terminals_and_multiplexers_alone() -> None:
    used = {key for keys in shipped_keymap().keys.values() for key in keys}
    assert used.isdisjoint(NEVER_BOUND)
    assert not [key for key in used if key.startswith(("alt+", "ctrl+shift+"))]


def test_every_shipped_key_has_a_name_that_textual_sends() -> None:
    sent = {key.value for key in Keys} | {_character_to_key(chr(code)) for code in range(0x20, 0x7F)}
    assert {key for keys in shipped_keymap().keys.values() for key in keys} <= sent


@pytest.mark.parametrize("character", [chr(code) for code in range(0x21, 0x180) if chr(code).isprintable()])
def test_characters_have_the_names_that_textual_gives_them(character: str) -> None:
    assert character_key(character) == _character_to_key(character)
    assert parse_key(character) == _character_to_key(character)


@pytest.mark.parametrize("key", [key.value for key in Keys])
def test_a_name_that_textual_knows_is_known_unless_no_terminal_sends_it(key: str) -> None:
    cannot_be = {"ctrl+i", "ctrl+m", "ctrl+h", "ctrl+c", "return", "ctrl-at", "<any>", "<scroll-up>"}
    cannot_be |= {"<scroll-down>", "<ignore>", "ctrl+@"}
    if key in cannot_be:
        with pytest.raises(ValueError, match=r"key|cannot"):
            parse_key(key)
    else:
        assert parse_key(key) == key


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("?", "question_mark"),
        ("a", "a"),
        ("A", "A"),
        ("/", "slash"),
        ("é", "é"),
        ("f5", "f5"),
        (" f5 ", "f5"),
    ],
)
def test_keys_are_written_by_name_or_by_character(text: str, name: str) -> None:
    assert parse_key(text) == name


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("pgdn", "unknown key 'pgdn'"),
        ("ctrl+", "unknown key"),
        ("ctrl+ctrl+a", "unknown key"),
        ("shift+a", "unknown key"),
        ("ctrl+A", "unknown key"),
        ("cmd+a", "unknown key"),
        ("ctrl+i", "arrives as tab"),
        ("ctrl+c", "says how to quit"),
        (" ", "unknown key"),
        ("\x1b", "unknown key"),
    ],
)
def test_a_key_that_cannot_be_pressed_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason.replace("+", r"\+")):
        parse_key(text)


def test_shown_keys_are_those_on_the_keyboard() -> None:
    shown = [
        shown_key(key) for key in ("question_mark", "pagedown", "ctrl+l", "escape", "slash", "Q", "shift+tab")
    ]
    assert shown == ["?", "pgdn", "ctrl+l", "esc", "/", "Q", "shift+tab"]


def test_a_missing_file_changes_nothing(tmp_path: Path) -> None:
    assert load_keymap(tmp_path / "none.toml") == shipped_keymap()
    assert load_keymap(None) == shipped_keymap()


def test_a_line_replaces_all_keys_of_its_action_and_of_no_other(tmp_path: Path) -> None:
    keymap = load_keymap(written(tmp_path, '[app]\nrefresh = "R, f6"\n'))
    assert keymap.keys["app.refresh"] == ("R", "f6")
    assert keymap.keys["app.pause"] == ("p",)
    assert keymap.overrides() == {"app.refresh": "R,f6"}


def test_two_actions_may_swap_their_keys(tmp_path: Path) -> None:
    keymap = load_keymap(written(tmp_path, '[app]\nrefresh = "p"\npause = "r"\n'))
    assert keymap.overrides() == {"app.refresh": "p", "app.pause": "r"}


def test_an_empty_text_leaves_the_action_without_a_key_but_not_quit_and_help(tmp_path: Path) -> None:
    keymap = load_keymap(written(tmp_path, '[app]\npause = ""\nquit = ""\nhelp = ""\n'))
    assert keymap.overrides() == {"app.pause": UNBOUND}
    assert keymap.keys["app.quit"] == ("Q",)
    assert keymap.keys["app.help"] == ("question_mark", "f1")


def test_one_key_may_mean_two_things_in_two_places(tmp_path: Path) -> None:
    keymap = load_keymap(written(tmp_path, '[report]\ntest_toggle = "X"\n[logs]\nfollow = "X"\n'))
    assert keymap.changed == {"report.test_toggle", "logs.follow"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[app]\nzap = "x"\n', "keymap.toml, line 2: unknown action 'zap' in [app]; there are help"),
        ('\n[zap]\nhelp = "x"\n', "keymap.toml, line 2: unknown section 'zap'; there are [app], [nav]"),
        ('quit = "x"\n', "keymap.toml, line 1: unknown section 'quit'"),
        ('[app]\n\nhelp = "pgdn"\n', "keymap.toml, line 3: unknown key 'pgdn'"),
        ("[app]\nhelp = 3\n", "keymap.toml, line 2: keys are written as text"),
        ('[app]\nhelp = "x\n', "keymap.toml: "),
        (
            '[app]\nrefresh = "x"\npause = "x"\n',
            "line 3: the key x is given to both app.refresh (",
        ),
        (
            '[report]\ntest_toggle = "j"\n',
            "keymap.toml, line 2: the key j is given to both nav.down and report.test_toggle",
        ),
        (
            '[nav]\ndown = "f"\n',
            "keymap.toml, line 2: the key f is given to both nav.down and logs.follow",
        ),
    ],
)
def test_a_wrong_file_is_refused_with_its_name_and_line(tmp_path: Path, text: str, told: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_keymap(path)
    assert told in str(caught.value)
    assert str(path) in str(caught.value)
    assert caught.value.exit_code == 78
    assert "\n" not in str(caught.value)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "keymap.toml"
    path.write_bytes(b"[app]\nhelp = '\xff'\n")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_keymap(path)


def test_the_list_names_every_action_and_marks_what_was_changed(tmp_path: Path) -> None:
    text = format_keys(load_keymap(written(tmp_path, '[app]\npause = ""\nrefresh = "R"\n')))
    lines = text.splitlines()
    assert lines[0] == "[app]"
    assert "* pause              -                pause" in lines
    assert "* refresh            R                refresh" in lines
    assert "  quit               Q                quit" in lines
    assert len([line for line in lines if line and not line.startswith("[")]) == len(ACTIONS)


def test_keys_are_listed_without_a_terminal_library() -> None:
    code = (
        "import sys, tui.keymap as k; k.format_keys(k.load_keymap()); "
        "sys.exit(any(m.split('.')[0] in ('textual', 'rich') for m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
