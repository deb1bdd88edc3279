"""Models that learn from other models (Hinton et al. 2015): a small one, for CPUs, from a large,
or one from several, of which it becomes as good as their mean.

A teacher says of every morpheme of the training sentences how likely each tag is, also where the
data is silent (the film of a KLUE-RE sentence whose two entities alone are marked, the konec labels
of a sentence of KLUE). The student learns from both: what is marked and what the teacher believes.
It has the teacher's vocabulary and tables; where both models stand side by side it keeps them as
they are and needs none of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lgtalent_ie.engine.runtime import Runtime
from lgtalent_ie.errors import ModelError
from lgtalent_ie.model.config import MENTION_HEAD, ModelConfig, SharedTables
from lgtalent_ie.model.decoding import log_softmax
from lgtalent_ie.model.loading import AnyTagger
from lgtalent_ie.model.tagger import RecurrentTagger
from lgtalent_ie.training.data import Example
from lgtalent_ie.training.labels import IGNORED

# Sentences that the teacher reads at a time, to bound memory.
READ_TOGETHER = 2000


@dataclass(frozen=True, slots=True)
class StudentSizes:
    """A student's LSTM; `width` is what its two directions hand on together."""

    layers: int = 1
    width: int = 256
    dropout: float = 0.15


SMALL = StudentSizes()


def student_of(
    teacher: AnyTagger, name: str, sizes: StudentSizes, shared: SharedTables | None = None
) -> RecurrentTagger:
    """An untrained student whose tables are the teacher's; where they are shared they stay so.

    It has no head over pairs, which takes as long as a small model's encoder.

    Raises ModelError where the teacher is no compact LSTM.
    """
    config = teacher.config
    if not isinstance(teacher, RecurrentTagger) or config.recurrent is None:
        raise ModelError(
            f"a teacher {config.name} that is no LSTM", "a model of `lgtalent train`",
            "train one without --encoder first",
        )  # fmt: skip
    recurrent = replace(
        config.recurrent,
        layers=sizes.layers,
        hidden_size=sizes.width // 2,
        dropout=sizes.dropout,
    )
    student = RecurrentTagger(
        ModelConfig(
            name, config.revision, recurrent=recurrent, heads=config.heads,
            longest=config.longest, tables=shared,
        ),
        teacher.vocabulary,
    )  # fmt: skip
    tables = {
        name: tensor
        for name, tensor in teacher.encoder.state_dict().items()
        if not name.startswith("lstm.")
    }
    student.encoder.load_state_dict(tables, strict=False)
    if shared is not None:
        for table in (student.encoder.ngrams, student.encoder.tags):
            table.weight.requires_grad_(False)
    return student


def with_beliefs(
    teachers: Sequence[AnyTagger],
    training: Sequence[Example],
    certain: Collection[str] = frozenset(),
) -> list[Example]:
    """The examples with the teachers' tag probabilities: float16 [N, tags] for each head.

    Of several teachers it is their mean, which is right more often than any of them. `certain` are
    ids of sentences whose mentions were marked by hand: their labels go before any belief.
    """
    runtimes = [Runtime(teacher, device=str(teacher.device)) for teacher in teachers]
    softened: list[Example] = []
    for start in range(0, len(training), READ_TOGETHER):
        some = training[start : start + READ_TOGETHER]
        windows = [example.window for example in some]
        read = [(runtime, runtime.states(windows)) for runtime in runtimes]
        beliefs = {
            head: [
                mean_probabilities(rows)
                for rows in zip(*(r.head_logits(states, head) for r, states in read), strict=True)
            ]
            for head in teachers[0].config.heads
        }
        for n, example in enumerate(some):
            own = {head: rows[n] for head, rows in beliefs.items()}
            if example.id in certain:
                own[MENTION_HEAD] = marked(own[MENTION_HEAD], example.targets[MENTION_HEAD])
            softened.append(replace(example, beliefs=own))
    return softened


def marked(beliefs: NDArray[np.float16], tags: NDArray[np.int64]) -> NDArray[np.float16]:
    """Beliefs [N, tags] with certainty where a tag is known; tag numbers [N], IGNORED or known."""
    known = np.flatnonzero(tags != IGNORED)
    sure = beliefs.copy()
    sure[known] = 0
    sure[known, tags[known]] = 1
    return sure


def mean_probabilities(logits: Sequence[NDArray[np.float32]]) -> NDArray[np.float16]:
    """[N, tags] of each teacher → [N, tags]."""
    mean: NDArray[np.float16] = np.mean(
        [np.exp(log_softmax(own)) for own in logits], axis=0
    ).astype(np.float16)
    return mean
