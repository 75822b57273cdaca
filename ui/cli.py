"""The command ``citewell``: index, ask, search and serve from a terminal.

Results go to stdout, progress and messages to stderr; ``--json`` prints one JSON document and nothing else.  Exit
status 0: done; 1: could not do it, and a sentence says what, where, and the way on; 2: wrong usage.  Heavy libraries
are imported inside the commands, so that ``--help`` is instant.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from platformdirs import user_log_path

from index_store.collecting import put_off
from index_store.errors import CitewellError, InputError
from ui import terminal
from ui.cli_accounts import token, user
from ui.cli_backup import backup, restore
from ui.cli_chat import ask_each, chat
from ui.cli_completion import completion
from ui.cli_eval import eval_group
from ui.cli_fetch import fetch, watch
from ui.cli_index import index
from ui.cli_options import scoped, tell_where_empty
from ui.cli_papers import export, papers
from ui.cli_replay import replay
from ui.cli_serve import mcp, serve

if TYPE_CHECKING:
    from index_store.types import Scope
    from rag.assistant import Assistant
    from rag.settings import Settings

_ANSWERERS = click.Choice(["auto", "quote", "ollama"])
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(version("citewell"), prog_name="citewell")
@click.option(
    "--home", type=click.Path(path_type=Path, file_okay=False), help="The folder that everything lives under."
)
@click.pass_context
def cli(context: click.Context, home: Path | None) -> None:
    """Chat with a library of paper abstracts: every sentence of an answer points at the sentence that says so.

    \b
    citewell index papers.jsonl listing.txt folder/   read papers into your library
    citewell ask "How does FlashRNN use registers?"   answer with citations
    citewell serve --open                             the chat page in your browser
    """
    context.obj = home


@cli.command()
@click.argument("query")
@click.option("-k", "k", type=click.IntRange(1, 100), default=10, show_default=True, help="How many papers.")
@scoped
@_JSON
@click.pass_obj
def search(home: Path | None, query: str, k: int, scope: Scope, as_json: bool) -> None:
    """Find papers, best first.

    \b
    citewell search "sparse attention for long inputs" -k 5
    citewell search "speech recognition" --year 2019..2022 --json
    """
    from ui.api import hit_to_dict

    with _opened(_settings(home)) as assistant:
        hits = assistant.search(query, k, scope)
        if not hits:
            tell_where_empty(scope, lambda: assistant.library.papers(limit=0, scope=scope)[1])
    if as_json:
        _print_json({"hits": [hit_to_dict(hit) for hit in hits]})
    else:
        click.echo(terminal.hits(hits))


@cli.command()
@click.argument("question")
@click.option("--answerer", type=_ANSWERERS, help="Who words the answer; auto takes Ollama where it runs.")
@click.option("--model", metavar="NAME", help="The Ollama model to use.")
@scoped
@_JSON
@click.pass_obj
def ask(
    home: Path | None,
    question: str,
    answerer: str | None,
    model: str | None,
    scope: Scope,
    as_json: bool,
) -> None:
    """Answer a question from the library, every sentence cited.

    With - as the question, each line of standard input is one; --json then prints one document a line.

    \b
    citewell ask "By what factor does LoRA cut the trainable parameters of GPT-3?"
    citewell ask "How does FlashRNN use registers?" --answerer quote
    citewell ask - --json < questions.txt

    While `citewell serve` runs with the same settings and without a lock, it gives the answer, in a fraction of a
    second.
    """
    from rag.types import Request
    from ui.announcing import find_running
    from ui.asking import ask_and_print

    server = find_running(_settings(home)) if question != "-" else None
    if server is not None:
        with closing(server):
            ask_and_print(server, Request(question, (), scope, answerer, model), as_json=as_json)
        return
    with _opened(_settings(home)) as assistant:
        if assistant.library.is_empty():
            raise InputError(f"The library in {_settings(home).library} is empty. Run `citewell index FILE...` first.")
        if question != "-":
            ask_and_print(assistant, Request(question, (), scope, answerer, model), as_json=as_json)
            return
        lines = (line.decode(errors="replace") for line in sys.stdin.buffer)  # a bad byte ends no more than itself
        if ask_each(assistant, lines, lambda line: Request(line, (), scope, answerer, model), as_json=as_json):
            raise SystemExit(1)


@cli.command()
@_JSON
@click.pass_obj
def models(home: Path | None, as_json: bool) -> None:
    """List the models that the Ollama servers have."""
    from rag.models import available
    from rag.ollama_http import parse_hosts

    installed = available(parse_hosts(_settings(home).ollama_host))
    if as_json:
        _print_json({"models": [asdict(model) for model in installed]})
    else:
        click.echo(terminal.models(installed))


@cli.command()
@click.argument("model")
@click.pass_obj
def pull(home: Path | None, model: str) -> None:
    """Download a model through Ollama; stopped by Ctrl-C, it goes on from there the next time."""
    from rag.ollama_http import parse_hosts
    from ui.pulling import pull_everywhere

    pull_everywhere(model, parse_hosts(_settings(home).ollama_host))
    click.echo(f"{model} is ready.")


@cli.command()
@click.option("--repair", is_flag=True, help="Mend what can be mended from the catalogue.")
@_JSON
@click.pass_obj
def doctor(home: Path | None, repair: bool, as_json: bool) -> None:
    """Examine the library, the embedder and Ollama; say what is wrong and how to mend it."""
    from ui.doctor import examine_all

    findings = examine_all(_settings(home), mend=repair)
    if as_json:
        _print_json({"findings": [finding.to_dict() for finding in findings]})
    else:
        click.echo(terminal.findings(findings))
    if not all(finding.ok for finding in findings):
        raise SystemExit(1)


cli.add_command(backup)
cli.add_command(chat)
cli.add_command(completion)
cli.add_command(eval_group)
cli.add_command(export)
cli.add_command(fetch)
cli.add_command(index)
cli.add_command(mcp)
cli.add_command(serve)
cli.add_command(token)
cli.add_command(user)
cli.add_command(watch)
cli.add_command(replay)
cli.add_command(restore)
cli.add_command(papers)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; every failure ends in one sentence on stderr and an exit status, never in a traceback."""
    try:
        cli.main(args=None if arguments is None else list(arguments), prog_name="citewell", standalone_mode=False)
    except click.ClickException as exc:
        exc.show()
        raise SystemExit(exc.exit_code) from exc
    except click.Abort as exc:
        click.echo("Stopped; what was done so far is kept.", err=True)
        raise SystemExit(130) from exc
    except CitewellError as exc:
        click.echo(f"citewell: {exc}", err=True)
        raise SystemExit(1) from exc
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader of our pipe has gone: no complaint
        raise SystemExit(1) from None
    except Exception as exc:
        _report_unexpected(exc)
        raise SystemExit(1) from exc


def _report_unexpected(exc: Exception) -> None:
    """Keep the traceback of a defect of ours in a file, and say where, in one sentence."""
    file = user_log_path("citewell", appauthor=False) / "error.log"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(traceback.format_exception(exc)), "utf-8")
        kept = f" Details are in {file}; please report them."
    except OSError:
        kept = ""
    click.echo(f"citewell: Something unexpected happened ({type(exc).__name__}: {exc}).{kept}", err=True)


def _settings(home: Path | None) -> Settings:
    from rag.settings import resolve

    return resolve({"home": home})


def _print_json(document: Any) -> None:
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))


@contextmanager
def _opened(settings: Settings) -> Iterator[Assistant]:
    with put_off():
        from rag.assemble import assemble

        assistant = assemble(settings)
    try:
        yield assistant
    finally:
        assistant.close()
