"""A student learns from its teacher's beliefs, and what it starts from is the teacher's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import analyzer
from tiny_models import tiny_attention_tagger, tiny_pair_tagger, tiny_tagger

from lgtalent_ie.engine.runtime import Runtime
from lgtalent_ie.errors import ModelError
from lgtalent_ie.model.config import MENTION_HEAD, SharedTables
from lgtalent_ie.model.loading import TABLES, save_model
from lgtalent_ie.training.data import Example, Labelled, examples
from lgtalent_ie.training.distill import StudentSizes, student_of, with_beliefs
from lgtalent_ie.training.finetune import TrainingConfig, batch_loss, soft_cross_entropy
from lgtalent_ie.training.recipe import Sources, command, tables_beside

# Nothing is marked: what a student learns of these it has from its teacher.
UNMARKED = [
    Labelled(str(n), f"{name}전자가 연구원을 뽑았다.", {MENTION_HEAD: []}, partial=True)
    for n, name in enumerate(["새별", "한빛", "누리", "가람"])
]


def unmarked() -> list[Example]:
    return list(examples(UNMARKED, analyzer(), 64))


def test_a_student_has_its_own_lstm_and_the_teachers_tables_and_heads_but_none_over_pairs() -> None:
    teacher = tiny_pair_tagger()
    student = student_of(teacher, "small", StudentSizes(layers=1, width=6, dropout=0.0))
    assert student.config.recurrent is not None
    assert (student.config.recurrent.layers, student.config.hidden_size) == (1, 6)
    assert student.config.heads == teacher.config.heads
    assert student.pairs is None and student.config.relations is None
    assert student.vocabulary is teacher.vocabulary
    for table in ("morphemes", "tags", "ngrams"):
        taken, given = getattr(student.encoder, table), getattr(teacher.encoder, table)
        assert torch.equal(taken.weight, given.weight)
    assert not student.encoder.morphemes.weight.requires_grad


def test_shared_tables_stay_as_they_are() -> None:
    shared = SharedTables("base", 1)
    student = student_of(tiny_tagger(), "small", StudentSizes(width=6), shared)
    assert student.config.tables == shared
    trained = {name for name, p in student.named_parameters() if p.requires_grad}
    assert trained and not trained & set(TABLES)


def test_a_student_shares_the_tables_of_a_teacher_beside_it_alone(tmp_path: Path) -> None:
    save_model(tiny_tagger(), tmp_path / "models" / "base")
    beside = tables_beside(tmp_path / "models" / "base", tmp_path / "models" / "fast")
    assert beside is not None and beside.folder == "base"
    assert tables_beside(tmp_path / "models" / "base", tmp_path / "elsewhere" / "fast") is None


def test_what_is_no_lstm_teaches_nobody() -> None:
    with pytest.raises(ModelError, match="no LSTM"):
        student_of(tiny_attention_tagger(), "small", StudentSizes())


def test_beliefs_are_the_teachers_probabilities_of_every_head() -> None:
    teacher = tiny_tagger()
    given = unmarked()
    believed = with_beliefs([teacher], given)
    for before, after in zip(given, believed, strict=True):
        assert replace(after, beliefs={}) == before
        assert set(after.beliefs) == set(teacher.config.heads)
        for head, rows in after.beliefs.items():
            logits = Runtime(teacher, "cpu").logits([after.window], head)[0]
            expected = torch.softmax(torch.from_numpy(logits), dim=1).numpy()
            assert np.abs(rows - expected).max() < 1e-3


def test_beliefs_of_several_teachers_are_their_mean() -> None:
    teachers = [tiny_tagger(seed=1), tiny_tagger(seed=2)]
    given = unmarked()
    alone = [with_beliefs([teacher], given) for teacher in teachers]
    for n, both in enumerate(with_beliefs(teachers, given)):
        expected = (alone[0][n].beliefs[MENTION_HEAD] + alone[1][n].beliefs[MENTION_HEAD]) / 2
        assert np.abs(both.beliefs[MENTION_HEAD] - expected).max() < 2e-3


def test_soft_cross_entropy_of_certain_beliefs_is_that_of_labels() -> None:
    logits = torch.tensor([[1.0, -2.0, 0.5], [0.0, 3.0, 1.0]])
    labels = torch.tensor([2, 1])
    certain = torch.nn.functional.one_hot(labels, 3).float()
    expected = torch.nn.functional.cross_entropy(logits, labels, reduction="sum")
    assert torch.isclose(soft_cross_entropy(logits, certain), expected)


def test_the_loss_is_least_where_the_student_believes_what_the_teacher_does() -> None:
    teacher = tiny_tagger()
    believed = with_beliefs([teacher], unmarked())
    config = TrainingConfig(word_dropout=0.0, belief_share=1.0)

    def loss_of(tagger: torch.nn.Module) -> float:
        prepared = [tagger.prepare(e.window) for e in believed]  # type: ignore[operator]
        with torch.inference_mode():
            return float(batch_loss(tagger, prepared, believed, config))  # type: ignore[arg-type]

    assert loss_of(teacher) < loss_of(tiny_tagger(seed=1)) - 1e-4


def test_a_student_comes_to_say_what_its_teacher_says() -> None:
    teacher = tiny_tagger(seed=4)
    believed = with_beliefs([teacher], unmarked())
    torch.manual_seed(0)
    student = student_of(teacher, "small", StudentSizes(layers=1, width=8, dropout=0.0))
    windows = [example.window for example in believed]

    def distance() -> float:
        pairs = zip(
            Runtime(student, "cpu").logits(windows),
            Runtime(teacher, "cpu").logits(windows),
            strict=True,
        )
        tables = [
            (torch.softmax(torch.from_numpy(x), 1), torch.softmax(torch.from_numpy(y), 1))
            for x, y in pairs
        ]
        return max(float((mine - theirs).abs().max()) for mine, theirs in tables)

    before = distance()
    config = TrainingConfig(word_dropout=0.0, belief_share=1.0)
    parameters = [p for p in student.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(parameters, lr=3e-2)
    prepared = [student.prepare(example.window) for example in believed]
    for _ in range(60):
        optimizer.zero_grad()
        batch_loss(student, prepared, believed, config).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    assert distance() < before / 2


def test_a_student_is_made_by_the_recipe(tmp_path: Path) -> None:
    sources = Sources(tmp_path, teachers=(tmp_path / "base",), student=StudentSizes(2, 64))
    assert "--teacher MODEL --layers 2 --width 64" in command(sources, TrainingConfig())


def test_marks_by_hand_go_before_beliefs() -> None:
    teacher = tiny_pair_tagger()
    own = Labelled("own", "새별전자가 연구원을 뽑았다.", {MENTION_HEAD: [(0, 4, "ORG")]}, own=True)
    training = list(examples([own, *UNMARKED], analyzer(), 64))
    believed, certain = (with_beliefs([teacher], training, c) for c in ((), {"own"}))
    for head in believed[0].beliefs:
        same = (believed[0].beliefs[head] == certain[0].beliefs[head]).all()
        assert same == (head != MENTION_HEAD)
    rows = certain[0].beliefs[MENTION_HEAD]
    assert rows.argmax(1).tolist() == certain[0].targets[MENTION_HEAD].tolist()
    assert set(rows.max(1)) == {1.0} and set(rows.sum(1)) == {1.0}
    for one, other in zip(believed[1:], certain[1:], strict=True):
        assert all((one.beliefs[h] == other.beliefs[h]).all() for h in one.beliefs)
