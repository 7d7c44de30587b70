"""`parcours token`: who may use a server on a database."""

from __future__ import annotations

import click

from backend.errors import NoSuchSource
from tui.cli import output
from tui.cli.given import Given, database_option


@click.group()
def token() -> None:
    """Make, list and revoke the tokens of a database's server.

    \b
    parcours token add --db my.db --scope read --name "the team"
    parcours token list --db my.db
    parcours token revoke 3 --db my.db
    """


@token.command()
@click.option(
    "--scope", required=True, metavar="SCOPES", help="read, ingest or remove; several: read,remove."
)
@click.option("--name", default="", help="For whom it is, as the list shows it.")
@click.option("--expires", metavar="SPAN", help="How long it is valid: 90d, 12w. Without: until revoked.")
@database_option
@click.pass_obj
def add(given: Given, scope: str, name: str, expires: str | None, source: str | None) -> None:
    """Make a token and print it, once: only a digest of it is kept.

    \b
    parcours token add --db my.db --scope ingest --name brevo --expires 365d
    """
    from backend.clean import clean
    from backend.sources.sqlite.token_writing import TokenStore
    from backend.tokens import parse_scopes
    from tui.cli.reading import now_ms, span_ms

    scopes, now = parse_scopes(scope), now_ms()
    expires_ms = now + span_ms("--expires", expires) if expires is not None else None
    path = given.database(source)
    if not path.exists():
        raise NoSuchSource(f"no such file: {path}; parcours serve --create makes it, parcours ingest too")
    with TokenStore(path) as store:
        made, secret = store.add(clean(name, 80), scopes, now_ms=now, expires_ms=expires_ms)
    output.text(secret)
    output.note(f"token {made.id} ({', '.join(sorted(scopes))}): keep it now, it is not shown again")


@token.command("list")
@database_option
@click.pass_obj
def list_tokens(given: Given, source: str | None) -> int:
    """List tokens: id, what they may do, until when, when they were last used.

    \b
    parcours token list --db my.db
    """
    from backend.sources.sqlite.token_writing import TokenStore
    from tui.cli.reading import now_ms

    with TokenStore(given.database(source)) as store:
        tokens = store.all()
    now = now_ms()
    for one in tokens:
        fate = "valid" if one.is_valid(now) else ("revoked" if one.revoked_ms is not None else "expired")
        told = (
            ("made", one.created_ms, "?"),
            ("expires", one.expires_ms, "never"),
            ("used", one.last_used_ms, "never"),
        )
        times = "  ".join(f"{word} {_time(at_ms, none)}" for word, at_ms, none in told)
        output.text(f"{one.id}  {fate}  {','.join(sorted(one.scopes))}  {times}  {one.name}")
    if not tokens:
        output.note("there are no tokens")
    return 0 if tokens else 1


@token.command()
@click.argument("token_id", metavar="ID", type=int)
@database_option
@click.pass_obj
def revoke(given: Given, token_id: int, source: str | None) -> None:
    """Make a token invalid; a running server knows it within a second.

    \b
    parcours token revoke 3 --db my.db
    """
    from backend.sources.sqlite.token_writing import TokenStore
    from tui.cli.reading import now_ms

    with TokenStore(given.database(source)) as store:
        store.revoke(token_id, now_ms())
    output.note(f"token {token_id} is revoked")


def _time(at_ms: int | None, none: str) -> str:
    from backend.query.text import write_time

    return none if at_ms is None else write_time(at_ms)
