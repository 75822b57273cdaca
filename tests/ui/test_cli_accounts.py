"""The commands for users and tokens: what is printed, what is kept, and what may not be served."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ui.accounts import Accounts
from ui.cli import cli, main


def run(home: Path, *arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(cli, ["--home", str(home), *arguments], input=typed, catch_exceptions=False)


def test_a_user_is_added_changed_listed_and_removed(tmp_path: Path) -> None:
    assert run(tmp_path, "user", "add", "ada", typed="correct horse\n").exit_code == 0
    assert run(tmp_path, "user", "list").output == "ada\n"
    run(tmp_path, "user", "password", "ada", typed="another horse\n")
    with closing(Accounts(tmp_path)) as accounts:
        assert accounts.sign_in("ada", "another horse")
    run(tmp_path, "user", "remove", "ada")
    assert run(tmp_path, "user", "list").output == ""


def test_a_token_is_shown_once_and_works(tmp_path: Path) -> None:
    token = run(tmp_path, "token", "add", "robot", "--label", "nightly").output.strip()
    with closing(Accounts(tmp_path)) as accounts:
        assert accounts.user_of_token(token) == "robot"
    listed = run(tmp_path, "token", "list").output
    assert listed.split("\t")[:2] == ["1", "robot"]
    assert listed.endswith("\tnightly\n")
    assert token not in listed
    run(tmp_path, "token", "remove", "1")
    assert run(tmp_path, "token", "list").output == ""


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["user", "add", "Ada Quill"], "cannot be a user's name"),
        (["user", "remove", "nobody"], "There is no user 'nobody'. `citewell user list` shows them."),
        (["token", "remove", "7"], "There is no token 7. `citewell token list` shows them."),
        (["serve", "--host", "0.0.0.0", "--port", "0"], "Add users first (`citewell user add NAME`)"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    tmp_path: Path, arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--home", str(tmp_path), *arguments])
    assert ended.value.code == 1
    assert sentence in capsys.readouterr().err
