"""The files in ``deploy/`` say what is true: paths, ports, commands and names that the program has.

They were run as well as can be without a registry: the image built on a Debian base, the unit read by systemd-analyze.
"""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from collections.abc import Iterator, Sequence
from configparser import ConfigParser
from pathlib import Path

import pytest
import yaml

from rag.ollama_http import parse_hosts
from rag.settings import resolve
from ui.cli import cli
from ui.cli_serve import serve
from ui.door import _OPEN_PATHS

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PORT = next(option.default for option in serve.params if option.name == "port")


def instructions() -> list[tuple[str, str]]:
    """Give the Dockerfile's instructions, each with its words."""
    lines = [line for line in (DEPLOY / "Dockerfile").read_text("utf-8").splitlines() if not line.startswith("#")]
    text = "\n".join(lines).replace("\\\n", " ")
    return [(name, words.strip()) for name, _, words in (line.partition(" ") for line in text.splitlines() if line)]


def said(name: str) -> list[str]:
    return [words for instruction, words in instructions() if instruction == name]


def check_command(words: Sequence[str]) -> None:
    """Fail where the program has no such command, or the command no such option or argument."""
    group = cli
    for depth, word in enumerate(words):
        command = group.commands[word]
        if not hasattr(command, "commands"):
            command.make_context(word, list(words[depth + 1 :])).close()
            return
        group = command


def section(name: str) -> Iterator[tuple[str, str]]:
    """Give the keys and values of a section of the unit."""
    unit = ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(DEPLOY / "citewell.service", "utf-8")
    yield from unit[name].items()


COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))


def test_the_image_is_built_from_what_is_there() -> None:
    admitted = {
        line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line[:1] == "!"
    }
    copied = {source for words in said("COPY") for source in words.split()[:-1]}
    assert copied == admitted
    assert all((ROOT / source).exists() for source in copied)
    packages = {pattern.rstrip("*") for pattern in PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]}
    assert packages <= copied
    assert PROJECT["project"]["readme"] in copied


def test_the_image_has_a_python_that_will_do() -> None:
    (image,) = said("FROM")
    version = re.fullmatch(r"python:3\.(\d+)-slim", image)
    least = re.fullmatch(r">=3\.(\d+)", PROJECT["project"]["requires-python"])
    assert version is not None
    assert least is not None
    assert int(version[1]) >= int(least[1])


def test_the_image_runs_the_command_on_the_port_that_it_shows() -> None:
    (entry,), (command,) = said("ENTRYPOINT"), said("CMD")
    assert set(json.loads(entry)) <= set(PROJECT["project"]["scripts"])
    check_command(json.loads(command))
    assert said("EXPOSE") == [str(PORT)]


def test_the_image_is_healthy_where_the_door_says_so() -> None:
    (check,) = said("HEALTHCHECK")
    address = re.search(r"http://127\.0\.0\.1:(\d+)(/[a-z/]+)", check)
    assert address is not None
    assert int(address[1]) == PORT
    assert address[2] in _OPEN_PATHS


def test_the_volume_is_the_home_folder_and_the_users() -> None:
    environ = dict(words.split("=", 1) for words in said("ENV"))
    home = resolve(environ=environ).home.as_posix()
    assert said("VOLUME") == [home]
    order = [name for name, words in instructions() if name in {"USER", "VOLUME"} or words.startswith("mkdir")]
    assert order == ["USER", "RUN", "VOLUME"]
    assert f"library:{home}" in COMPOSE["services"]["citewell"]["volumes"]


def test_compose_names_what_is_there() -> None:
    services = COMPOSE["services"]
    ours = services["citewell"]
    assert (DEPLOY / ours["build"]["context"] / ours["build"]["dockerfile"]).resolve() == DEPLOY / "Dockerfile"
    assert ours["ports"] == [f"{PORT}:{PORT}"]
    check_command([word.replace("${SERVED_AS:-localhost}", "localhost") for word in ours["command"]])
    assert set(ours["depends_on"]) < set(services)
    used = {volume.split(":")[0] for service in services.values() for volume in service["volumes"]}
    assert used == set(COMPOSE["volumes"])
    (host,) = parse_hosts(None, ours["environment"])
    assert host == "http://ollama:11434"
    assert "ollama" in services
    assert set(ours["environment"]) == {"OLLAMA_HOST"}


def test_the_unit_runs_the_command_where_its_state_is() -> None:
    service = dict(section("Service"))
    program, *words = shlex.split(service["ExecStart"])
    assert Path(program).name in PROJECT["project"]["scripts"]
    check_command(words)
    (name, home) = service["Environment"].split("=")
    assert resolve(environ={name: home}).home.as_posix() == f"/var/lib/{service['StateDirectory']}"
    assert service["KillSignal"] == "SIGINT"
    assert service["ProtectSystem"] == "strict"


@pytest.mark.parametrize("path", sorted(DEPLOY.iterdir()), ids=lambda path: path.name)
def test_commands_in_comments_are_the_programs(path: Path) -> None:
    comments = [line for line in path.read_text("utf-8").splitlines() if line.startswith("#")]
    for line in comments:
        for given in re.findall(r"(?:--rm|/bin/)\s?citewell ((?:[a-z]+ ?)+[A-Z]*)", line):
            check_command(given.replace("NAME", "ada").split())


def test_the_chroma_server_is_of_the_version_that_its_client_has(tmp_path: Path) -> None:
    compose = yaml.safe_load((DEPLOY / "compose.chroma.yaml").read_text("utf-8"))
    pins = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    assert f"chromadb=={compose['services']['chroma']['image'].partition(':')[2]}" in pins
    environment = compose["services"]["citewell"]["environment"]
    settings = resolve({"home": tmp_path}, environment)
    assert settings.chroma is not None
    assert settings.chroma.url == "http://chroma:8000"
    assert set(compose["services"]) - {"chroma"} <= set(COMPOSE["services"])
