"""The commands ``citewell eval …``: measure the assistant, measure the search, compare two results, draft questions.

Progress and what was wrong with single lines go to stderr, results to stdout.  Knows no measure.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from tqdm import tqdm

from index_store.counting import counted
from ui.progress import bars

if TYPE_CHECKING:
    from eval.judge import Judge
    from eval.results import Document
    from eval.run import Loaded
    from index_store.types import Rejection
    from rag.assistant import Assistant
    from rag.settings import Settings

_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
_OUT = click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder for result and report; default: eval/results of a source checkout, else results under --home.",
)
_FILE = click.Path(path_type=Path)


@click.group("eval")
def eval_group() -> None:
    """Measure answers and search on questions whose right papers are known."""


@eval_group.command()
@click.argument("files", nargs=-1, type=_FILE, metavar="[FILE]...")
@click.option("--answerer", type=click.Choice(["auto", "quote", "ollama"]), help="Who words the answers.")
@click.option("--model", metavar="NAME", help="The Ollama model to use.")
@click.option("--split", type=click.Choice(["dev", "test", "all"]), default="all", show_default=True)
@click.option("--type", "types", multiple=True, metavar="TYPE", help="Only this type of question; may be repeated.")
@click.option("--judge", metavar="MODEL", help="Also ask a local model for its opinion: its name, or auto.")
@click.option("--no-texts", is_flag=True, help="Leave answers and histories out of what is stored.")
@_OUT
@_JSON
@click.pass_obj
def questions(home: Path | None, /, files: Sequence[Path], out: Path | None, as_json: bool, **options: Any) -> None:
    """Ask every question of the FILEs (JSON Lines) and measure the answers.

    Without FILE the shipped sets that this library is meant for are asked.  A line that cannot be used is reported as
    path:line: reason and left out, the rest is asked, and the exit status is 1.
    """
    from eval.document import question_document
    from eval.results import default_folder, prepare, set_names, stamp
    from eval.run import Choice, ask_all
    from eval.text import questions as as_text
    from rag.assemble import assemble

    choice = Choice(options["split"], _known_types(options["types"]))
    settings = _settings(home, answerer=options["answerer"], model=options["model"])
    folder = prepare(out or default_folder(settings.home))
    judge = _judge(settings, options["judge"])
    assistant = assemble(settings)
    try:
        loaded = _load(assistant, files)
        assistant.warm()  # all questions are read in the same precision, and none waits for a model to be loaded
        with bars(" questions") as progress:
            run = ask_all(assistant, loaded.sets, choice, lambda n, of: progress("asking", n, of), judge)
        name = set_names([given.name for given in loaded.sets], choice.split, choice.types)
        stamped = stamp("questions", name, assistant.library.status(), settings)
    finally:
        assistant.close()
    document = question_document(stamped, loaded.sets, choice, run, judge.name if judge else None)
    _give(document, as_json, as_text, folder, with_texts=not options["no_texts"])
    if run.rejected:
        _report(run.rejected, f"{counted(len(run.rejected), 'line')} left out; {len(run.rows)} asked all the same.")
        raise SystemExit(1)


@eval_group.command()
@click.argument("folder", type=_FILE, metavar="DIR")
@click.option("--no-texts", is_flag=True, help="Leave queries and titles out of what is stored.")
@_OUT
@_JSON
@click.pass_obj
def beir(home: Path | None, folder: Path, no_texts: bool, out: Path | None, as_json: bool) -> None:
    """Measure the search on a collection in BEIR's layout: corpus.jsonl, queries.jsonl, qrels.tsv (or qrels/test.tsv).

    The collection is indexed once, into a cache under --home.  nDCG and recall are those of trec_eval.
    """
    from eval.beir import evaluate
    from eval.collection import read_collection
    from eval.results import default_folder, prepare
    from eval.text import beir as as_text
    from rag.assemble import open_embedder

    settings = _settings(home)
    results = prepare(out or default_folder(settings.home))
    collection = read_collection(folder)
    if collection.notes:
        _report(collection.notes, "They count as trec_eval counts them.")
    with bars(" queries") as progress:
        document = evaluate(collection, settings, open_embedder(settings), progress)
    _give(document, as_json, as_text, results, with_texts=not no_texts)
    if collection.rejected:
        _report(
            collection.rejected,
            f"{counted(len(collection.rejected), 'line')} left out; the rest was measured all the same.",
        )
        raise SystemExit(1)


@eval_group.command()
@click.argument("before", type=_FILE)
@click.argument("after", type=_FILE)
@click.option("--fail-if-worse", is_flag=True, help="Exit with 1 where a measure is significantly worse (p < 0.05).")
@_JSON
def compare(before: Path, after: Path, fail_if_worse: bool, as_json: bool) -> None:
    """Compare two stored results question by question, with significance."""
    from eval.compare import compare as compare_results
    from eval.results import load
    from eval.text import comparison as as_text

    found = compare_results(load(before), load(after))
    click.echo(json.dumps(found.to_dict(), ensure_ascii=False, indent=2) if as_json else as_text(found))
    if fail_if_worse and found.worse:
        raise SystemExit(1)


@eval_group.command()
@click.option("-n", "n", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many questions.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="The file to write; default: print them.")
@click.option("--model", metavar="NAME", help="Let a local model word them: its name, or auto.")
@click.pass_obj
def draft(home: Path | None, n: int, out: Path | None, model: str | None) -> None:
    """Propose questions from your own library, to be edited into a set of its own.

    Each line is marked as a draft and refused by `citewell eval questions` until you have read it and taken the mark
    out.
    """
    from eval.draft import candidates, draft_lines, pick
    from eval.local_model import open_llm
    from eval.wording import model_wording
    from index_store.errors import InputError
    from index_store.types import WHOLE_LIBRARY
    from ui.indexing import all_papers

    settings = _settings(home)
    papers = all_papers(settings, "", WHOLE_LIBRARY)
    if not papers:
        raise InputError(f"The library in {settings.library} is empty. Run `citewell index FILE...` first.")
    chosen = pick(candidates(papers), n)
    wording = model_wording(*open_llm(settings, model)) if model else None
    lines = tqdm(draft_lines(chosen, wording), total=len(chosen), unit=" questions", disable=None, leave=False)
    _write_draft("".join(f"{line}\n" for line in lines), out)
    click.echo(
        f'{counted(len(chosen), "draft")} from {len(papers):,} papers. Edit each, then take out its "draft".', err=True
    )


@eval_group.command()
@click.option(
    "-o", "--out", type=click.Path(path_type=Path, dir_okay=False), help="The file to write; default: stdout."
)
@click.pass_obj
def feedback(home: Path | None, /, out: Path | None) -> None:
    """Propose questions from the thumbs given in the chat, as lines to be edited."""
    from eval.feedback import feedback_lines
    from rag.conversations import Conversations

    with closing(Conversations(_settings(home).home / "conversations.sqlite")) as kept:
        lines = list(feedback_lines(rated for user in kept.users() for rated in kept.rated(user)))
    _write_draft("".join(f"{line}\n" for line in lines), out)
    click.echo(f'{counted(len(lines), "draft")} from thumbs. Edit each, then take out its "draft".', err=True)


def _settings(home: Path | None, **given: Any) -> Settings:
    from rag.settings import resolve

    return resolve({"home": home, **given})


def _known_types(types: Sequence[str]) -> tuple[str, ...]:
    from eval.questions import TYPES

    for name in types:
        if name not in TYPES:
            raise click.BadParameter(f"{name!r} is none of {', '.join(TYPES)}.", param_hint="--type")
    return tuple(types)


def _judge(settings: Settings, wanted: str | None) -> Judge | None:
    from eval.judge import Judge
    from eval.local_model import open_llm

    return Judge(*open_llm(settings, wanted)) if wanted else None


def _load(assistant: Assistant, files: Sequence[Path]) -> Loaded:
    from eval.questions import shipped_sets
    from eval.run import load_sets, load_shipped

    titles = [paper.title for paper in assistant.library.papers(limit=-1)[0]]
    if files:
        return load_sets(files, titles)
    loaded = load_shipped(shipped_sets(), titles)
    for sentence in loaded.left_out:
        click.echo(sentence, err=True)
    return loaded


def _give(
    document: Document, as_json: bool, as_text: Callable[[Document], str], folder: Path, *, with_texts: bool
) -> None:
    """Print a result and keep it; where one of the two fails, the other is done all the same."""
    from eval.report import pages
    from eval.results import store, without_texts

    try:
        click.echo(json.dumps(document, ensure_ascii=False, indent=2) if as_json else as_text(document))
    finally:
        kept = document if with_texts else without_texts(document)
        paths = store(kept, folder, pages(kept))
    click.echo(f"Kept in {paths[0].parent}: {', '.join(path.name for path in paths)}", err=True)


def _report(lines: Sequence[Rejection], conclusion: str) -> None:
    for line in lines:
        click.echo(str(line), err=True)
    click.echo(conclusion, err=True)


def _write_draft(text: str, out: Path | None) -> None:
    from index_store.errors import StorageError

    if out is None:
        click.echo(text, nl=False)
        return
    try:
        with out.open("x", encoding="utf-8") as file:  # an edited set is never written over
            file.write(text)
    except FileExistsError as exc:
        raise StorageError(f"{out} is there already. Name another file with --out.") from exc
    except OSError as exc:
        raise StorageError(f"{out} cannot be written: {exc.strerror}. Name another file with --out.") from exc
