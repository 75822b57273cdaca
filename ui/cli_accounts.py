"""The commands ``citewell user`` and ``citewell token``: who may use a server that others can reach.

A password is asked for, or read from standard input; it is never an argument, which other users of a machine can see.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ui.accounts import Accounts


@click.group()
def user() -> None:
    """Add, list and remove the users of a shared server."""


@user.command("add")
@click.argument("name")
@click.pass_obj
def add_user(home: Path | None, name: str) -> None:
    """Add the user NAME; asks for the password."""
    with _accounts(home) as accounts:
        accounts.expect_new(name)  # before anyone types a password
        accounts.add_user(name, _password())
    click.echo(f"{name} can sign in now; a running server knows it at once.")


@user.command("password")
@click.argument("name")
@click.pass_obj
def change_password(home: Path | None, name: str) -> None:
    """Change the password of NAME, and sign out their browsers."""
    with _accounts(home) as accounts:
        accounts.expect(name)
        accounts.set_password(name, _password())
    click.echo(f"The password of {name} is changed.")


@user.command("remove")
@click.argument("name")
@click.pass_obj
def remove_user(home: Path | None, name: str) -> None:
    """Remove the user NAME with their tokens; their conversations stay on the disk."""
    with _accounts(home) as accounts:
        accounts.remove_user(name)
    click.echo(f"{name} is removed.")


@user.command("list")
@click.pass_obj
def list_users(home: Path | None) -> None:
    """List the users, one a line."""
    with _accounts(home) as accounts:
        for name in accounts.users():
            click.echo(name)


@click.group()
def token() -> None:
    """Make, list and remove the tokens by which programs get in."""


@token.command("add")
@click.argument("user_name", metavar="USER")
@click.option("--label", default="", help="What it is for, to know it again.")
@click.pass_obj
def add_token(home: Path | None, user_name: str, label: str) -> None:
    """Print a new token for programs of USER.  It is shown this once; send it as `Authorization: Bearer TOKEN`.

    USER needs no password, so need not be one of `citewell user list`: then only the token gets in under that name.
    """
    with _accounts(home) as accounts:
        click.echo(accounts.add_token(user_name, label))


@token.command("list")
@click.pass_obj
def list_tokens(home: Path | None) -> None:
    """List the tokens: number, user, day, label."""
    with _accounts(home) as accounts:
        for found in accounts.tokens():
            day = datetime.fromtimestamp(found.created).date()
            click.echo(f"{found.id}\t{found.user}\t{day}\t{found.label}".rstrip())


@token.command("remove")
@click.argument("number", type=int)
@click.pass_obj
def remove_token(home: Path | None, number: int) -> None:
    """Remove the token with this NUMBER of the list."""
    with _accounts(home) as accounts:
        accounts.remove_token(number)
    click.echo(f"Token {number} is removed.")


@contextmanager
def _accounts(home: Path | None) -> Iterator[Accounts]:
    from rag.settings import resolve
    from ui.accounts import Accounts

    with closing(Accounts(resolve({"home": home}).home)) as accounts:
        yield accounts


def _password() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\n")
