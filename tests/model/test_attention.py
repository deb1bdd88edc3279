"""The attention encoder reads many windows at once as it reads each alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import make_reading
from torch import Tensor

from lgtalent_ie.engine.runtime import Runtime
from lgtalent_ie.errors import ModelError
from lgtalent_ie.model import attention
from lgtalent_ie.model import windows as windows_module
from lgtalent_ie.model.config import (
    MENTION_HEAD,
    AttentionConfig,
    ModelConfig,
    PretrainedConfig,
    RecurrentConfig,
    bio_tags,
)
from lgtalent_ie.model.loading import load_model, save_model
from lgtalent_ie.model.pieces import TAGS, Pieces, Vocabulary, join_pieces
from lgtalent_ie.model.tagger import RecurrentTagger, WindowText
from lgtalent_ie.schema import LABELS

SIZES = AttentionConfig(
    morpheme_size=8, tag_size=8, ngram_size=8, ngram_buckets=64, width=64, layers=2, heads=4,
    feed_forward=48, dropout=0.0,
)  # fmt: skip
VOCABULARY = Vocabulary([("연구원", "NNG"), ("", "SN"), ("이", "JKS"), ("명", "NNB")])
UNEVEN = (7, 1, 90, 2, 33, 1)
EVEN = (12, 12, 12)
TEXTS = ("새별전자는 지난달 연구원 12명을 뽑았다.", "명단.", "올해 박사급 연구원이 합류했다. " * 4)


def small_tagger(**changes: int) -> RecurrentTagger:
    torch.manual_seed(0)
    config = ModelConfig("tiny", "1", attention=replace(SIZES, **changes))
    return RecurrentTagger(config, VOCABULARY).eval()


def random_window(length: int, seed: int) -> Pieces:
    random = np.random.default_rng(seed)
    counts = random.integers(0, 5, size=length)
    return Pieces(
        morphemes=random.integers(0, len(VOCABULARY), size=length),
        tags=random.integers(0, 2 * len(TAGS), size=length),
        ngrams=random.integers(0, SIZES.ngram_buckets, size=counts.sum()),
        offsets=np.cumsum(counts) - counts,
        lengths=np.array([length]),
    )


def random_windows(lengths: Sequence[int]) -> list[Pieces]:
    return [random_window(length, seed) for seed, length in enumerate(lengths)]


def read(tagger: RecurrentTagger, windows: Sequence[Pieces]) -> Tensor:
    with torch.no_grad():
        return tagger.hidden(windows)


def by_hand(
    queries: Tensor, keys: Tensor, values: Tensor, from_: Tensor, to: Tensor, *longest: int
) -> Tensor:
    """Attention over packed windows as its formula says, a window at a time."""
    assert torch.equal(from_, to)
    assert set(longest) == {int(from_.diff().max())}
    parts = []
    for start, end in zip(from_[:-1].tolist(), from_[1:].tolist(), strict=True):
        q, k, v = (x[start:end].float().transpose(0, 1) for x in (queries, keys, values))
        weights = torch.softmax(q @ k.transpose(1, 2) / q.shape[-1] ** 0.5, dim=-1)  # [H, n, n]
        parts.append((weights @ v).transpose(0, 1))
    return torch.cat(parts).to(queries.dtype)


@pytest.mark.parametrize("lengths", [UNEVEN, EVEN, (1,), (1, 1)])
def test_together_equals_one_window_at_a_time(lengths: Sequence[int]) -> None:
    tagger, windows = small_tagger(), random_windows(lengths)
    alone = torch.cat([read(tagger, [window]) for window in windows])
    together = read(tagger, windows)
    assert together.shape == (sum(lengths), SIZES.width)
    assert torch.allclose(together, alone, atol=1e-5)


@pytest.mark.parametrize("lengths", [UNEVEN, EVEN])
def test_it_computes_what_the_formula_says(
    lengths: Sequence[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    tagger, windows = small_tagger(), random_windows(lengths)
    through_blocks = read(tagger, windows)
    monkeypatch.setattr(windows_module, "packed_attention", lambda *_: by_hand)
    assert torch.allclose(read(tagger, windows), through_blocks, atol=1e-5)


@pytest.mark.parametrize("lengths", [UNEVEN, EVEN])
def test_windows_do_not_see_each_other(lengths: Sequence[int]) -> None:
    tagger, windows = small_tagger(), random_windows(lengths)
    before = read(tagger, windows).split(lengths)
    windows[2] = random_window(lengths[2], seed=99)
    after = read(tagger, windows).split(lengths)
    for number, (one, other) in enumerate(zip(before, after, strict=True)):
        assert torch.allclose(one, other, atol=1e-6) is (number != 2)


def test_every_morpheme_of_a_window_sees_every_other() -> None:
    tagger, window = small_tagger(), random_window(40, seed=0)
    before = read(tagger, [window])
    window.tags[-1] = (window.tags[-1] + 2) % (2 * len(TAGS))
    assert ((read(tagger, [window]) - before).abs().amax(1) > 1e-6).all()


def test_order_matters_and_only_distances_count() -> None:
    tagger = small_tagger()
    a, b = random_window(1, seed=5), random_window(1, seed=6)

    def states(*parts: Pieces) -> Tensor:
        window = join_pieces(parts)
        return read(tagger, [replace(window, lengths=np.array([len(parts)]))])

    assert not torch.allclose(states(a, a, b)[0], states(a, b, a)[0], atol=1e-4)
    turned = attention.turns(torch.arange(9), 16, torch.float32)
    same = torch.randn(16).expand(9, 2, 1, 16)
    rotated = attention.rotate(same, turned)[:, 0, 0]  # [9, 16]
    products = rotated @ rotated.T
    for distance in range(9):
        diagonal = products.diagonal(distance)
        assert torch.allclose(diagonal, diagonal[:1].expand_as(diagonal), atol=1e-4)


def test_near_places_turn_fast_pairs_and_far_ones_slow_pairs() -> None:
    cosines, sines = attention.turns(torch.tensor([0, 3]), 4, torch.float32)  # [2, 1, 1, 2]
    angles = torch.atan2(sines, cosines)[:, 0, 0]
    assert torch.allclose(angles, torch.tensor([[0.0, 0.0], [3.0, 0.03]]), atol=1e-6)


def test_a_lone_morpheme_passes_a_layer_as_the_formula_says() -> None:
    [layer, _] = small_tagger().encoder.layers
    state = torch.randn(1, SIZES.width)
    cpu = torch.device("cpu")
    windows = windows_module.place_windows(torch.tensor([1]), 1, 16, cpu, state.dtype)

    def norm(x: Tensor) -> Tensor:
        return torch.nn.functional.layer_norm(x, x.shape[-1:])

    _, _, value = (norm(state) @ layer.queries_keys_values.weight.T).chunk(3, dim=-1)
    middle = state + value @ layer.attention_out.weight.T
    left, right = (norm(middle) @ layer.unit_in.weight.T).chunk(2, dim=-1)
    gate = right * (1 + torch.erf(right / 2**0.5)) / 2
    after = middle + (left * gate) @ layer.unit_out.weight.T
    turned = attention.turns(windows.places, 16, state.dtype)
    assert torch.allclose(layer(state, windows, turned), after, atol=1e-5)


def test_training_reaches_the_ngrams_and_leaves_the_morphemes() -> None:
    tagger = small_tagger(dropout=0).train()
    tagger.logits(tagger.hidden(random_windows(UNEVEN)), MENTION_HEAD).square().mean().backward()
    assert tagger.encoder.morphemes.weight.grad is None
    rest = {n: p for n, p in tagger.named_parameters() if n != "encoder.morphemes.weight"}
    assert {n for n, p in rest.items() if p.grad is None or p.grad.abs().sum() == 0} == set()


def test_a_loaded_model_answers_like_the_saved_one(tmp_path: Path) -> None:
    tagger = small_tagger()
    save_model(tagger, tmp_path / "tiny")
    loaded = load_model(tmp_path / "tiny")
    assert loaded.config == tagger.config
    windows = random_windows(UNEVEN)
    before, after = (t.logits(read(t, windows), MENTION_HEAD) for t in (tagger, loaded))
    assert torch.allclose(after, before, atol=3e-2)


def test_the_tables_are_called_as_in_the_recurrent_encoder() -> None:
    recurrent = RecurrentConfig(8, 8, 8, 64, hidden_size=8, layers=1)
    one = RecurrentTagger(ModelConfig("tiny", "1", recurrent=recurrent), VOCABULARY)
    other = small_tagger()
    tables = {f"encoder.{table}.weight" for table in ("morphemes", "tags", "ngrams")}
    assert tables <= one.state_dict().keys() & other.state_dict().keys()
    rest = one.state_dict().keys() - tables
    assert all(name.startswith(("encoder.lstm.", "heads.")) for name in rest)


@pytest.mark.parametrize("width, heads", [(100, 3), (100, 25), (64, 0), (1024, 2)])
def test_heads_that_do_not_share_the_width_are_refused(width: int, heads: int) -> None:
    with pytest.raises(ModelError, match=f"width {width} with {heads} heads"):
        AttentionConfig(width=width, heads=heads)


ENCODERS = {
    "none": {"attention": None},
    "recurrent too": {"recurrent": RecurrentConfig()},
    "pretrained too": {"pretrained": PretrainedConfig(8, 8)},
}


@pytest.mark.parametrize("changes", ENCODERS.values(), ids=ENCODERS.keys())
def test_a_model_has_exactly_one_encoder(changes: dict[str, object], tmp_path: Path) -> None:
    tagger = small_tagger()
    tagger.config = replace(tagger.config, **changes)  # type: ignore[arg-type]
    save_model(tagger, tmp_path / "tiny")
    with pytest.raises(ModelError, match="exactly one encoder"):
        load_model(tmp_path / "tiny")


def test_a_folder_with_wrong_heads_is_named(tmp_path: Path) -> None:
    save_model(small_tagger(), tmp_path / "tiny")
    path = tmp_path / "tiny" / "config.json"
    config = json.loads(path.read_text())
    config["attention"]["heads"] = 7
    path.write_text(json.dumps(config))
    with pytest.raises(ModelError, match="width 64 with 7 heads") as error:
        load_model(tmp_path / "tiny")
    assert str(path) in str(error.value)


# On a GPU ---------------------------------------------------------------------------------------

needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")


def text_windows() -> list[WindowText]:
    return [
        WindowText(text, [m for s in make_reading(text).sentences for m in s.morphemes])
        for text in TEXTS
    ]


def states_and_gradients(tagger: RecurrentTagger, windows: Sequence[Pieces]) -> list[Tensor]:
    tagger.zero_grad()
    with torch.autocast("cuda", torch.bfloat16):
        states = tagger.hidden(windows)
    # Squares alone would have no gradient behind a norm.
    (states.sum(0) @ torch.linspace(-1, 1, SIZES.width, device=states.device)).backward()
    trained = [p.grad.clone() for p in tagger.encoder.parameters() if p.grad is not None]
    return [states.detach().float(), *trained]


@pytest.mark.gpu
@needs_gpu
@pytest.mark.parametrize("lengths", [UNEVEN, EVEN, (256, 1)])
def test_the_packed_kernel_equals_the_block(
    lengths: Sequence[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    tagger, windows = small_tagger().cuda(), random_windows(lengths)
    assert windows_module.packed_attention(torch.device("cuda:0"), torch.bfloat16, 16) is not None
    packed = states_and_gradients(tagger, windows)
    monkeypatch.setattr(windows_module, "packed_attention", lambda *_: None)
    blocked = states_and_gradients(tagger, windows)
    for one, other in zip(packed, blocked, strict=True):
        assert (one - other).norm() < 0.03 * other.norm()


@pytest.mark.gpu
@needs_gpu
def test_the_gpu_gives_the_labels_of_the_cpu() -> None:
    on_cpu = np.concatenate(Runtime(small_tagger(), "cpu").logits(text_windows()))
    on_gpu = np.concatenate(Runtime(small_tagger(), "cuda").logits(text_windows()))
    assert on_gpu.dtype == np.float32
    assert on_gpu.shape == (len(on_cpu), len(bio_tags(LABELS)))
    assert np.abs(on_gpu - on_cpu).max() < 0.05
    best_two = np.sort(on_cpu, axis=1)[:, -2:]
    clear = best_two[:, 1] - best_two[:, 0] > 0.1  # a tie of random weights may fall either way
    assert clear.mean() > 0.5
    assert (on_gpu.argmax(1) == on_cpu.argmax(1))[clear].all()
