"""What can go wrong in an evaluation, as one tree under ``index_store.errors.CitewellError``.

    CitewellError
    └── EvalError
        ├── QuestionsUnusable     no question of a set can be asked of this library
        ├── CollectionUnusable    a BEIR folder lacks a part, or a part holds nothing
        ├── ResultsUnusable       a file that is no result of ours, or two results that cannot be compared
        ├── RecallFell            rebuilt indexes find less than the old ones did
        └── ModelFailed           the model that judges or words cannot be asked

What is wrong with single lines is not raised: it is collected as ``index_store.types.Rejection`` (path:line: reason).
"""

from __future__ import annotations

from index_store.errors import CitewellError


class EvalError(CitewellError):
    """An evaluation cannot be made, or cannot go on."""


class QuestionsUnusable(EvalError):
    """No question of a set can be asked of this library."""


class CollectionUnusable(EvalError):
    """A BEIR folder lacks a part, or a part of it holds nothing."""


class ResultsUnusable(EvalError):
    """A file is no stored result, or two results have nothing in common."""


class RecallFell(EvalError):
    """Rebuilt indexes find less than the old ones did."""


class ModelFailed(EvalError):
    """The model that judges answers or words questions cannot be asked."""
