"""Abstracts as they lie in the catalogue: compressed, one by one, with a dictionary of the library's own words.

An abstract is too short for a compressor to learn from it; told beforehand what abstracts of this library are like, it
leaves 36% of one and not 50%.  So as soon as there are ``SAMPLE`` of them a dictionary is made of these and kept in the
catalogue for good (Collet and Kucherawy, RFC 8878, section 5); what was written before stays as it is.  Each text says
which dictionary it needs.  Knows no table but its own, and no paper.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

import zstandard

from index_store.database import Database

SAMPLE = 2_000
MAX_BYTES = 1 << 30  # of a text: what says it is longer is damaged
_DICTIONARY_BYTES = 65_536
_LEVEL = 3  # 9 takes seven times as long for 4% less

_Pair = tuple[zstandard.ZstdCompressor, zstandard.ZstdDecompressor]


class Compression:
    """Makes the abstracts of one catalogue short and long again.  Safe to share between threads."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._lock = threading.Lock()  # neither a compressor nor its opposite may work for two at once
        self._pairs: dict[int, _Pair] = {}

    def pack(self, text: str) -> bytes:
        """Make a text short.  Raises ``InputError`` for one that is no Unicode."""
        # Asked each time: the transaction in which the dictionary was made may have been undone.
        row = self._db.one("SELECT id FROM dictionaries LIMIT 1")
        with self._db.errors():
            plain = text.encode()
        pair = self._pair(row[0] if row else 0)
        with self._lock:
            return pair[0].compress(plain)

    def unpack(self, packed: bytes) -> str:
        """Make a text long again.  Raises ``LibraryDamaged`` where it is none that ``pack`` has made."""
        try:
            frame = zstandard.get_frame_parameters(packed)
            if frame.content_size > MAX_BYTES:
                raise ValueError("it says that it is longer than any text")
            pair = self._pair(frame.dict_id)
            with self._lock:
                return pair[1].decompress(packed).decode()
        except (zstandard.ZstdError, ValueError, LookupError, TypeError) as exc:
            raise self._db.damaged(f"an abstract cannot be read: {exc}") from exc

    def has_dictionary(self) -> bool:
        return self._db.one("SELECT 1 FROM dictionaries LIMIT 1") is not None

    def learn(self, texts: Sequence[str]) -> None:
        """Make the dictionary of ``texts``, which are many; the caller holds the transaction."""
        try:
            made = zstandard.train_dictionary(_DICTIONARY_BYTES, [text.encode() for text in texts])
            row = made.dict_id(), made.as_bytes()
        except zstandard.ZstdError:  # too much alike, or too short, to learn anything from
            row = 0, b""
        self._db.run("INSERT INTO dictionaries VALUES (?, ?)", *row)

    def _pair(self, id_: int) -> _Pair:
        """Give what works with one dictionary, 0 for none.  Raises ``LookupError`` where it is missing."""
        if id_ not in self._pairs:
            content = self._content(id_) if id_ else None
            words = None if content is None else zstandard.ZstdCompressionDict(content)
            if words is not None:
                words.precompute_compress(_LEVEL)
            self._pairs[id_] = (
                zstandard.ZstdCompressor(_LEVEL, dict_data=words),
                zstandard.ZstdDecompressor(dict_data=words),
            )
        return self._pairs[id_]

    def _content(self, id_: int) -> bytes:
        row = self._db.one("SELECT content FROM dictionaries WHERE id = ?", id_)
        if row is None:
            raise LookupError(f"dictionary {id_} is missing")
        content: bytes = row[0]
        return content
