"""What can go wrong below the language model, as one tree.

    CitewellError                 every error a user may see; its text is one clear sentence
    ├── SettingsError             a setting is unknown or has a wrong value
    ├── InputError                a path or file that cannot be read as papers
    ├── LibraryError              the library folder as a whole
    │   ├── LibraryLocked         another process is writing to it
    │   ├── LibraryMismatch       it was built with another embedder, chunking or format
    │   └── LibraryDamaged        part of it is missing or corrupt; says how to repair it
    ├── StorageError              the disk is full, or the folder cannot be written
    ├── EmbedderError             the embedding model cannot be found, is not the published one, or fails
    ├── VectorServerError         the Chroma server with the vectors does not answer, refuses, or is none
    ├── ClusterError              the Ray cluster that a build works on is absent, does not fit, or fails
    └── FetchError                a service of papers cannot be reached, refuses, or answers with what is no answer

Every message says what happened, where, and the command that fixes it.  Errors of vendors (chromadb, tantivy,
sqlite3, torch) are mapped to these at the boundary, with ``raise … from exc``.
"""


class CitewellError(Exception):
    """The root: anything that a user is told in one sentence instead of a traceback."""


class SettingsError(CitewellError):
    """A setting is unknown, or its value is not allowed."""


class InputError(CitewellError):
    """A path or a file cannot be read as papers."""


class LibraryError(CitewellError):
    """Something about the library folder as a whole."""


class LibraryLocked(LibraryError):
    """Another process is writing to this library."""


class LibraryMismatch(LibraryError):
    """The library was built with other settings than the ones in force."""


class LibraryDamaged(LibraryError):
    """A part of the library is missing or corrupt."""


class StorageError(CitewellError):
    """The disk is full, or the folder cannot be written."""


class EmbedderError(CitewellError):
    """The embedding model is absent, altered, or failed."""


class VectorServerError(CitewellError):
    """The Chroma server that holds the vectors did not give or take them."""


class ClusterError(CitewellError):
    """The Ray cluster that a build was to work on cannot do it."""


class FetchError(CitewellError):
    """A service that papers are fetched from did not give them."""
