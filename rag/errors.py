"""What can go wrong while answering, as one tree under ``index_store.errors.CitewellError``.

    CitewellError
    ├── QuestionRefused           the question is empty or too long
    └── AnswererError             no answer, or not all of it, could be written
        ├── QuestionTooLong       question and instructions alone fill the model's context
        ├── OllamaUnreachable     nothing answers at the address, or it cannot be reached in time
        ├── ModelMissing          Ollama is there, the model is not; names the pull command
        └── OllamaFailed          it answered with an error, broke off, stalled, or sent something else
            └── OllamaBusy        its queue is full; another host or a later try may do

Every message says what happened, where, and the command or step that fixes it.  Errors of vendors (httpx, ollama,
pydantic) are mapped to these in ``rag.ollama_http``, with ``raise … from exc``.
"""

from __future__ import annotations

from index_store.errors import CitewellError


class QuestionRefused(CitewellError):
    """The question cannot be answered as it is."""


class AnswererError(CitewellError):
    """No answer, or not all of it, could be written."""


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
