"""Parquet tables (what Hugging Face and data engines hold), by ``pyarrow``: an extra, since it takes 170 MB on disk.

Columns go by the names that CSV's go by, the others are not read.  Row groups come in batches, so memory stays at one
page of each column; how large a page is the file's writer decides (about 1 MB as written by pyarrow and Spark).  The
``line`` of an entry is its row.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index_store.readers.columns import KNOWN, NESTED, column_name, missing_column, to_entry
from index_store.readers.packed import open_seekable
from index_store.types import Entry, Rejection

if TYPE_CHECKING:
    from pyarrow import RecordBatch  # type: ignore[import-untyped]  # it ships no types

SUFFIXES = frozenset([".parquet"])
MAGIC = b"PAR1"

_ROWS = 128  # a batch
_BUFFER = 1 << 20  # bytes read ahead in a column; without it pyarrow reads a whole row group
_INSTALL = "a Parquet file, for which Citewell needs pyarrow: pip install 'citewell[parquet]'"
_READ_COLUMNS = KNOWN | frozenset(NESTED)


def read(path: Path) -> Iterator[Entry | Rejection]:
    """Read one paper per row."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        yield Rejection(path, 0, _INSTALL)
        return
    row = 0
    try:
        with open_seekable(path) as stream, parquet.ParquetFile(stream, buffer_size=_BUFFER) as table:
            problem = missing_column(table.schema_arrow.names)
            if problem is not None:
                yield Rejection(path, 0, problem)
                return
            known = [name for name in table.schema_arrow.names if column_name(name) in _READ_COLUMNS]
            for batch in table.iter_batches(batch_size=_ROWS, columns=known, use_threads=False):
                for value in _rows(batch):
                    row += 1
                    yield Rejection(path, row, value) if isinstance(value, str) else to_entry(value, path, row)
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError) as exc:
        rest = "the rest of the file was not read" if row else "nothing was read"
        yield Rejection(path, row + 1 if row else 0, f"a broken Parquet file: {_first_line(exc)}; {rest}")


def _rows(batch: RecordBatch) -> Iterator[dict[str, Any] | str]:
    """Give the rows, or what is wrong with one."""
    columns = [_with_years(column) for column in batch.columns]
    for number in range(batch.num_rows):
        try:
            yield {
                name: _plain(column[number].as_py()) for name, column in zip(batch.schema.names, columns, strict=True)
            }
        except UnicodeDecodeError as exc:
            yield f"not UTF-8: byte 0x{exc.object[exc.start]:02X} at offset {exc.start} of a text"


def _with_years(column: Any) -> Any:
    """Turn dates and times into their years, which is all that is kept of them; some have no form in Python."""
    from pyarrow import compute, types

    return compute.year(column) if types.is_date(column.type) or types.is_timestamp(column.type) else column


def _plain(value: object) -> object:
    return value.decode("utf-8") if isinstance(value, bytes) else value


def _first_line(exc: Exception) -> str:
    return (str(exc).strip().splitlines() or ["unreadable"])[0].rstrip(".")[:200]
