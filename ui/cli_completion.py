"""The command ``citewell completion``: what a shell needs to complete commands and options.  Knows no command."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

_VARIABLE = "_CITEWELL_COMPLETE"  # as click derives it from the program's name


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script that makes SHELL complete Citewell's commands and options.

    \b
    bash   eval "$(citewell completion bash)"          at the end of ~/.bashrc
    zsh    eval "$(citewell completion zsh)"           at the end of ~/.zshrc
    fish   citewell completion fish > ~/.config/fish/completions/citewell.fish
    """
    made = get_completion_class(shell)
    assert made is not None
    script = made(context.find_root().command, {}, "citewell", _VARIABLE)
    click.echo(script.source_template % script.source_vars())
