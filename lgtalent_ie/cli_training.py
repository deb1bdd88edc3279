"""The commands of `lgtalent` that make models: shards, pretrain, translate, gazetteer, train."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lgtalent_ie.cli_output import open_output

if TYPE_CHECKING:
    from lgtalent_ie.training.objectives import ObjectiveName

# With a teacher's word on every morpheme a sentence of two marks says as much as another.
PARTIAL_SHARE_TAUGHT = 0.4


@click.command()
@click.option("--data", type=click.Path(path_type=Path), required=True,
              help="Folder with konec-*.jsonl, klue-ner-*.jsonl, klue-re-train.jsonl.")  # fmt: skip
@click.option("--annotations", type=click.Path(path_type=Path), help="Folder with own marks.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Model folder.")
@click.option("--pretrained", metavar="FOLDER", type=click.Path(path_type=Path),
              help="Start from an encoder of `lgtalent pretrain`.")  # fmt: skip
@click.option("--translated", type=click.Path(path_type=Path, dir_okay=False),
              help="More KLUE labels, a file of `lgtalent translate`.")  # fmt: skip
@click.option("--vectors", type=click.Path(path_type=Path, dir_okay=False),
              help="Kiwi's vectors, a file of `lgtalent pretrain`.")  # fmt: skip
@click.option("--start", metavar="FOLDER", type=click.Path(path_type=Path),
              help="Go on from this model.")  # fmt: skip
@click.option("--teacher", "teachers", multiple=True, metavar="FOLDER",
              type=click.Path(path_type=Path),
              help="Learn from this model, or from the mean of several.")  # fmt: skip
@click.option("--layers", type=click.IntRange(1), default=1, show_default=True,
              help="Layers of a smaller model that learns from --teacher.")  # fmt: skip
@click.option("--width", type=click.IntRange(2), default=256, show_default=True,
              help="Dimensions of what its encoder hands on.")  # fmt: skip
@click.option("--encoder", metavar="FOLDER|ID", help="Fine-tune this Hugging Face encoder.")
@click.option("--epochs", type=click.IntRange(1), show_default="7, or 3 with --encoder")
@click.option("--learning-rate", type=float, show_default="0.0015, or 0.00003 with --encoder")
@click.option("--pair-epochs", type=click.IntRange(0), default=4, show_default=True,
              help="More, for the head over pairs alone.")  # fmt: skip
@click.option("--minutes", type=float, default=60.0, show_default=True, help="Time limit.")
@click.option("--seed", type=int, default=20, show_default=True)
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True,
              help="Threads of torch.")  # fmt: skip
def train(
    data: Path, annotations: Path | None, out: Path, pretrained: Path | None,
    translated: Path | None, vectors: Path | None, start: Path | None, encoder: str | None,
    teachers: tuple[Path, ...], layers: int, width: int, epochs: int | None,
    learning_rate: float | None, pair_epochs: int, minutes: float, seed: int, threads: int,
) -> None:  # fmt: skip
    """Train a model on labelled sentences and write it as a folder."""
    import torch

    from lgtalent_ie.training.distill import StudentSizes
    from lgtalent_ie.training.finetune import TrainingConfig
    from lgtalent_ie.training.recipe import Sources, train_model

    torch.set_num_threads(threads)
    config = TrainingConfig(
        epochs=epochs or (3 if encoder else 7),
        learning_rate=learning_rate or (3e-5 if encoder else 1.5e-3),
        pair_epochs=pair_epochs,
        minutes=minutes,
        seed=seed,
    )
    if teachers:
        config = replace(config, partial_share=PARTIAL_SHARE_TAUGHT)
    sources = Sources(
        data, annotations, translated, pretrained, vectors, encoder, start, teachers,
        StudentSizes(layers, width),
    )  # fmt: skip
    train_model(sources, out, config, click.echo)


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.argument("out", metavar="OUT.jsonl", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--epochs", type=click.IntRange(1), default=12, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
def translate(data: Path, out: Path, epochs: int, seed: int) -> None:
    """Label the sentences of DATA that only konec labels as KLUE would, for more training data.

    DATA is a folder with konec-*.jsonl and klue-ner-*.jsonl; sentences that are in both teach how.
    """
    from lgtalent_ie.morphemes import Analyzer
    from lgtalent_ie.training.translate import TranslatorConfig, translate_konec

    config = TranslatorConfig(epochs=epochs, seed=seed)
    with open_output(out) as stream:
        translate_konec(data, stream, Analyzer(), config, click.echo)


@click.command()
@click.argument("corpus", type=click.Path(path_type=Path))
@click.argument("out", metavar="OUT.tsv", type=click.Path(dir_okay=False, path_type=Path))
def gazetteer(corpus: Path, out: Path) -> None:
    """Mine names and what they are from sentences of CORPUS that define them.

    CORPUS is a folder of *.txt or *.txt.xz, one paragraph a line; OUT.tsv gets name and label.
    """
    from lgtalent_ie.training.gazetteer import mine
    from lgtalent_ie.training.shards import read_paragraphs

    with open_output(out) as stream:
        for name, label in mine(read_paragraphs(corpus, seed=0)):
            stream.write(f"{name}\t{label}\n")


@click.command()
@click.argument("corpus", type=click.Path(path_type=Path))
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--tokens", type=click.IntRange(1), help="End after about so many morphemes.")
@click.option("--workers", type=click.IntRange(1), default=2, show_default=True,
              help="Threads of Kiwi.")  # fmt: skip
def shards(corpus: Path, folder: Path, tokens: int | None, workers: int) -> None:
    """Analyse raw text (*.txt, *.txt.xz, one paragraph a line) once, for `lgtalent pretrain`.

    The same command again goes on behind the last whole shard.
    """
    from lgtalent_ie.morphemes import Analyzer
    from lgtalent_ie.training.shards import make_shards

    make_shards(corpus, folder, Analyzer(num_workers=workers), click.echo, tokens)


@click.command()
@click.argument("shards", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@click.option("--minutes", type=click.FloatRange(0), default=math.inf, show_default="none",
              help="End early, cleanly; the schedule stays that of --tokens.")  # fmt: skip
@click.option("--tokens", type=click.IntRange(1), show_default="all of the shards once",
              help="Morphemes to read in all.")  # fmt: skip
@click.option("--batch", type=click.IntRange(1), default=4_000, show_default=True,
              help="Morphemes a step; about 131072 on a GPU.")  # fmt: skip
@click.option("--learning-rate", type=click.FloatRange(0, min_open=True),
              show_default="0.002, or 0.001 with attention")  # fmt: skip
@click.option("--objective", type=click.Choice(["guess", "detect"]), default="guess",
              show_default=True, help="Guess hidden words, or detect replaced ones.")  # fmt: skip
@click.option("--share", type=click.FloatRange(0, 1, min_open=True, max_open=True), default=0.25,
              show_default=True, help="Share of the words that is hidden or replaced.")  # fmt: skip
@click.option("--encoder", type=click.Choice(["recurrent", "attention"]), default="recurrent",
              show_default=True)  # fmt: skip
@click.option("--layers", type=click.IntRange(1), show_default="2, or 8 with attention")
@click.option("--width", type=click.IntRange(2), show_default="512",
              help="Dimensions of what the encoder hands on.")  # fmt: skip
@click.option("--heads", type=click.IntRange(1), show_default="width / 64",
              help="Attention heads.")  # fmt: skip
@click.option("--buckets", type=click.IntRange(1), default=32_768, show_default=True,
              help="Rows of the table of character n-grams.")  # fmt: skip
@click.option("--dropout", type=click.FloatRange(0, 1, max_open=True), default=0.0,
              show_default=True)  # fmt: skip
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda:0 …")
@click.option("--threads", type=click.IntRange(1), show_default="torch's own",
              help="Threads of torch.")  # fmt: skip
@click.option("--shard-size", type=click.FloatRange(0, min_open=True), metavar="MIB",
              help="Write the weights in parts of at most this size.")  # fmt: skip
@click.option("--vectors", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Kiwi's vectors: read from this file, or written if there is none.")  # fmt: skip
@click.option("--start", type=click.Path(file_okay=False, path_type=Path), metavar="FOLDER",
              help="Begin with this encoder of an earlier run.")  # fmt: skip
@click.option("--seed", type=int, default=7, show_default=True)
def pretrain(
    shards: Path, out: Path, minutes: float, tokens: int | None, batch: int,
    learning_rate: float | None, objective: ObjectiveName, share: float, encoder: str,
    layers: int | None, width: int | None, heads: int | None, buckets: int, dropout: float,
    device: str, threads: int | None, shard_size: float | None, vectors: Path | None,
    start: Path | None, seed: int,
) -> None:  # fmt: skip
    """Pretrain an encoder on the SHARDS of `lgtalent shards` and write it to the folder OUT.

    The same command again goes on from the checkpoint in OUT. Ctrl-C ends cleanly.
    """
    import torch

    from lgtalent_ie.training.pretrain import PretrainingConfig
    from lgtalent_ie.training.pretrain_command import Sizes, encoder_config, run

    if threads:
        torch.set_num_threads(threads)
    config = PretrainingConfig(
        objective=objective,
        tokens=tokens or 0,
        batch=batch,
        share=share,
        learning_rate=learning_rate or (1e-3 if encoder == "attention" else 2e-3),
        seed=seed,
    )
    sizes = encoder_config(Sizes(encoder, layers, width, heads, buckets, dropout))
    run(
        shards, out, sizes, config, device=device, minutes=minutes, shard_size=shard_size,
        vectors=vectors, start=start,
    )  # fmt: skip
