"""serve, token and source, with real processes on loopback."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import stat
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FEED = Path(__file__).parent / "feed.ndjson"
ROWS = 200 if os.environ.get("PARCOURS_TORTURE") == "1" else 6
Run = Callable[..., Any]
"""Answers code, out and err."""
Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def database(run: Run, tmp_path: Path) -> Path:
    run("ingest", str(FEED), "--db", str(tmp_path / "my.db"))
    return tmp_path / "my.db"


def token(run: Run, database: Path, scope: str) -> str:
    return str(run("token", "add", "--scope", scope, "--db", str(database)).out.strip())


def serve(
    start: Start, database: Path, port: int = 0, more: tuple[str, ...] = ()
) -> tuple[subprocess.Popen[bytes], str]:
    """A server that runs, and its address."""
    process = start("serve", "--db", str(database), "--port", str(port), *more)
    assert process.stderr is not None
    line = process.stderr.readline().decode()
    found = re.fullmatch(r"serving my.db at (http://127\.0\.0\.1:\d+)\n", line)
    assert found, line
    return process, found[1]


def end(process: subprocess.Popen[bytes], by: signal.Signals = signal.SIGKILL) -> tuple[int, bytes]:
    """End a process; its exit code and what was left on its standard output."""
    process.send_signal(by)
    out, _ = process.communicate(timeout=60)
    return process.returncode, out


def send(address: str, secret: str, number: int) -> dict[str, Any]:
    """An event of our own format, by the webhook."""
    event = {
        "v": 1,
        "record": "event",
        "kind": "sent",
        "created_at": f"2026-03-10T13:{number // 60:02}:{number % 60:02}Z",
        "email": f"live{number}@example.org",
        "delivery": "Mail A",
        "channel": "email",
        "message_id": f"live{number}",
    }
    request = urllib.request.Request(
        f"{address}/v1/feeds/parcours/main",
        json.dumps(event).encode(),
        {"Authorization": f"Bearer {secret}"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        value: dict[str, Any] = json.loads(answer.read())
    return value


def test_a_token_is_printed_once_listed_without_it_and_revoked(run: Run, database: Path) -> None:
    made = run("token", "add", "--scope", "read,ingest", "--name", "team\x1b[31m", "--db", str(database))
    assert re.fullmatch(r"pcr_ir_[\w-]{43}\n", made.out) and "not shown again" in made.err
    listed = run("token", "list", "--db", str(database))
    assert listed.out.startswith("1  valid  ingest,read  made ")
    assert made.out.strip() not in listed.out and "\x1b" not in listed.out
    assert run("token", "revoke", "1", "--db", str(database)).code == 0
    assert run("token", "list", "--db", str(database)).out.startswith("1  revoked  ")
    assert run("token", "revoke", "9", "--db", str(database)).code == 1
    assert run("token", "add", "--scope", "all", "--db", str(database)).code == 2
    assert run("token", "add", "--scope", "read", "--expires", "1h", "--db", str(database)).code == 2


def test_a_server_shows_what_the_file_shows(
    run: Run, start: Start, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARCOURS_TOKEN", token(run, database, "read"))
    process, address = serve(start, database)
    for arguments in (
        ("logs", "event", "--format", "json"),
        ("logs", "scenario"),
        ("contacts",),
        ("report", "--scenario", "Welcome", "--format", "csv"),
    ):
        assert run(address, *arguments).out == run(str(database), *arguments).out
    assert end(process, signal.SIGTERM)[0] in (0, 143)
    gone = run(address, "logs", "event")
    assert gone.code == 69 and "refuses the connection" in gone.err


def test_a_wrong_token_and_a_wrong_scope_are_told_apart(
    run: Run, start: Start, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process, address = serve(start, database)
    monkeypatch.setenv("PARCOURS_TOKEN", "pcr_r_wrong_canary")
    wrong = run(address, "logs", "event")
    assert wrong.code == 1 and "this token is not known here" in wrong.err and "canary" not in wrong.err
    monkeypatch.setenv("PARCOURS_TOKEN", token(run, database, "ingest"))
    other = run(address, "logs", "event")
    assert other.code == 1 and "it needs the scope read" in other.err
    monkeypatch.delenv("PARCOURS_TOKEN")
    none = run(address, "logs", "event")
    assert none.code == 1 and "asks for a token, and none was given" in none.err
    end(process)


@pytest.mark.torture
def test_a_following_client_loses_nothing_when_the_server_is_killed(
    run: Run, start: Start, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """0 lost, 0 repeated: every second row comes after a kill."""
    ingest = token(run, database, "ingest")
    monkeypatch.setenv("PARCOURS_TOKEN", token(run, database, "read"))
    process, address = serve(start, database)
    follower = start(address, "logs", "event", "--filter", "kind:sent live", "--follow")
    assert follower.stdout is not None
    lines: list[str] = []
    for number in range(1, ROWS + 1):
        if number % 2 == 0:
            end(process)
            process, address = serve(start, database, int(address.rpartition(":")[2]))
        assert send(address, ingest, number) == {"new": 1, "known": 0, "set_aside": 0}
        assert send(address, ingest, number)["new"] == 0
        if number == 1:  # it may have begun after this row, which it then lists
            lines.append(follower.stdout.readline().decode())
    while len(lines) < ROWS:
        lines.append(follower.stdout.readline().decode())
    assert end(follower, signal.SIGTERM) == (143, b"")
    assert [re.findall(r"live\d+@", line) for line in lines] == [[f"live{n}@"] for n in range(1, ROWS + 1)]
    end(process)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("--host", "0.0.0.0"), 2, "give --tls-cert and --tls-key, or --behind-proxy"),
        (("--tls-cert", "x.pem"), 2, "give --tls-cert and --tls-key together"),
        (("--feeds", "/none.toml"), 78, "no such file: /none.toml"),
        (("--tls-cert", "/none.pem", "--tls-key", "/none.pem"), 78, "no such file: /none.pem"),
        (("--tls-cert", str(FEED), "--tls-key", str(FEED)), 78, "are no certificate and its key"),
        (("--host", "203.0.113.1", "--behind-proxy"), 2, "cannot listen on 203.0.113.1 port 8321"),
    ],
)
def test_a_server_that_cannot_be_is_refused(
    run: Run, database: Path, arguments: tuple[str, ...], code: int, told: str
) -> None:
    ran = run("serve", "--db", str(database), *arguments)
    assert (ran.code, told in ran.err) == (code, True), ran.err


def test_a_server_on_nothing_is_refused_but_where_it_is_to_make_it(
    run: Run, start: Start, tmp_path: Path
) -> None:
    """A token made while it runs counts at once; its log holds nothing of what was asked, and no token."""
    path = tmp_path / "my.db"
    too_early = run("token", "add", "--scope", "read", "--db", str(path))
    assert too_early.code == 66 and "parcours serve --create makes it" in too_early.err
    refused = run("serve", "--db", str(path))
    assert refused.code == 66 and "--create" in refused.err and not path.exists()
    process, address = serve(start, path, more=("--create", "--verbose"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    ingest, read = token(run, path, "ingest"), token(run, path, "read")
    assert send(address, ingest, 1)["new"] == 1
    for secret, path_and_query in (
        (read, "/v1/contacts?text=canary@example.org"),
        (read, "/v1/logs/canary@example.org"),
        ("pcr_r_canary", "/v1/status"),
    ):
        headers = {"Authorization": f"Bearer {secret}", "X-Forwarded-For": "canary", "User-Agent": "canary"}
        request = urllib.request.Request(f"{address}{path_and_query}", headers=headers)
        with (
            contextlib.suppress(urllib.error.HTTPError),
            urllib.request.urlopen(request, timeout=60) as answer,
        ):
            answer.read()
    process.send_signal(signal.SIGTERM)
    _, told = process.communicate(timeout=60)
    lines = told.decode()
    assert "POST /v1/feeds/{feed:str}/{account:str} 200" in lines and "GET /v1/contacts 200" in lines
    assert not [word for word in ("canary", "live1", "example.org", "pcr_", "message_id") if word in lines]


def test_names_are_added_listed_used_and_removed(run: Run, home: Path, database: Path) -> None:
    secret = home / "prod.token"
    secret.write_text("pcr_r_0123456789\n")
    secret.chmod(0o600)
    path = home / "config" / "parcours" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text('# mine\ntheme = "nord"\n\n[sources]  # all of them\nold = "/old.db"\n')
    address = "https://parcours.example.com"
    assert run("source", "add", "trial", str(database)).code == 0
    told = run("source", "add", "prod", address, "--token-file", str(secret), "--colour", "red")
    assert (told.code, told.err) == (0, f"prod is {address}; open it with: parcours prod\n")
    assert run("source", "list").out.splitlines() == [
        f"trial  {database}  green",
        "old  /old.db",
        f"prod  {address}  token in {secret}  read-only  red",
    ]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(run("trial", "logs", "event").out.splitlines()) == 5
    assert run("source", "remove", "prod").code == 0
    assert run("source", "remove", "old").code == 0
    kept = f'# mine\ntheme = "nord"\n\n[sources]  # all of them\ntrial = "{database}"\n\n[colours]\n'
    assert path.read_text() == kept + 'trial = "green"\n'
    assert run("source", "remove", "old").code == 1
    assert run("source", "add", "trial", "./x.db").code == 1
    absent = run("source", "add", "other", "./x.db")
    assert absent.code == 0 and "there is no such file yet" in absent.err
    assert "did you mean other?" in run("othre", "logs", "event").err
    assert run("source", "list").out.splitlines()[0].endswith("x.db  blue"), "a colour of its own"
    for name in ("trial", "other"):
        assert run("source", "remove", name).code == 0
    assert path.read_text() == '# mine\ntheme = "nord"\n\n[sources]  # all of them\n\n[colours]\n'


def test_two_names_of_one_address_keep_their_own_tokens(
    run: Run, start: Start, home: Path, database: Path
) -> None:
    process, address = serve(start, database)
    for name, secret in (("prod", token(run, database, "read")), ("wrong", "pcr_r_wrong")):
        path = home / f"{name}.token"
        path.write_text(secret)
        path.chmod(0o600)
        assert run("source", "add", name, address, "--token-file", str(path)).code == 0
    assert run("prod", "logs", "event").code == 0
    refused = run("wrong", "logs", "event")
    assert refused.code == 1 and "this token is not known here" in refused.err, refused
    end(process)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("logs", "./x.db"), 2, 'the source name "logs" is a command\'s name'),
        (("a b", "https://example.com"), 2, 'the source name "a b" may hold letters, digits'),
        (("x", "http://10.0.0.1"), 2, "http is not encrypted"),
        (("x", "https://user:canary@example.com"), 2, "holds no user and no password"),
        (("x", "./x.db", "--proxy", "http://p"), 2, "only a server has a token"),
        (("x", "https://example.com", "--proxy", "me:canary@p"), 2, "p is no address of a proxy"),
        (("x", "https://example.com", "--token-file", "/none"), 78, "cannot read /none"),
        (("x", "https://example.com", "--ca-file", "/none"), 78, "/none holds no certificates"),
    ],
)
def test_a_name_that_cannot_be_is_refused(
    run: Run, home: Path, arguments: tuple[str, ...], code: int, told: str
) -> None:
    ran = run("source", "add", *arguments)
    assert (ran.code, told in ran.err, "canary" in ran.err) == (code, True, False), ran.err
    assert not (home / "config" / "parcours" / "config.toml").exists()
