"""What can go wrong while answering, as one tree under ``index_store.errors.CitewellError``.

    CitewellError
    ├── QuestionRefused           the question is empty or too long
    ├── ServerError               a Citewell elsewhere, asked by ``rag.client``
    │   ├── ServerUnreachable     nothing answers at its address
    │   ├── RequestRefused        it does not accept the request; the sentence is its own
    │   ├── ServerBusy            it turns requests away for now
    │   └── ServerFailed          it failed, broke off, or does not speak this interface
    └── AnswererError             no answer, or not all of it, could be written
        ├── QuestionTooLong       question and instructions alone fill the model's context
        ├── OllamaUnreachable     nothing answers at the address, or it cannot be reached in time
        ├── ModelMissing          Ollama is there, the model is not; names the pull command
        └── OllamaFailed          it answered with an error, broke off, stalled, or sent something else
            └── OllamaBusy        its queue is full; another host or a later try may do

Every message says what happened, where, and the command or step that fixes it.  Errors of vendors (httpx, ollama,
pydantic) are mapped to these in ``rag.ollama_http`` and ``rag.remote``, with ``raise … from exc``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from index_store.errors import CitewellError

if TYPE_CHECKING:
    from rag.types import Answer


class QuestionRefused(CitewellError):
    """The question cannot be answered as it is."""


class AnswererError(CitewellError):
    """No answer, or not all of it, could be written.

    ``partial`` is what had been written, cited and checked as far as it goes; None where nothing was.
    """

    partial: Answer | None = None


class QuestionTooLong(AnswererError):
    """The question leaves no room for a single sentence of a source in the model's context."""


class OllamaUnreachable(AnswererError):
    """No Ollama server answers at the address."""


class ModelMissing(AnswererError):
    """The server does not have the model."""


class OllamaFailed(AnswererError):
    """The server answered with an error, broke off, stalled, or does not speak the Ollama API."""


class OllamaBusy(OllamaFailed):
    """The server turns requests away for now."""


class ServerError(CitewellError):
    """A Citewell elsewhere could not be asked, or could not answer.

    ``partial`` is the part of the answer that a model had written before it failed, None where there is none.
    """

    partial: Answer | None = None


class ServerUnreachable(ServerError):
    """Nothing answers at the server's address."""


class RequestRefused(ServerError):
    """The server does not accept the request."""


class ServerBusy(ServerError):
    """The server turns requests away for now."""


class ServerFailed(ServerError):
    """The server failed, broke off, or sent something that cannot be read."""
