"""Files of articles as archives hold them, of every kind, with the same rows in each."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from lgtalent_ie.corpus.rows import Columns, Row, read_rows
from lgtalent_ie.corpus.sources import find_inputs

ROWS: list[dict[str, Any]] = [
    {"id": "a1", "text": "한빛전자는 연구원 10명을 뽑았다.", "published": "2026-03-02", "section": "산업"},
    {"id": "a2", "text": '새벽대는 "3월에 문을 연다"고 밝혔다.\n둘째 줄, 쉼표.', "published": "2026-03-05", "section": "교육"},
    {"id": "a3", "text": "다람쥐연구소가 왔다.", "published": "", "section": ""},
]  # fmt: skip
TABLES = ("jsonl", "jsonl.gz", "csv", "tsv", "csv.gz", "parquet", "arrow")


def write_table(path: Path, rows: Sequence[dict[str, Any]], encoding: str = "utf-8") -> Path:
    """Rows as a file of the kind that its name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    name = path.name.removesuffix(".gz")
    if name.endswith(".jsonl"):
        content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    elif name.endswith((".csv", ".tsv")):
        out = io.StringIO()
        writer = csv.DictWriter(out, list(rows[0]), delimiter="\t" if name[-3:] == "tsv" else ",")
        writer.writeheader()
        writer.writerows(rows)
        content = out.getvalue()
    else:
        write_arrow(path, rows)
        return path
    data = content.encode(encoding)
    path.write_bytes(gzip.compress(data) if path.name.endswith(".gz") else data)
    return path


def write_arrow(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    import pyarrow as pa
    import pyarrow.parquet

    table = pa.Table.from_pylist(list(rows))
    if path.suffix == ".parquet":
        pa.parquet.write_table(table, path, row_group_size=2)
        return
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table, max_chunksize=2)


def rows_of_files(
    *paths: Path | str,
    columns: Columns | None = None,
    start: int = 0,
    out: Path = Path("elsewhere"),
) -> Iterator[Row]:
    """The rows of some files, as a run reads them."""
    inputs = find_inputs([str(path) for path in paths], out)
    return read_rows(inputs.sources, columns or Columns(), start)
