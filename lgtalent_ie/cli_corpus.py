"""The commands of `lgtalent` over many extracted documents."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lgtalent_ie.cli_output import open_output
from lgtalent_ie.errors import InputError

if TYPE_CHECKING:
    from lgtalent_ie.corpus.parts import Form
    from lgtalent_ie.schema import Document

FAILED_SOME = 1
FAILED_ALL = 2


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT…")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True,
              metavar="FOLDER",
              help="Folder for the output; the same command goes on there.")  # fmt: skip
@click.option("--to", type=click.Choice(["jsonl", "parquet"]), default="jsonl", show_default=True,
              help="jsonl: a document a line; parquet: flat tables.")  # fmt: skip
@click.option("--part-size", type=click.IntRange(1), default=1000, show_default=True,
              metavar="ROWS", help="Rows of the input in a part of the output.")  # fmt: skip
@click.option("--workers", type=click.IntRange(0), metavar="N",
              show_default="one a core",
              help="Processes that share one model; 0: none but this.")  # fmt: skip
@click.option("--id-column", metavar="NAME", show_default="id, if there")
@click.option("--text-column", metavar="NAME", default="text", show_default=True)
@click.option("--published-column", metavar="NAME", show_default="published, if there")
@click.option("--published", metavar="DATE", help="Publication date of rows that have none.")
@click.option("--longest", type=click.IntRange(1), default=300_000, show_default=True,
              metavar="CHARACTERS",
              help="A longer text, or HTML of ten times that, is rejected.")  # fmt: skip
@click.option("--model", metavar="FOLDER|ID", help="Model folder or Hugging Face id.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda:0 …")
@click.option("--compile", "compiled", is_flag=True,
              help="On a GPU, fuse the layers of a pretrained encoder.")  # fmt: skip
@click.option("--user-dictionary", type=click.Path(path_type=Path), metavar="TSV",
              help="Names that Kiwi does not know: form<TAB>tag<TAB>score a line.")  # fmt: skip
@click.option("--entities", type=click.Path(path_type=Path), metavar="CSV|JSON",
              help="Lead organisations to a list of your own: id, names (a|b|c).")  # fmt: skip
@click.option("--min-score", type=click.FloatRange(0, 1), default=0.0, show_default=True,
              help="Leave out mentions below this score.")  # fmt: skip
@click.option("--engine", type=click.Choice(["local", "ray"]), default="local", show_default=True,
              help="ray: on a Ray cluster; the output is the same.")  # fmt: skip
@click.option("--address", metavar="auto|HOST:PORT", show_default="this machine's, else a new one",
              help="The Ray cluster; this machine belongs to it.")  # fmt: skip
@click.option("--num-gpus", type=click.FloatRange(0), metavar="SHARE",
              show_default="1/8 where the cluster has GPUs",
              help="With Ray: the GPU, or part of it, of each model.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
def batch(
    inputs: tuple[str, ...], out: Path, to: Form, part_size: int, workers: int | None,
    id_column: str | None, text_column: str, published_column: str | None, published: str | None,
    longest: int, model: str | None, device: str, compiled: bool, user_dictionary: Path | None,
    entities: Path | None, min_score: float, engine: str, address: str | None,
    num_gpus: float | None, dry_run: bool,
) -> int:  # fmt: skip
    """Extract a corpus of any size: JSONL, CSV, TSV (also .gz), Parquet, text, HTML, folders.

    Killed at any moment and started again, it goes on behind the last whole part. Rows that give no
    document are in rejected.jsonl of their part, with the reason.

    Exit codes: 0 all well, 1 some rows were rejected, 2 all were, or nothing could be done.
    """
    from lgtalent_ie.corpus.batch import Batch, make_plan, run_plan
    from lgtalent_ie.corpus.dry_run import describe
    from lgtalent_ie.corpus.progress import progress_bar
    from lgtalent_ie.corpus.rows import Columns

    if engine == "local" and (address is not None or num_gpus is not None):
        raise click.UsageError("--address and --num-gpus belong to --engine ray")
    columns = Columns(id_column, text_column, published_column, longest)
    asked = Batch(
        inputs, out, to, part_size, workers, columns, published, model, device, user_dictionary,
        entities, min_score, compiled,
    )  # fmt: skip
    plan = make_plan(asked)
    if dry_run:
        for line in describe(plan):
            click.echo(line)
        return 0
    try:
        with progress_bar(plan) as on_rows:
            if engine == "ray":
                from lgtalent_ie.corpus.ray_run import Cluster, run_on_ray

                summary = run_on_ray(plan, Cluster(address, num_gpus), on_rows)
            else:
                summary = run_plan(plan, on_rows)
    except KeyboardInterrupt:
        click.echo("lgtalent: stopped; the same command goes on where it was", err=True)
        raise
    click.echo(
        f"lgtalent: {summary.rows:,} rows, {summary.documents:,} documents, "
        f"{summary.rejected:,} rejected, in {summary.parts:,} parts of {out}",
        err=True,
    )
    if summary.rejected:
        click.echo(f"lgtalent: the reasons are in {out}/part-*/rejected.jsonl", err=True)
        return FAILED_SOME if summary.documents else FAILED_ALL
    return 0


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE.jsonl…",
                type=click.Path(exists=True, dir_okay=False, path_type=Path))  # fmt: skip
@click.option("--tables", type=click.Path(file_okay=False, path_type=Path), metavar="FOLDER",
              help="Write flat tables as Parquet.")  # fmt: skip
@click.option("--graphml", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Write organisations and their relations as a graph.")  # fmt: skip
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path),
              help="Write the facts to a file instead of standard output.")  # fmt: skip
def timeline(
    files: tuple[Path, ...], tables: Path | None, graphml: Path | None, output: Path | None
) -> None:
    """Merge what `lgtalent extract` wrote: one fact a line, with all documents that tell it."""
    import msgspec

    from lgtalent_ie.corpus.timeline import merge
    from lgtalent_ie.corpus.timeline_tables import write_graphml, write_parquet

    merged = merge(pair for file in files for pair in read_documents(file))
    if tables is not None:
        write_parquet(merged, tables)
    if graphml is not None:
        write_graphml(merged, graphml)
    names = {o.id: o.name for o in merged.organizations}
    with open_output(output) as stream:
        for fact in merged.facts:
            row = msgspec.to_builtins(fact)
            for role in ("actors", "partners"):
                row[role] = [names[o] for o in row[role]]
            stream.write(msgspec.json.encode(row).decode() + "\n")


def read_documents(path: Path) -> Iterator[tuple[str, Document]]:
    """The documents of a file of `lgtalent extract`; InputError with the line of a bad one."""
    import msgspec

    from lgtalent_ie.schema import Document

    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            where = f"{path}, line {number}"
            accepted, remedy = "a line that `lgtalent extract` wrote", "extract it again"
            try:
                row = msgspec.json.decode(line)
                name, length = row["id"], int(row["length"])
            except (msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
                raise InputError(f"{where}: {error!r}", accepted, remedy) from error
            try:
                # The records carry the words they need; the text itself is not looked at.
                yield str(name), Document.from_dict(row, row.get("text") or " " * length)
            except InputError as error:
                raise InputError(f"{where}: {error.given}", accepted, remedy) from error
