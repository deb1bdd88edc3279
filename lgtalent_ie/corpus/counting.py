"""How many rows there are, cheaply: exact where files say it or are small, else by their bytes."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path

from lgtalent_ie.corpus.lines import GZIP, LineReader
from lgtalent_ie.corpus.rows import Columns, count_known, records
from lgtalent_ie.corpus.sources import DAMAGE, Source, open_arrow

# Bytes of all files together that are read for counting, some seconds' worth; gzip weighs more.
READ_WHOLE = 256 << 20
GZIP_WEIGHT = 4
SAMPLE = 1 << 20


def count_rows(sources: Sequence[Source], columns: Columns) -> tuple[int, bool]:
    """The number of rows, and whether it is exact."""
    rows, exact, budget = 0, True, READ_WHOLE
    for source in sources:
        known = count_known(source)
        cost = source.size * (GZIP_WEIGHT if source.path.lower().endswith(GZIP) else 1)
        if known is not None:
            rows += known
        elif source.kind == "arrow":
            rows += count_arrow(source.path)
        elif cost <= budget:
            budget -= cost
            rows += sum(1 for _ in records(source, columns))
        else:
            rows += guess(source)
            exact = False
    return rows, exact


def count_arrow(path: str) -> int:
    try:
        with open_arrow(path) as reader:
            if hasattr(reader, "num_record_batches"):
                return sum(reader.get_batch(n).num_rows for n in range(reader.num_record_batches))
            return sum(batch.num_rows for batch in reader)
    except DAMAGE:
        return 1


def guess(source: Source) -> int:
    """Rows of a large file of lines, from those in its beginning."""
    seen = 0
    try:
        with LineReader(source.path, SAMPLE) as lines:
            for _ in lines:
                seen += 1
                if lines.stream.tell() >= SAMPLE:
                    break
            read = lines.stream.tell()
        ratio = compression(source) if source.path.lower().endswith(GZIP) else 1.0
    except DAMAGE:
        return max(1, seen)
    return max(1, round(seen * source.size * ratio / max(1, read)))


def compression(source: Source) -> float:
    """Bytes of text for each byte of a gzip file, from its beginning."""
    with Path(source.path).open("rb") as file:
        zipped = file.read(SAMPLE)
    unzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    text = unzip.decompress(zipped)
    return len(text) / max(1, len(zipped) - len(unzip.unused_data))
