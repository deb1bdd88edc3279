"""The commands under `lgtalent annotate`: the work of people on marks."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from lgtalent_ie.annotation.tools import FORMATS, UNITS

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group()
def annotate() -> None:
    """Work with people on marks: export, import, serve, agreement, merging."""


@annotate.command()
@click.argument("folders", nargs=-1, required=True, type=FOLDER, metavar="FOLDER FOLDER…")
@click.option("--texts", multiple=True, metavar="FOLDER", type=FOLDER,
              help="Where the articles are; without, records are not compared.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
@click.option("--list", "list_disagreements", is_flag=True, help="Print the disagreements too.")
@click.option("--disagreements", metavar="JSONL", type=click.Path(dir_okay=False, path_type=Path),
              help="Write the disagreements to this file, for someone to settle.")  # fmt: skip
def agree(
    folders: tuple[Path, ...], texts: tuple[Path, ...], as_json: bool, list_disagreements: bool,
    disagreements: Path | None,
) -> int:  # fmt: skip
    """Measure how well annotators agree; each FOLDER holds the gold files of one."""
    from lgtalent_ie.annotation.agree_command import run

    return run(folders, texts, as_json, list_disagreements, disagreements)


@annotate.command()
@click.argument("folders", nargs=-1, required=True, type=FOLDER, metavar="FOLDER FOLDER…")
@click.option("--out", required=True, metavar="FOLDER",
              type=click.Path(file_okay=False, path_type=Path),
              help="Where the merged gold files go.")  # fmt: skip
@click.option("--texts", multiple=True, metavar="FOLDER", type=FOLDER,
              help="Where the articles are: without, more is a disagreement.")  # fmt: skip
@click.option("--decisions", metavar="FILE",
              type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="What was decided: lines of agree --disagreements with `right` filled in, or a "
              "table of id<TAB>name.")  # fmt: skip
@click.option("--prefer", metavar="NAME", help="Whose marks stand where nothing was decided: the "
              "name of a folder.")  # fmt: skip
@click.option("--majority", is_flag=True, help="What more than half agree on needs no decision.")
def merge(
    folders: tuple[Path, ...], out: Path, texts: tuple[Path, ...], decisions: Path | None,
    prefer: str | None, majority: bool,
) -> int:  # fmt: skip
    """Make one folder of gold files from those of two or more annotators."""
    from lgtalent_ie.annotation.merge_command import run

    return run(folders, out, texts, decisions, prefer, majority)


@annotate.command("export")
@click.argument("inputs", nargs=-1, metavar="FILE…")
@click.option("--to", "form", type=click.Choice(FORMATS), required=True, help="The tool's format.")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path),
              help="The file to write, or the folder where the format has one.")  # fmt: skip
@click.option("--number", type=click.IntRange(min=1), metavar="N",
              help="Choose the N most uncertain and most different; else all.")  # fmt: skip
@click.option("--balance", type=click.FloatRange(0, 1), default=0.5, show_default=True,
              help="1: choose by uncertainty alone; 0: by difference alone.")  # fmt: skip
@click.option("--seed", type=int, default=0, show_default=True, help="Settles ties.")
@click.option("--marked", multiple=True, type=FOLDER, metavar="FOLDER",
              help="Gold files: leave out the articles they were made on.")  # fmt: skip
@click.option("--bare", is_flag=True, help="Leave out all marks: nobody sees what the model says.")
@click.option("--gold", type=FOLDER, metavar="FOLDER",
              help="Export these gold files instead, without any model.")  # fmt: skip
@click.option("--texts", multiple=True, type=FOLDER, metavar="FOLDER",
              help="Where the articles of --gold are.")  # fmt: skip
@click.option("--published", metavar="DATE", help="Publication date, for relative dates.")
@click.option("--published-from", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              metavar="TSV", help="Publication dates: file name<TAB>date a line.")  # fmt: skip
@click.option("--model", metavar="FOLDER|ID", help="Model folder or Hugging Face id.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda:0 …")
@click.option("--user-dictionary", type=click.Path(path_type=Path), metavar="TSV",
              help="Names that Kiwi does not know: form<TAB>tag<TAB>score a line.")  # fmt: skip
def export_marks(
    inputs: tuple[str, ...], form: str, output: Path, number: int | None, balance: float,
    seed: int, marked: tuple[Path, ...], bare: bool, gold: Path | None, texts: tuple[Path, ...],
    published: str | None, published_from: Path | None, model: str | None, device: str,
    user_dictionary: Path | None,
) -> int:  # fmt: skip
    """Write articles with the model's marks for people to correct.

    Beside OUTPUT goes OUTPUT.exported.jsonl, with every record and the texts, for the import.
    """
    from lgtalent_ie.annotation.commands import run_export
    from lgtalent_ie.annotation.export import Selection

    if bool(inputs) == bool(gold):
        raise click.UsageError("give either FILE… or --gold FOLDER")
    selection = Selection(number, balance, seed) if number else None
    return run_export(
        inputs, form, output, selection, marked, bare, gold, texts, published, published_from,
        model, device, user_dictionary,
    )  # fmt: skip


@annotate.command("import")
@click.argument("path", type=click.Path(exists=True, path_type=Path), metavar="FILE|FOLDER")
@click.option("--from", "form", type=click.Choice(FORMATS), required=True, help="Its format.")
@click.option("-o", "--output", required=True, metavar="FOLDER",
              type=click.Path(file_okay=False, path_type=Path),
              help="Where the gold files go.")  # fmt: skip
@click.option("--exported", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              metavar="JSONL", help="What was exported: compare, keep its records.")  # fmt: skip
@click.option("--annotator", "annotators", multiple=True, metavar="NAME",
              help="Who marked; else as the file says.")  # fmt: skip
@click.option("--marked-on", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE",
              help="The day they finished; else today, or as the file says.")  # fmt: skip
@click.option("--offsets", type=click.Choice(UNITS),
              help="What the file counts, where it is not what its tool counts.")  # fmt: skip
@click.option("--with-text", is_flag=True, help="Write the texts into the gold files.")
@click.option("--replace", is_flag=True, help="Replace gold files that are there already.")
def import_marks(
    path: Path, form: str, output: Path, exported: Path | None, annotators: tuple[str, ...],
    marked_on: datetime | None, offsets: str | None, with_text: bool, replace: bool,
) -> int:  # fmt: skip
    """Read marks of people back into gold files, and report every change and conflict.

    Exit code 1 where a conflict needs a person.
    """
    from lgtalent_ie.annotation.commands import run_import

    day = marked_on.date() if marked_on else None
    return run_import(
        path, form, output, exported, annotators, day, offsets, with_text, replace
    )  # fmt: skip


@annotate.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=9090, show_default=True, type=click.IntRange(0, 65535))
@click.option("--offsets", type=click.Choice(UNITS[:2]), default=UNITS[0], show_default=True,
              help="utf16 for Label Studio before 1.6.")  # fmt: skip
@click.option("--model", metavar="FOLDER|ID", help="Model folder or Hugging Face id.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda:0 …")
@click.option("--user-dictionary", type=click.Path(path_type=Path), metavar="TSV",
              help="Names that Kiwi does not know: form<TAB>tag<TAB>score a line.")  # fmt: skip
def serve(
    host: str, port: int, offsets: str, model: str | None, device: str,
    user_dictionary: Path | None,
) -> None:  # fmt: skip
    """Answer Label Studio as its machine learning backend.

    There is no password. Label Studio asks loopback and private addresses only where its own
    settings let it: USE_DEFAULT_BANNED_SUBNETS=false, and USER_ADDITIONAL_BANNED_SUBNETS with the
    networks that stay forbidden.
    """
    from lgtalent_ie.annotation.commands import run_serve

    run_serve(host, port, offsets, model, device, user_dictionary)
