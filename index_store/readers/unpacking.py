"""Streams out of packed files, with a limit: what grows more than ``MOST_TIMES`` over its packed size is a bomb.

Where a stream is broken, cut short or a bomb, the file seems to end there, so that all before it is read; closing it
raises ``InputError`` with the reason alone.  Knows no archive.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import BinaryIO, Protocol

from index_store.errors import InputError

MOST_TIMES = 200
"""How many times its packed size a file may have; abstracts reach 3 to 10, the most repetitive JSON some 50."""
FREE_BYTES = 16_000_000
"""What any file may unpack to, whatever its packed size."""

_BUFFER = 65_536
_REST = "the rest of it was not read"
_BROKEN = (OSError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError)


def as_stream(inside: Unpacker, limit: int, what: str, below: BinaryIO | None = None) -> BinaryIO:
    return io.BufferedReader(_Stream(inside, limit, what, below), _BUFFER)


def most_bytes(packed: int) -> int:
    return max(FREE_BYTES, MOST_TIMES * packed)


def bomb(what: str) -> str:
    return f"a {what} that unpacks to more than {MOST_TIMES} times its size, as bombs do"


class Unpacker(Protocol):
    """Something that unpacks: at most ``size`` bytes at once, none at the end."""

    def read1(self, size: int, /) -> bytes: ...
    def close(self) -> None: ...


class _Stream(io.RawIOBase):
    """What unpacks, up to a limit.

    Where it cannot go on, the file ends, so that all before is read; closing it tells the trouble in a sentence.
    """

    def __init__(self, inside: Unpacker, limit: int, what: str, below: BinaryIO | None) -> None:
        self._inside, self._limit, self._what, self._below = inside, limit, what, below
        self._given = 0
        self._trouble = ""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # the buffers that come are memoryviews
        piece = b"" if self._trouble else self._piece(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def _piece(self, size: int) -> bytes:
        try:
            piece = self._inside.read1(size)
        except EOFError:
            self._trouble = f"a {self._what} that is cut short; {_REST}"
            return b""
        except _BROKEN as exc:
            self._trouble = f"a broken {self._what} ({str(exc)[:120]}); {_REST}"
            return b""
        self._given += len(piece)
        if self._given > self._limit:
            self._trouble = f"{bomb(self._what)}; {_REST}"
            return b""
        return piece

    def close(self) -> None:
        if self.closed:
            return
        self._inside.close()
        if self._below is not None:
            self._below.close()
        super().close()
        if self._trouble:
            raise InputError(self._trouble)


class Zstandard:
    """Frames of Zstandard one after another.

    The library's own streams take a frame that breaks off for one that ends; its decompressors tell the two apart, but
    give all that a piece unpacks to at once.  A block of four bytes may stand for 128 KB: so the pieces are small.
    """

    _PIECE = 512

    def __init__(self, stream: BinaryIO) -> None:
        import zstandard

        self._error = zstandard.ZstdError
        self._new = zstandard.ZstdDecompressor(max_window_size=2**27).decompressobj
        self._stream = stream
        self._frame = self._new()
        self._is_open = False
        self._packed = self._ready = b""

    def read1(self, size: int, /) -> bytes:
        while not self._ready:
            self._packed = self._packed or self._stream.read(self._PIECE)
            if not self._packed:
                if self._is_open:
                    raise EOFError
                return b""
            self._unpack()
        piece, self._ready = self._ready[:size], self._ready[size:]
        return piece

    def _unpack(self) -> None:
        self._is_open = True
        try:
            self._ready = self._frame.decompress(self._packed)
        except self._error as exc:
            raise OSError(str(exc).rpartition(": ")[2]) from exc
        self._packed = b""
        if self._frame.eof:
            self._packed = self._frame.unused_data
            self._frame, self._is_open = self._new(), False

    def close(self) -> None:
        self._packed = self._ready = b""
