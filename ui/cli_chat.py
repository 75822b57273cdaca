"""The command ``citewell chat``: a conversation in the terminal, and questions by the line for ``citewell ask -``.

Follow-up questions see what was said before.  Ctrl-C stops an answer, Ctrl-D ends the conversation.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from index_store.counting import counted
from index_store.errors import CitewellError, InputError
from index_store.types import Scope
from ui import terminal
from ui.asking import ask_live
from ui.cli_options import scoped
from ui.protocols import Assistant

if TYPE_CHECKING:
    from rag.types import Answer, Request, Turn

_PROMPT = "› "
_HELP = "/new begins a new conversation, /quit (or Ctrl-D) ends, Ctrl-C stops an answer. Anything else is a question."
_KEPT_LINES = 1000


@click.command()
@click.option("--answerer", type=click.Choice(["auto", "quote", "ollama"]), help="Who words the answers.")
@click.option("--model", metavar="NAME", help="The Ollama model to use.")
@scoped
@click.pass_obj
def chat(home: Path | None, answerer: str | None, model: str | None, scope: Scope) -> None:
    """Talk with your library in the terminal.

    A question may refer to the one before it.  Ctrl-C stops an answer, Ctrl-D ends the conversation.
    """
    from rag.assemble import assemble
    from rag.settings import resolve
    from rag.types import Request

    settings = resolve({"home": home})
    with closing(assemble(settings)) as assistant, _remembered(settings.home / "chat-lines"):
        if assistant.library.is_empty():
            raise InputError(f"The library in {settings.library} is empty. Run `citewell index FILE...` first.")
        click.echo(f"{counted(len(assistant.library), 'paper')}. {_HELP}", err=True)

        def ask(question: str, history: tuple[Turn, ...]) -> Answer:
            return ask_live(assistant, Request(question, history, scope, answerer, model), sys.stdout, sys.stderr)

        converse(_typed(), ask)


def converse(lines: Iterable[str], ask: Callable[[str, tuple[Turn, ...]], Answer]) -> None:
    """Answer line after line; what fails is said, and the conversation goes on."""
    from rag.limits import MAX_HISTORY_TURNS
    from rag.types import Turn

    history: tuple[Turn, ...] = ()
    for line in lines:
        match line.strip():
            case "":
                continue
            case "/quit" | "/exit":
                return
            case "/new":
                history = ()
                click.echo("A new conversation.", err=True)
            case "/help":
                click.echo(_HELP, err=True)
            case question if question.startswith("/"):
                click.echo(f"There is no command {question}. {_HELP}", err=True)
            case question:
                with _told():
                    answer = ask(question, history)
                    said = (Turn("user", question), Turn("assistant", answer.text))
                    history = (*history, *said)[-MAX_HISTORY_TURNS:]


def ask_each(assistant: Assistant, lines: Iterable[str], request: Callable[[str], Request], *, as_json: bool) -> int:
    """Answer each line on its own, and print the answers in order; gives how many questions failed.

    As JSON that is one document a line; a question that failed has its sentence under ``error``.
    """
    failed = 0
    for line in lines:
        question = line.strip()
        if not question:
            continue
        try:
            answer = assistant.ask(request(question))
        except CitewellError as exc:
            failed += 1
            if as_json:
                click.echo(json.dumps({"question": question, "error": str(exc)}, ensure_ascii=False))
            else:
                click.echo(f"{_PROMPT}{question}", err=True)
                click.echo(f"citewell: {exc}", err=True)
            continue
        document = json.dumps(answer.to_dict(), ensure_ascii=False)
        click.echo(document if as_json else f"{_PROMPT}{question}\n{terminal.answer(answer)}\n")
    return failed


def _typed() -> Iterator[str]:
    """Give what is typed, line by line, until the end of input."""
    while True:
        try:
            yield input(_PROMPT if sys.stdin.isatty() else "")
        except EOFError:
            return
        except KeyboardInterrupt:  # at the prompt it clears the line, as shells have it
            click.echo(err=True)
        else:
            click.echo()


@contextmanager
def _told() -> Iterator[None]:
    """Say what went wrong with one question."""
    try:
        yield
    except CitewellError as exc:
        click.echo(f"citewell: {exc}", err=True)
    except KeyboardInterrupt:
        click.echo("\nStopped.", err=True)


@contextmanager
def _remembered(file: Path) -> Iterator[None]:
    """Let the arrow keys bring back earlier lines, also those of earlier conversations."""
    try:
        import readline
    except ImportError:  # Windows
        yield
        return
    with suppress(OSError):
        readline.read_history_file(file)
    try:
        yield
    finally:
        readline.set_history_length(_KEPT_LINES)
        with suppress(OSError):  # a folder that cannot be written costs the memory, not the conversation
            readline.write_history_file(file)
