"""The model card: what a model is made of, what it scores, how to make it again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from lgtalent_ie.evaluation.spans import Score
from lgtalent_ie.model.config import ModelConfig

CARD_FILE = "MODEL_CARD.md"

CARD = """\
---
language: ko
license: cc-by-sa-4.0
library_name: lgtalent_ie
pipeline_tag: token-classification
tags: [korean, named-entity-recognition, news]
---

# {name}

Finds mentions of organisations, persons, titles, locations, events, products, dates, times and
quantities in Korean press text, one label and one score per mention. Part of `lgtalent_ie`, which
makes the mentions into records; the weights are of no use without its morpheme analysis.

{architecture}

## Scores

Strict: start, end and label must all be right. Measured on {day} on the dev sentences of the
data, which picked the epoch and were not trained on. `mentions`: the nine labels against konec's
gold mapped by the table of the training data, so that `TITLE`, `EVENT` and `PRODUCT` count only
where that table is certain. `own`: the nine labels against a tenth of this project's own marks,
which follow the guidelines to the letter. `konec`, `klue`: the auxiliary heads on those labels.
`klue_re`: KLUE-RE's labels of given pairs, `no_relation` left out of the score, its logit shifted
as the config says. `relations`: the guidelines' relations between the gold mentions of `own`, from
a score of one half. `lgtalent evaluate klue-ner|klue-re|konec` scores by the published protocols.

{calibration}

{tables}

## Data

| what | licence |
|---|---|
| konec: the KLUE-NER sentences with fine-grained labels, mapped to the nine | CC BY-SA 4.0 |
| KLUE-NER v1.1, the first 5,000 training sentences | CC BY-SA 4.0 |
| KLUE-RE v1.1, training sentences: relations, entity types as partial labels | CC BY-SA 4.0 |
| {own} sentences that this project marked itself, of these or of its own writing | CC BY-SA 4.0 |
{raw_text}| Kiwi's morpheme vectors (kiwipiepy_model) | Apache 2.0 |

The weights are released under CC BY-SA 4.0. Half of the konec sentences are film reviews, the rest
is news of 2012–2019; younger names are found by their characters and surroundings only.
The project's own marks were made by language models following the guidelines, not by people.

## Making it again

    {command}

The run is seeded.
"""

RAW_TEXT = """\
| raw text: Korean Wikipedia, Wikinews, UNESCO reports, news | CC BY-SA 3.0, CC BY 2.5 |
| … book reviews, tales, treebanks, documentation | CC BY 4.0, CC BY-SA 4.0, GPL-3 |
| … film reviews (NSMC), petitions, statutes | CC0, public domain |
"""


def write_card(
    config: ModelConfig,
    scores: Mapping[str, Mapping[str, Score]],
    own: int,
    command: str,
    folder: Path,
    pretrained: bool = False,
    calibration: str = "",
) -> None:
    """Write the card of a model into its folder.

    `calibration` is a sentence about the scores, `pretrained` says that raw text was read first.
    """
    tables = "\n\n".join(f"### {head}\n\n{score_table(rows)}" for head, rows in scores.items())
    card = CARD.format(
        name=config.name,
        architecture=describe(config),
        day=date.today().isoformat(),
        tables=tables,
        own=f"{own:,}",
        command=command,
        raw_text=RAW_TEXT if pretrained else "",
        calibration=calibration,
    )
    (folder / CARD_FILE).write_text(card, encoding="utf-8")


def describe(config: ModelConfig) -> str:
    """The architecture in a sentence."""
    if config.recurrent is not None:
        sizes = config.recurrent
        return (
            f"A two-way LSTM of {sizes.layers} layers, {sizes.hidden_size} units each way, over\n"
            f"Kiwi's {sizes.morpheme_size}-dimensional morpheme vectors (frozen), word classes\n"
            "and hashed character n-grams; linear BIO heads; constrained decoding."
        )
    if config.attention is not None:
        shape = config.attention
        return (
            f"A transformer of {shape.layers} layers, {shape.width} dimensions and "
            f"{shape.heads} heads, over\n"
            f"Kiwi's {shape.morpheme_size}-dimensional morpheme vectors (frozen), word classes\n"
            "and hashed character n-grams; linear BIO heads; constrained decoding."
        )
    assert config.pretrained is not None
    return (
        f"A fine-tuned Hugging Face encoder ({config.pretrained.hidden_size} dimensions) with\n"
        "linear BIO heads over the first subword of each morpheme; constrained decoding."
    )


def score_table(rows: Mapping[str, Score]) -> str:
    """A Markdown table of scores in points, a row per label."""
    lines = ["| label | precision | recall | F1 | gold |", "|---|---|---|---|---|"]
    for label, score in rows.items():
        points = (score.precision, score.recall, score.f1)
        lines.append(f"| {label} | {' | '.join(f'{100 * p:.1f}' for p in points)} | {score.gold} |")
    return "\n".join(lines)
