"""The settings: one small frozen object, resolved once from file, environment and command line, passed explicitly.

Later places win: defaults, ``HOME/settings.toml``, ``CITEWELL_*`` variables, arguments.  Knows no library and no model.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args

from platformdirs import user_data_path

from index_store.bundled import BUNDLED, Precision
from index_store.errors import SettingsError
from index_store.servers import ChromaServer, is_server_url

AnswererChoice = Literal["auto", "quote", "ollama"]
ThinkChoice = Literal["off", "low", "medium", "high", "on"]
RewriteChoice = Literal["auto", "rules"]

_PREFIX = "CITEWELL_"
_NOT_SETTINGS = frozenset({"CITEWELL_SEEDS", "CITEWELL_OLLAMA_SPEC"})  # where the tests find their material
_CHOICES: dict[str, tuple[str, ...]] = {
    "answerer": get_args(AnswererChoice),
    "precision": get_args(Precision),
    "think": get_args(ThinkChoice),
    "rewrite": get_args(RewriteChoice),
}
_RANGES = {"papers": (1, 50), "num_ctx": (1024, 1_048_576)}


@dataclass(frozen=True, slots=True)
class Settings:
    """What a user can set; every field has a default that works without a network.

    ``home``: the folder that everything lives under.  ``embedder``: a sentence-transformers model, by name or folder.
    ``precision``: what it computes in; ``auto`` lets the processor decide.  ``answerer``: ``auto`` uses Ollama where it
    runs and has a model, else quotes.  ``model``: an Ollama model, None for the best one installed.  ``ollama_host``:
    None for Ollama's own ``OLLAMA_HOST`` or its default.  ``num_ctx``: tokens of context asked of the model (1,024 and
    up).  ``think``: whether, and how hard, models that can think do so before they answer.  ``rewrite``: ``auto`` has
    the model word questions that lean on the conversation, ``rules`` leaves that to rules.  ``papers``: how many of the
    papers found an answer may draw on (1 to 50).  ``reranker``: a cross-encoder of sentence-transformers, by name or
    folder, that looks at the best papers again; ``nli``: one that was trained to tell whether a sentence follows from
    another, and joins the check of what a model writes; None for neither.  ``contact``: an e-mail address or a web page
    that services learn when papers are fetched from them; ``openalex_key``: a key of OpenAlex, which asks for one.
    ``chroma_url``: a Chroma server that holds the vectors, http(s)://HOST[:PORT], None to have them beside the papers;
    ``chroma_token``: what it asks for, if anything; ``chroma_tenant`` and ``chroma_database``: where on it they are.
    """

    home: Path
    embedder: str = BUNDLED
    precision: Precision = "auto"
    answerer: AnswererChoice = "auto"
    model: str | None = None
    ollama_host: str | None = None
    num_ctx: int = 8192
    think: ThinkChoice = "off"
    rewrite: RewriteChoice = "auto"
    papers: int = 6
    reranker: str | None = None
    nli: str | None = None
    contact: str | None = None
    openalex_key: str | None = field(default=None, repr=False)
    chroma_url: str | None = None
    chroma_token: str | None = field(default=None, repr=False)
    chroma_tenant: str = "default_tenant"
    chroma_database: str = "default_database"

    @property
    def library(self) -> Path:
        return self.home / "library"

    @property
    def chroma(self) -> ChromaServer | None:
        """The server that holds the vectors, None where they lie beside the papers."""
        if self.chroma_url is None:
            return None
        return ChromaServer(self.chroma_url, self.chroma_token, self.chroma_tenant, self.chroma_database)


def resolve(overrides: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Resolve the settings; None among ``overrides`` means not given.  Raises ``SettingsError`` naming the place."""
    environ = os.environ if environ is None else environ
    given = {key: value for key, value in (overrides or {}).items() if value is not None}
    from_environ = {
        name.removeprefix(_PREFIX).lower(): value
        for name, value in environ.items()
        if name.startswith(_PREFIX) and name not in _NOT_SETTINGS and value
    }
    homes = given.pop("home", None), from_environ.pop("home", None)  # no setting of the file, which lies in it
    home = Path(homes[0] or homes[1] or user_data_path("citewell", appauthor=False)).expanduser()
    values: dict[str, Any] = {"home": home}
    file = home / "settings.toml"
    for place, found in ((str(file), _read(file)), ("the environment", from_environ), ("the arguments", given)):
        values |= {key: checked(key, value, place) for key, value in found.items()}
    return Settings(**values)


def decided_by_environment(key: str, environ: Mapping[str, str]) -> str | None:
    """Give the variable that decides a setting whatever the file says, None where there is none."""
    variable = f"{_PREFIX}{key.upper()}"
    return variable if environ.get(variable) else None


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8-sig"))  # some editors put a mark before the first line
    except (FileNotFoundError, NotADirectoryError):  # the second is told when the home is made
        return {}
    except (OSError, ValueError) as exc:
        raise SettingsError(f"{file}: {exc}. Mend it, or move it away to go on with the defaults.") from exc


def checked(key: str, value: Any, place: str) -> Any:
    """Give the value of a setting in its own type.  Raises ``SettingsError`` for what is not allowed."""
    known = [field.name for field in fields(Settings) if field.name != "home"]
    if key not in known:
        raise SettingsError(f"Unknown setting {key!r} in {place}. Known are: {', '.join(known)}.")
    if key in _CHOICES and value not in _CHOICES[key]:
        raise SettingsError(f"{key} = {value!r} in {place} is not one of {', '.join(_CHOICES[key])}.")
    if key in _RANGES:
        low, high = _RANGES[key]
        number = _whole(value)
        if number is None or not low <= number <= high:
            raise SettingsError(f"{key} = {value!r} in {place} is not a whole number from {low} to {high}.")
        return number
    if not isinstance(value, str):
        shown = key if key in _secrets() else f"{key} = {value!r}"
        raise SettingsError(f"{shown} in {place} is not a text.")
    return value if key not in ("chroma_url", "chroma_token") else _sent(key, value, place)


def _whole(value: Any) -> int | None:
    """Give a whole number, written as one or as a text; None for anything else, such as 7.5 or true."""
    if isinstance(value, bool):
        return None
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if isinstance(value, str) or number == value else None


def _secrets() -> set[str]:
    return {field.name for field in fields(Settings) if not field.repr}


def _sent(key: str, value: str, place: str) -> str:
    """Give what is used in requests to a server, unless it cannot be; a wrong one is not shown: it may be a secret."""
    if key == "chroma_url" and not is_server_url(value):
        raise SettingsError(f"{key} in {place} is not http://HOST:PORT or https://HOST; a token goes to chroma_token.")
    if key == "chroma_token" and not (value.isascii() and value.isprintable() and " " not in value):
        raise SettingsError(f"{key} in {place} is no token: it holds characters that cannot be sent.")
    return value
