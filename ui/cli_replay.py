"""The command ``citewell replay``: asks again what a receipt says was asked, and tells what is different.

Knows no model.
"""

from __future__ import annotations

import json
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from index_store.errors import InputError
from ui import terminal

if TYPE_CHECKING:
    from rag.replay import Replay

_LARGEST = 50_000_000  # bytes; a receipt has a few thousand


@click.command()
@click.argument("receipt", metavar="RECEIPT")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
@click.pass_obj
def replay(home: Path | None, receipt: str, as_json: bool) -> None:
    """Ask again what RECEIPT says was asked, and tell what is different now.

    RECEIPT is a file with the output of `citewell ask --json`, or only the receipt in it; - reads it from stdin.
    """
    from rag.assemble import assemble
    from rag.replay import read_receipt
    from rag.replay import replay as ask_again
    from rag.settings import resolve

    read = read_receipt(_text(receipt), "stdin" if receipt == "-" else receipt)
    with closing(assemble(resolve({"home": home}))) as assistant:
        again = ask_again(assistant, read)
    if as_json:
        click.echo(json.dumps(again.to_dict(), ensure_ascii=False, indent=2))
    else:
        click.echo(f"{terminal.answer(again.answer)}\n\n{_compared(again)}")


def _text(receipt: str) -> str:
    try:
        if receipt == "-":
            return sys.stdin.read(_LARGEST)
        if Path(receipt).stat().st_size > _LARGEST:
            raise InputError(f"{receipt} is too large for a receipt. Name the output of `citewell ask --json`.")
        return Path(receipt).read_text("utf-8")
    except OSError as exc:
        raise InputError(
            f"{receipt} cannot be read: {exc.strerror}. Name the output of `citewell ask --json`."
        ) from exc
    except UnicodeDecodeError as exc:
        raise InputError(f"{receipt} is not text. Name the output of `citewell ask --json`.") from exc


def _compared(again: Replay) -> str:
    if not again.differences:
        words = ", and the answer is the same" if again.same_text else ""
        return f"Compared with the receipt nothing is different{words}."
    lines = (f"  - {terminal.display_text(difference.says)}" for difference in again.differences)
    same = "\nThe answer is the same, word for word." if again.same_text else ""
    return "Compared with the receipt:\n" + "\n".join(lines) + same
