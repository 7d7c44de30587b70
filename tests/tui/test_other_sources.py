"""From one source to another inside the console: opened first, then left."""

from __future__ import annotations

from pathlib import Path

import msgspec

from backend.config import ServerSettings, Settings
from backend.open import server_at
from backend.sources.sqlite.reading import SqliteSource
from backend.sources.sqlite.writing import Store
from tui.app import ParcoursApp
from tui.keymap import shipped_keymap
from tui.messages import SourceAsked, SourcesAsked
from tui.screens.chooser import Chooser
from tui.screens.prompt import prompt, sources
from tui.session import Session

NAMES = {"here": "/one.db", "prod": "https://example.com", "trial": "/two.db"}


async def console(folder: Path) -> ParcoursApp:
    for name in ("one.db", "two.db"):
        Store(folder / name, create=True).close()
    source = await SqliteSource.open(folder / "one.db", name="here")
    settings = Settings(
        sources={"here": str(folder / "one.db"), "prod": "./none.db", "trial": str(folder / "two.db")}
    )
    return ParcoursApp(Session(source, names=NAMES), settings, shipped_keymap())


async def test_the_prompt_offers_the_other_sources(tmp_path: Path) -> None:
    app = await console(tmp_path)
    find = prompt(app.session)
    offered = [choice.value for choice in await find("source")]
    assert [value.name for value in offered if isinstance(value, SourceAsked)] == ["prod", "trial"]
    assert [choice.label for choice in await find("source tri")] == ["trial"]
    assert await find("source nonsense") == []
    (here,) = await find("sour")
    assert isinstance(here.value, SourcesAsked)
    app.session.names = {"here": "/one.db"}
    (nothing,) = await find("source")
    assert nothing.value is None and "no other source has a name" in nothing.detail
    await app.session.source.close()


async def test_a_key_lists_the_other_sources_with_what_they_stand_for(tmp_path: Path) -> None:
    app = await console(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("number_sign")
        await pilot.pause()
        assert isinstance(app.screen, Chooser)
    found = await sources(app.session)("")
    assert [choice[:2] for choice in found] == [("prod", "https://example.com"), ("trial", "/two.db")]
    await app.session.source.close()


async def test_a_source_that_opens_is_gone_on_with(tmp_path: Path) -> None:
    app = await console(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        app.post_message(SourceAsked("trial"))
        await pilot.pause()
        await app.workers.wait_for_complete()
        await pilot.pause()
    assert app.next_source is not None
    name, source = app.next_source
    assert (name, source.name) == ("trial", "trial")
    await source.close()
    await app.session.source.close()


async def test_a_source_that_does_not_open_changes_nothing(tmp_path: Path) -> None:
    app = await console(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        app.post_message(SourceAsked("prod"))
        await pilot.pause()
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert app.next_source is None and app.is_running
        assert [each.message for each in app._notifications] == ["no such file: none.db"]
    await app.session.source.close()


def test_a_server_is_known_by_its_name_and_by_its_address() -> None:
    one = ServerSettings(address="https://example.com", colour="red")
    two = msgspec.structs.replace(one, token_file="/t")
    servers = {"one": one, "two": two}
    assert server_at("two", servers) == ("two", two)
    assert server_at("https://example.com", servers) == ("one", one)
    assert server_at("https://other.example", servers) == (None, None)


def test_a_name_keeps_its_colour_however_its_source_is_given() -> None:
    server = ServerSettings(address="https://example.com", colour="red")
    sources = {"trial": "/trial.db", "plain": "/plain.db", "prod": server.address}
    settings = Settings(sources=sources, servers={"prod": server}, colours={"trial": "green"})
    given = ("prod", "https://example.com", "trial", "/trial.db", "plain", "/other.db")
    colours = [settings.colour_of(settings.name_of(source)) for source in given]
    assert colours == ["red", "red", "green", "green", None, None]
    assert settings.free_colour() == "blue"


async def test_where_nothing_is_yet_the_advice_fits_a_file_or_a_server(tmp_path: Path) -> None:
    app = await console(tmp_path)
    source = app.session.source
    assert "parcours ingest FEED... --db FILE" in Session(source).how_to_fill
    assert "--db" not in Session(source, is_remote=True).how_to_fill
    await source.close()
