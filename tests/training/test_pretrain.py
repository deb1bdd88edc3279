"""Runs learn, stop, go on and fail without losing what was learnt."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
import torch
from tiny_shards import SIZES, Tiny, load_tiny, tiny_shards
from torch import Tensor, nn

from lgtalent_ie.errors import DataError, ModelError
from lgtalent_ie.training import checkpoints
from lgtalent_ie.training import pretrain as module
from lgtalent_ie.training.checkpoints import CHECKPOINT_FILE, PretrainingError
from lgtalent_ie.training.objectives import Objective, ObjectiveName
from lgtalent_ie.training.pretrain import PretrainingConfig, ahead, layer_weights, pretrain, rate

CONFIG = PretrainingConfig(tokens=6_000, batch=300, sampled=16, learning_rate=1e-2)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    return load_tiny(tiny_shards(tmp_path_factory.mktemp("shards")))


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOG_EVERY", 1)


class Run:
    """One run with its losses, from the same start as every other."""

    def __init__(self, tiny: Tiny, folder: Path, config: PretrainingConfig = CONFIG) -> None:
        self.encoder, self.objective = tiny.encoder(), tiny.objective(config.objective)
        self.tiny, self.folder, self.config = tiny, folder, config
        self.losses: list[float] = []
        self.lines: list[dict[str, float]] = []

    def log(self, line: str) -> None:
        self.lines.append(json.loads(line))
        self.losses.append(self.lines[-1]["loss"])

    def go(self, stop: Callable[[], bool] = module.never, minutes: float = 60) -> int:
        return pretrain(
            self.encoder, self.objective, self.tiny.shards, self.config, self.folder, self.log,
            minutes=minutes, stop=stop,
        )  # fmt: skip

    def weights(self) -> dict[str, Tensor]:
        parts = {"encoder": self.encoder, "head": self.objective.head}
        return nn.ModuleDict(parts).state_dict()


def after(steps: int) -> Callable[[], bool]:
    asked = count()
    return lambda: next(asked) >= steps


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[n], other[n]) for n in one)


@pytest.mark.parametrize("name", ["guess", "detect"])
def test_a_small_corpus_is_learnt(tiny: Tiny, tmp_path: Path, name: ObjectiveName) -> None:
    run = Run(tiny, tmp_path, replace(CONFIG, objective=name, tokens=24_000))
    frozen = run.encoder.morphemes.weight.clone()
    run.go()
    assert sum(run.losses[-5:]) < 0.6 * sum(run.losses[:5])
    assert torch.equal(run.encoder.morphemes.weight, frozen)


def test_the_log_says_how_far_and_how_fast(tiny: Tiny, tmp_path: Path) -> None:
    run = Run(tiny, tmp_path)
    steps = run.go()
    assert [line["step"] for line in run.lines] == list(range(1, steps + 1))
    assert run.lines[-1]["tokens"] >= run.lines[-1]["of"] == 6_000
    assert run.lines[-2]["tokens"] < 6_000
    assert all(line["tokens_per_second"] > 0 for line in run.lines)


def test_the_last_steps_are_logged_too(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOG_EVERY", 15)
    run = Run(tiny, tmp_path)
    steps = run.go()
    assert steps % 15 and [line["step"] for line in run.lines] == [15, steps]


@pytest.mark.parametrize("name", ["guess", "detect"])
def test_a_run_taken_up_again_is_the_run_that_never_stopped(
    tiny: Tiny, tmp_path: Path, name: ObjectiveName
) -> None:
    config = replace(CONFIG, objective=name)
    whole = Run(tiny, tmp_path / "whole", config)
    steps = whole.go()
    losses: list[float] = []
    for stop in (after(3), after(9), module.never):
        part = Run(tiny, tmp_path / "parts", config)
        done = part.go(stop)
        losses += part.losses
    assert done == steps and losses == whole.losses
    assert same(part.weights(), whole.weights())


def test_dropout_is_taken_up_too(tiny: Tiny, tmp_path: Path) -> None:
    def dropped(run: Run) -> Run:
        run.encoder.dropout.p = 0.3
        return run

    whole = dropped(Run(tiny, tmp_path / "whole"))
    whole.go()
    dropped(Run(tiny, tmp_path / "parts")).go(after(4))
    rest = dropped(Run(tiny, tmp_path / "parts"))
    rest.go()
    assert whole.losses[4:] == rest.losses and same(rest.weights(), whole.weights())


@pytest.mark.gpu
@pytest.mark.parametrize("name", ["guess", "detect"])
def test_a_gpu_learns_and_a_cpu_goes_on(tiny: Tiny, tmp_path: Path, name: ObjectiveName) -> None:
    config = replace(CONFIG, objective=name, tokens=24_000)
    first = Run(tiny, tmp_path, config)
    first.encoder.cuda()
    first.go(after(60))
    rest = Run(tiny, tmp_path, config)
    rest.go()
    assert sum(rest.losses[-5:]) < 0.8 * sum(first.losses[:5])


def test_a_finished_run_has_nothing_more_to_do(tiny: Tiny, tmp_path: Path) -> None:
    run = Run(tiny, tmp_path)
    steps = run.go()
    again = Run(tiny, tmp_path)
    assert again.go() == steps and again.losses == []
    assert same(again.weights(), run.weights())


def test_minutes_end_a_run_early(tiny: Tiny, tmp_path: Path) -> None:
    assert Run(tiny, tmp_path).go(minutes=0) == 0
    assert (tmp_path / CHECKPOINT_FILE).exists()


def test_frozen_vectors_are_not_in_the_checkpoint(tiny: Tiny, tmp_path: Path) -> None:
    run = Run(tiny, tmp_path)
    run.go(after(1))
    with checkpoints.safe_open(tmp_path / CHECKPOINT_FILE, "pt") as file:
        names = set(file.keys())
    assert "model/encoder.tags.weight" in names and "model/head.scale" in names
    assert not any("morphemes" in name or "vectors" in name for name in names)


def other_seed(run: Run) -> None:
    run.config = replace(run.config, seed=1)


def other_tokens(run: Run) -> None:
    run.config = replace(run.config, tokens=7_000)


def other_sizes(run: Run) -> None:
    run.encoder.tags = nn.Embedding(len(run.encoder.tags.weight), SIZES.tag_size + 4)


def other_head(run: Run) -> None:
    run.objective = Run(run.tiny, run.folder, replace(CONFIG, objective="detect")).objective


CHANGES = {
    "seed 7.*seed 1": other_seed,
    "tokens 6000.*tokens 7000": other_tokens,
    "encoder.tags.weight": other_sizes,
    "head": other_head,
}


@pytest.mark.parametrize("message, change", CHANGES.items(), ids=CHANGES.keys())
def test_a_checkpoint_of_another_run_is_refused(
    tiny: Tiny, tmp_path: Path, message: str, change: Callable[[Run], None]
) -> None:
    Run(tiny, tmp_path).go(after(2))
    other = Run(tiny, tmp_path)
    change(other)
    before = (tmp_path / CHECKPOINT_FILE).read_bytes()
    with pytest.raises(ModelError, match=message):
        other.go()
    assert (tmp_path / CHECKPOINT_FILE).read_bytes() == before


def test_a_checkpoint_that_lacks_something_is_refused(tiny: Tiny, tmp_path: Path) -> None:
    Run(tiny, tmp_path).go(after(2))
    path = tmp_path / CHECKPOINT_FILE
    with checkpoints.safe_open(path, "pt") as file:
        about = file.metadata()
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    del tensors["optimizer/encoder.tags.weight/exp_avg"]
    checkpoints.save_file(tensors, path, metadata=about)
    with pytest.raises(ModelError, match=r"tags\.weight/exp_avg of no shape"):
        Run(tiny, tmp_path).go()


def test_a_damaged_checkpoint_is_named(tiny: Tiny, tmp_path: Path) -> None:
    Run(tiny, tmp_path).go(after(1))
    path = tmp_path / CHECKPOINT_FILE
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ModelError, match=r"checkpoint\.safetensors"):
        Run(tiny, tmp_path).go()


class Breaking(nn.Module):
    """A head whose loss is no number from some step on."""

    def __init__(self, head: nn.Module, good: int) -> None:
        super().__init__()
        self.head, self.left = head, good

    def forward(self, states: Tensor, targets: Tensor) -> Tensor:
        self.left -= 1
        loss: Tensor = self.head(states, targets)
        return loss if self.left >= 0 else loss * torch.nan


@pytest.mark.parametrize("log_every", [1, 50])
def test_a_loss_that_is_no_number_keeps_the_last_checkpoint(
    tiny: Tiny, tmp_path: Path, log_every: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOG_EVERY", log_every)

    def broken(good: int) -> Run:
        run = Run(tiny, tmp_path)
        run.objective = Objective(run.objective.corrupt, Breaking(run.objective.head, good))
        return run

    broken(good=99).go(after(3))
    before = (tmp_path / CHECKPOINT_FILE).read_bytes()
    with pytest.raises(PretrainingError, match="loss nan at step 5"):
        broken(good=2).go()
    assert (tmp_path / CHECKPOINT_FILE).read_bytes() == before


def test_weights_that_are_no_numbers_are_not_kept(tiny: Tiny, tmp_path: Path) -> None:
    Run(tiny, tmp_path).go(after(2))
    before = (tmp_path / CHECKPOINT_FILE).read_bytes()
    run = Run(tiny, tmp_path)

    def spoil(line: str) -> None:
        if json.loads(line)["step"] == 4:
            with torch.no_grad():
                run.encoder.tags.weight[-1, -1] = torch.inf

    run.log = spoil  # type: ignore[method-assign]
    with pytest.raises(PretrainingError, match="weights that are no numbers at step 4"):
        run.go(after(2))
    assert (tmp_path / CHECKPOINT_FILE).read_bytes() == before


def test_a_full_disk_keeps_the_last_checkpoint(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Run(tiny, tmp_path).go(after(2))
    before = (tmp_path / CHECKPOINT_FILE).read_bytes()

    def full(tensors: object, path: Path, metadata: object) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoints, "save_file", full)
    with pytest.raises(PretrainingError, match=r"No space left on device.*make room"):
        Run(tiny, tmp_path).go(after(2))
    assert [p.name for p in tmp_path.iterdir()] == [CHECKPOINT_FILE]
    assert (tmp_path / CHECKPOINT_FILE).read_bytes() == before


def test_a_shard_that_goes_missing_is_named_where_it_is_read(tiny: Tiny, tmp_path: Path) -> None:
    run = Run(load_tiny(tiny_shards(tmp_path)), tmp_path / "out")
    (run.tiny.shards / "shard-0000.ids.npy").unlink()
    with pytest.raises(DataError, match=r"shard-0000\.ids\.npy"):
        run.go()


@pytest.mark.parametrize("threads", [1, 4])
def test_batches_are_made_ahead_in_their_order(threads: int) -> None:
    taken: list[int] = []

    def numbers() -> Iterator[int]:
        for number in count():
            taken.append(number)
            yield number

    items = ahead(lambda number: -number, numbers(), threads)
    assert [next(items) for _ in range(10)] == [-n for n in range(10)]
    items.close()
    assert taken == list(range(10 + module.BATCHES_AHEAD))
    assert list(ahead(str, iter([1, 2]), threads)) == ["1", "2"]


def test_the_rate_rises_then_falls_to_a_twentieth() -> None:
    assert rate(0, 0.1) == 0 and rate(0.05, 0.1) == pytest.approx(0.5)
    assert rate(0.1, 0.1) == 1 and rate(1, 0.1) == pytest.approx(0.05)


def test_only_layers_count_for_the_share_of_the_peak(tiny: Tiny) -> None:
    encoder = tiny.encoder()
    in_lstm = sum(p.numel() for p in encoder.lstm.parameters())  # type: ignore[union-attr]
    assert layer_weights(encoder) == in_lstm
