"""The encoders of the engine benchmark: shipped ones, and RoBERTa shapes with random weights.

Speed does not depend on what the weights are, so a shape stands for every encoder of that shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from engine_texts import eojeol_of, filled
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from lgtalent_ie.errors import MissingExtraError, ModelError
from lgtalent_ie.model.config import MENTION_HEAD, ModelConfig, RecurrentConfig, bio_tags
from lgtalent_ie.model.loading import AnyTagger, load_model
from lgtalent_ie.model.locate import SHIPPED, locate_model
from lgtalent_ie.model.pretrained import PretrainedTagger, pretrained_config
from lgtalent_ie.schema import LABELS

# Rows of the embedding table, as in Korean encoders; the tokenizer that is made here uses fewer.
VOCABULARY = 32_000
# An eojeol takes at most so many subwords, as with the tokenizers of Korean encoders: the tokenizer
# gets the first of these sizes with which it does.
SUBWORDS_AN_EOJEOL = 2.4
SIZES = (1_500, 3_000, 6_000, 12_000, 24_000)
# It is made of the first so many characters.
TOKENIZED = 400_000
SPECIAL = ("[CLS]", "[PAD]", "[SEP]", "[UNK]", "[MASK]")
MAX_LENGTH = 512

# The share of subwords that random weights shall take for a mention, as mentions cost time as well.
MENTIONED = 0.15


@dataclass(frozen=True, slots=True)
class Shape:
    """A RoBERTa-type encoder, sizes in dimensions."""

    hidden_size: int
    layers: int
    heads: int
    feed_forward: int


# base and large: Liu et al. 2019, table 9; small: base with half the layers.
SHAPES = {
    "roberta-small": Shape(768, 6, 12, 3072),
    "roberta-base": Shape(768, 12, 12, 3072),
    "roberta-large": Shape(1024, 24, 16, 4096),
}
TINY = Shape(32, 2, 2, 64)

ENCODERS = (*SHIPPED, *SHAPES)

# Dense bf16 tensor TFLOPS by the name that the driver gives; of two that fit, the first. From
# NVIDIA's data sheets (H200 and H100 2024, A100 2021, L40S and L4 2023), which give those of
# Hopper and Ada with sparsity: halved here.
PEAKS = {
    "H200 NVL": 835.5,
    "H200": 989.5,
    "H100 NVL": 835.5,
    "H100 PCIe": 756.5,
    "H100": 989.5,
    "A100": 312.0,
    "L40S": 362.05,
    "L4": 121.0,
}


@dataclass(frozen=True, slots=True)
class Built:
    """A tagger of this library, and what `transformers` needs for the same shape.

    A RoBERTa shape's tagger and rival share one encoder: only one of them may be run, as the rival
    is turned into bf16 on a GPU. `rival` is None where it was not asked for.
    """

    name: str
    tagger: AnyTagger
    rival: Any
    tokenizer: Any

    @property
    def recurrent(self) -> bool:
        """True where the encoder is a recurrent one, which reads morphemes."""
        return self.tagger.config.recurrent is not None


def peak_of(gpu: str | None) -> float | None:
    """Dense bf16 TFLOPS of a GPU, None where it is not in the table.

    >>> peak_of("NVIDIA H200"), peak_of("NVIDIA H100 PCIe"), peak_of("NVIDIA L40"), peak_of(None)
    (989.5, 756.5, None, None)
    """
    words = (gpu or "").replace("-", " ").split()
    return next((peak for name, peak in PEAKS.items() if set(name.split()) <= set(words)), None)


def need_transformers() -> Any:
    """The module; MissingExtraError where it is not installed."""
    try:
        import transformers
    except ImportError as error:
        raise MissingExtraError(
            "the pipeline and RoBERTa shapes", "an installation with transformers",
            "pip install 'lgtalent_ie[train]'",
        ) from error  # fmt: skip
    transformers.utils.logging.set_verbosity(transformers.logging.CRITICAL)
    transformers.utils.logging.disable_progress_bar()
    return transformers


def build(name: str, texts: Sequence[str], rival: bool = True, tiny: bool = False) -> Built:
    """The encoder of that name, of a tiny shape where asked; ModelError where there is none.

    `texts` train the tokenizer and settle how often random weights see a mention. Without `rival`
    the LSTM that a shipped model is compared with is not made.
    """
    if name not in ENCODERS:
        raise ModelError(f"encoder {name!r}", ", ".join(ENCODERS), "name one of these")
    tokenizer = make_tokenizer(texts)
    torch.manual_seed(0)
    if name in SHAPES:
        model = roberta(TINY if tiny else SHAPES[name])
        settle_labels(model, tokenizer, texts[:8])
        return Built(name, tagger_of(name, model, tokenizer), model, tokenizer)
    tagger = load_model(locate_model(name))
    if tagger.config.recurrent is None:
        raise ModelError(f"{name}, which is not recurrent", "a recurrent model", "name another")
    if not rival:
        return Built(name, tagger, None, tokenizer)
    model = recurrent_rival(tagger.config.recurrent, tiny)
    settle_labels(model, tokenizer, texts[:8])
    return Built(name, tagger, model, tokenizer)


def make_tokenizer(texts: Sequence[str]) -> Any:
    """A WordPiece tokenizer of the texts, made on the spot, in the form `transformers` takes."""
    transformers = need_transformers()
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers

    texts = list(filled(iter(texts), TOKENIZED))
    eojeol = sum(map(eojeol_of, texts))
    for size in SIZES:
        tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))  # type: ignore[call-arg]
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        trainer = trainers.WordPieceTrainer(
            vocab_size=size, special_tokens=list(SPECIAL), show_progress=False
        )
        tokenizer.train_from_iterator(texts, trainer)
        encoded = tokenizer.encode_batch_fast(texts)
        if sum(len(one.ids) for one in encoded) <= SUBWORDS_AN_EOJEOL * eojeol:
            break
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 0), ("[SEP]", 2)]
    )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_max_length=MAX_LENGTH, unk_token="[UNK]",
        cls_token="[CLS]", pad_token="[PAD]", sep_token="[SEP]", mask_token="[MASK]",
        model_input_names=["input_ids", "attention_mask"],
    )  # fmt: skip


def labelled() -> dict[str, Any]:
    """What a config of `transformers` says about the labels."""
    tags = bio_tags(LABELS)
    return {
        "num_labels": len(tags),
        "id2label": dict(enumerate(tags)),
        "label2id": {tag: n for n, tag in enumerate(tags)},
    }


def roberta(shape: Shape) -> Any:
    """A RoBERTa of random weights that labels tokens."""
    transformers = need_transformers()
    config = transformers.RobertaConfig(
        vocab_size=VOCABULARY, hidden_size=shape.hidden_size, num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads, intermediate_size=shape.feed_forward,
        max_position_embeddings=MAX_LENGTH + 2, type_vocab_size=1, pad_token_id=1, bos_token_id=0,
        eos_token_id=2, **labelled(),
    )  # fmt: skip
    return transformers.RobertaForTokenClassification(config).eval()


def tagger_of(name: str, rival: Any, tokenizer: Any) -> PretrainedTagger:
    """This library's tagger over the same encoder, with the same weights in its head."""
    sizes = pretrained_config(rival.roberta, tokenizer)
    config = ModelConfig(name, "random", pretrained=sizes, longest=sizes.max_length - 2)
    tagger = PretrainedTagger(config, rival.roberta, tokenizer)
    tagger.heads[MENTION_HEAD].load_state_dict(rival.classifier.state_dict())
    return tagger.eval()


def recurrent_rival(recurrent: RecurrentConfig, tiny: bool = False) -> Any:
    """The LSTM of a compact model as a user of `transformers` would write it, of random weights.

    Subword vectors as wide as what the compact model's LSTM reads, the LSTM over packed sequences,
    which leave the padding out, and a linear layer.
    """
    transformers = need_transformers()

    class LstmConfig(transformers.PretrainedConfig):  # type: ignore[misc, name-defined]
        model_type = "lstm-tagger"

    class LstmForTokenClassification(transformers.PreTrainedModel):  # type: ignore[misc, name-defined]
        config_class = LstmConfig

        def __init__(self, config: Any, sizes: RecurrentConfig) -> None:
            super().__init__(config)
            width = sizes.morpheme_size + sizes.tag_size + sizes.ngram_size
            self.embedding = nn.Embedding(VOCABULARY, width)
            self.lstm = nn.LSTM(
                width, sizes.hidden_size, sizes.layers, batch_first=True, bidirectional=True
            )
            self.classifier = nn.Linear(2 * sizes.hidden_size, config.num_labels)

        def forward(self, input_ids: Tensor, attention_mask: Tensor) -> dict[str, Tensor]:
            """int64 [B, T], [B, T] → logits, float [B, T, tags]."""
            packed = pack_padded_sequence(
                self.embedding(input_ids), attention_mask.sum(1).cpu(), batch_first=True,
                enforce_sorted=False,
            )  # fmt: skip
            states, _ = self.lstm(packed)
            padded, _ = pad_packed_sequence(
                states, batch_first=True, total_length=input_ids.shape[1]
            )
            return {"logits": self.classifier(padded)}

    sizes = replace(recurrent, hidden_size=16) if tiny else recurrent
    return LstmForTokenClassification(LstmConfig(**labelled()), sizes).eval()


@torch.inference_mode()
def settle_labels(rival: Any, tokenizer: Any, texts: Sequence[str]) -> None:
    """Move the offset of O until about MENTIONED of the subwords of the texts are in mentions.

    Random weights would see one in nearly every subword, and gathering them is part of the work.
    """
    batch = tokenizer(
        list(texts), truncation=True, max_length=64, padding=True, return_tensors="pt"
    )
    logits = rival(**batch)["logits"][batch["attention_mask"].bool()].float()  # [N, tags]
    lead = logits[:, 0] - logits[:, 1:].amax(1)  # [N]
    rival.classifier.bias[0] -= torch.quantile(lead, MENTIONED)


def token_counts(built: Built, texts: Sequence[str]) -> list[int]:
    """Subwords of each text, the special ones left out."""
    encoded = built.tokenizer(list(texts), add_special_tokens=False, verbose=False)["input_ids"]
    return [len(ids) for ids in encoded]


def parameters_of(module: nn.Module) -> int:
    """All weights of a network."""
    return sum(p.numel() for p in module.parameters())


def layer_weights(tagger: AnyTagger) -> int:
    """Weights of the matrices that every token is multiplied with: layers and mention head.

    Tables, from which a token takes a row, and heads for other tasks are left out.
    """
    inner = [m for m in tagger.encoder.modules() if isinstance(m, nn.Linear | nn.LSTM)]
    matrices = [p for m in (*inner, tagger.heads[MENTION_HEAD]) for p in m.parameters(False)]
    return sum(p.numel() for p in matrices if p.ndim == 2)


def operations(tagger: AnyTagger, lengths: Sequence[int]) -> float:
    """Floating-point operations that texts of so many tokens need, no padding, no overlap.

    Two for each weight of a layer and token; attention compares every token with all of its window
    and sums them, 4 × width for each pair of tokens and layer (Kaplan et al. 2020, section 2.1).
    """
    total = 2.0 * layer_weights(tagger) * sum(lengths)
    if tagger.config.pretrained is not None:
        config, longest = tagger.encoder.config, tagger.config.longest
        pairs = sum(n // longest * longest**2 + (n % longest) ** 2 for n in lengths)
        total += 4.0 * config.num_hidden_layers * config.hidden_size * pairs
    return total
