"""What the model proposes, and how it joins what the rules say."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from helpers import MentionSpec, make_reading
from marked import Marked, read_marked
from numpy.typing import NDArray
from tiny_models import PAIR_HEAD, tiny_pair_tagger, tiny_tagger
from torch import Tensor

from lgtalent_ie.engine.runtime import Runtime
from lgtalent_ie.model.config import KLUE_RE, RELATED, RELATIONS
from lgtalent_ie.model.pairs import PairPlaces
from lgtalent_ie.model.tagger import WindowText
from lgtalent_ie.reading import Reading
from lgtalent_ie.records import proposals as module
from lgtalent_ie.records.pieces import read_pieces
from lgtalent_ie.records.proposals import Proposal, candidates, propose_relations
from lgtalent_ie.records.relation_tables import relation_types
from lgtalent_ie.records.relations import read_relations
from lgtalent_ie.schema import LABELS, Quote, Relation
from lgtalent_ie.training.labels import OWN_RELATIONS

TWO = (
    "[새별전자]ORG는 [정하늘]PERSON [사장]TITLE을 뽑았다. "
    "[20일]DATE [부산]LOCATION에서 [누리 데이]EVENT가 열렸다."
)


# --- candidates: which pairs are looked at -------------------------------------------------------


def pairs_of(marked: Marked, number: int = 0) -> list[tuple[str, str]]:
    """The candidates of a sentence by their text."""
    found = candidates(marked.reading, marked.reading.sentences[number])
    return [(head.text, tail.text) for _, head, tail in found]


def test_pairs_are_of_one_sentence_and_of_labels_that_can_be_related() -> None:
    marked = read_marked(TWO)
    assert len(marked.reading.sentences) == 2
    assert set(pairs_of(marked, 0)) == {
        ("새별전자", "정하늘"), ("정하늘", "새별전자"), ("정하늘", "사장"),
    }  # fmt: skip
    assert set(pairs_of(marked, 1)) == {("누리 데이", "20일"), ("누리 데이", "부산")}


@pytest.mark.parametrize("head", LABELS)
def test_two_labels_make_a_pair_where_a_relation_can_hold_between_them(head: str) -> None:
    for tail in LABELS:
        pairs = pairs_of(read_marked(f"[가람]{head}, [누리]{tail} 등이다."))
        assert (("가람", "누리") in pairs) == (tail in RELATED.get(head, ()))


def test_each_type_of_the_table_can_be_proposed() -> None:
    for kind, (heads, tails) in relation_types().items():
        assert kind in OWN_RELATIONS
        assert all(tails <= RELATED[head] for head in heads)


def test_places_are_the_morphemes_that_a_mention_touches() -> None:
    marked = read_marked(TWO)
    reading = marked.reading
    for sentence in reading.sentences:
        for place, head, tail in candidates(reading, sentence):
            assert (place.head_type, place.tail_type) == (head.label, tail.label)
            for mention, start, end in ((head, *place[:2]), (tail, *place[2:4])):
                inside = sentence.morphemes[start:end]
                assert (inside[0].start, inside[-1].end) == (mention.start, mention.end)


def test_a_mention_that_cuts_a_morpheme_has_the_whole_of_it() -> None:
    text = "새별전자는 연구원을 뽑았다."
    [sentence] = make_reading(text).sentences
    [cut] = [n for n, m in enumerate(sentence.morphemes) if m.form == "연구원"]
    for surface in ("연구", "구원", "구"):
        reading = make_reading(text, [("ORG", "새별"), ("PERSON", surface)])
        [there, back] = [place for place, _, _ in candidates(reading, sentence)]
        assert there[2:4] == back[:2] == (cut, cut + 1)


def test_a_mention_outside_of_every_morpheme_or_over_two_sentences_is_in_no_pair() -> None:
    reading = make_reading("새별은 컸다. 정하늘은 갔다.", [("ORG", "새별"), ("PERSON", "정하늘")])
    first, second = reading.sentences
    org, person = reading.mentions
    across = replace(person, start=first.end - 1, end=second.start + 3)
    blind = replace(first, morphemes=tuple(m for m in first.morphemes if m.start >= org.end))
    near = replace(person, start=4, end=5)
    assert candidates(replace(reading, mentions=(org, across)), first) == []
    assert candidates(replace(reading, mentions=(org, near)), blind) == []
    assert len(candidates(replace(reading, mentions=(org, near)), first)) == 2


def test_of_many_mentions_the_first_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_MENTIONS", 3)
    names = ["가람", "누리", "다솜", "라온", "마루"]
    marked = read_marked(", ".join(f"[{name}]ORG" for name in names) + " 등이다.")
    assert {head for head, _ in pairs_of(marked)} == {"가람", "누리", "다솜"}


# --- propose_relations: what the head says of them ------------------------------------------------


def runtime_of(**settings: object) -> Runtime:
    """A head over pairs of random weights with these settings."""
    return Runtime(tiny_pair_tagger(replace(PAIR_HEAD, **settings)), "cpu")  # type: ignore[arg-type]


def states_of(runtime: Runtime, reading: Reading) -> list[Tensor]:
    return runtime.states([WindowText(reading.text, s.morphemes) for s in reading.sentences])


def proposed(runtime: Runtime, reading: Reading) -> tuple[Proposal, ...]:
    return propose_relations(reading, runtime, states_of(runtime, reading))


def test_every_pair_and_type_has_the_score_of_the_head() -> None:
    reading = read_marked(TWO).reading
    runtime = runtime_of(threshold=0.0, temperature=0.5)
    states = states_of(runtime, reading)
    expected = {}
    for number, sentence in enumerate(reading.sentences):
        for place, head, tail in candidates(reading, sentence):
            [logits] = runtime.pair_logits([states[number]], [[place]], RELATIONS)
            for kind, logit in zip(OWN_RELATIONS, logits[0].tolist(), strict=True):
                expected[kind, head, tail, number] = 1 / (1 + np.exp(-logit / 0.5))
    found = {(p.type, p.head, p.tail, p.sentence): p.score for p in proposed(runtime, reading)}
    assert len(found) == 5 * len(OWN_RELATIONS)
    assert found == pytest.approx(expected, abs=1e-5)


def test_from_the_threshold_on_a_relation_is_proposed() -> None:
    reading = read_marked(TWO).reading
    everything = proposed(runtime_of(threshold=0.0), reading)
    scores = sorted(p.score for p in everything)
    threshold = scores[len(scores) // 2]
    assert scores[0] < threshold < scores[-1]
    likely = tuple(p for p in everything if p.score >= threshold)
    assert proposed(runtime_of(threshold=threshold), reading) == likely
    assert proposed(runtime_of(threshold=1.01), reading) == ()


def test_the_encoder_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    reading = read_marked(TWO).reading
    runtime = runtime_of(threshold=0.0)
    states = states_of(runtime, reading)
    monkeypatch.delattr(runtime.reader.__class__, "hidden")
    assert propose_relations(reading, runtime, states)


def test_without_a_head_or_without_pairs_nothing_is_proposed() -> None:
    reading = read_marked(TWO).reading
    assert proposed(Runtime(tiny_tagger(), "cpu"), reading) == ()
    klue_only = {KLUE_RE: PAIR_HEAD.labels[KLUE_RE]}
    assert proposed(runtime_of(threshold=0.0, labels=klue_only), reading) == ()
    runtime = runtime_of(threshold=0.0)
    assert proposed(runtime, make_reading("")) == ()
    assert (
        proposed(runtime, read_marked("[새별전자]ORG는 컸다. [정하늘]PERSON은 갔다.").reading) == ()
    )


def test_the_surest_logits_are_scores_too(monkeypatch: pytest.MonkeyPatch) -> None:
    reading = make_reading("정하늘 사장.", [("PERSON", "정하늘"), ("TITLE", "사장")])
    runtime = runtime_of(threshold=0.0)

    def sure(
        states: Sequence[Tensor], pairs: Sequence[Sequence[PairPlaces]], label_set: str
    ) -> list[NDArray[np.float32]]:
        rows = np.full((1, len(OWN_RELATIONS)), -1e4, dtype=np.float32)
        rows[0, OWN_RELATIONS.index("per:title")] = 1e4
        return [rows]

    monkeypatch.setattr(runtime, "pair_logits", sure)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = proposed(runtime, reading)
    assert {p.type for p in found if p.score == 1} == {"per:title"}
    assert {p.score for p in found} == {0, 1}


def test_of_an_endless_sentence_the_beginning_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    near: list[MentionSpec] = [("ORG", "새별"), ("PERSON", "정하늘")]
    reading = make_reading(
        "새별은 정하늘을, 누리는 서아라를 뽑았다.", [*near, ("ORG", "누리"), ("PERSON", "서아라")]
    )
    [sentence] = reading.sentences
    runtime = runtime_of(threshold=0.0)
    [states] = states_of(runtime, reading)
    behind = next(n for n, m in enumerate(sentence.morphemes) if m.form == ",")
    monkeypatch.setattr(module, "MOST_MORPHEMES", behind)
    found = propose_relations(reading, runtime, [states])
    assert {m.text for p in found for m in (p.head, p.tail)} == {"새별", "정하늘"}
    cut = [states[:behind]]
    assert found == propose_relations(replace(reading, mentions=reading.mentions[:2]), runtime, cut)


# --- read_relations: proposals beside rules -------------------------------------------------------


def proposal(
    marked: Marked, kind: str, head: str, tail: str, score: float, sentence: int = 0
) -> Proposal:
    """A proposal between two mentions of that sentence, named by their text."""
    where = marked.reading.sentences[sentence]
    inside = {m.text: m for m in marked.reading.within(where.start, where.end)}
    return Proposal(kind, inside[head], inside[tail], sentence, score)


def read(
    marked: Marked, *proposals: Proposal, quotes: Sequence[Quote] = ()
) -> tuple[Relation, ...]:
    pieces = read_pieces(marked.reading, quotes)
    return read_relations(
        marked.reading, marked.dates, marked.counts, marked.organizations, pieces, proposals
    )


def named(marked: Marked, relation: Relation) -> tuple[str, str, str]:
    mention = marked.reading.mention
    return relation.type, mention(relation.head).text, mention(relation.tail).text


UNRULED = "비가 왔다. [새별전자]ORG 얘기에 [누리 데이]EVENT 날은 [부산]LOCATION이 좋겠단다."


def test_a_proposal_becomes_a_relation_with_the_sentence_and_the_score() -> None:
    marked = read_marked(UNRULED)
    assert read(marked) == ()
    place = proposal(marked, "event:place", "누리 데이", "부산", 0.87654, sentence=1)
    [relation] = read(marked, place)
    assert named(marked, relation) == ("event:place", "누리 데이", "부산")
    sentence = marked.reading.sentences[1]
    assert (relation.start, relation.end) == (sentence.start, sentence.end)
    assert relation.score == 0.877


def test_a_proposal_stands_beside_what_rules_say() -> None:
    marked = read_marked("[해오름]ORG은 [누리대]ORG와 손잡았다.")
    [partner] = read(marked)
    member = proposal(marked, "org:member_of", "누리대", "해오름", 0.6)
    found = read(marked, member)
    assert [named(marked, r) for r in found] == [
        ("org:member_of", "누리대", "해오름"), ("org:partner", "해오름", "누리대"),
    ]  # fmt: skip
    assert partner in found


@pytest.mark.parametrize(
    "kind", ["per:colleagues", "no_relation", "per:title", "event:host", "없음"]
)
def test_what_the_table_of_types_does_not_allow_is_left_out(kind: str) -> None:
    marked = read_marked("[서아라]PERSON, [정하늘]PERSON 등이다.")
    assert read(marked, proposal(marked, kind, "서아라", "정하늘", 0.99)) == ()


PARTNERS = "[해오름]ORG은 [누리대]ORG와 손잡았다. [해오름]ORG, [누리대]ORG 얘기가 많다."


@pytest.mark.parametrize("sentence", [0, 1])
@pytest.mark.parametrize("ends", [("해오름", "누리대"), ("누리대", "해오름")])
def test_the_better_of_rule_and_model_is_kept(sentence: int, ends: tuple[str, str]) -> None:
    marked = read_marked(PARTNERS)
    [rule] = read(marked)
    assert rule.start == 0
    worse = proposal(marked, "org:partner", *ends, rule.score - 0.1, sentence)
    assert read(marked, worse) == (rule,)
    better = proposal(marked, "org:partner", *ends, 0.999, sentence)
    assert rule.score < better.score
    [relation] = read(marked, better)
    assert named(marked, relation) == named(marked, rule) == ("org:partner", "해오름", "누리대")
    where = marked.reading.sentences[sentence]
    assert (relation.start, relation.end, relation.score) == (where.start, where.end, 0.999)


@pytest.mark.parametrize(
    "kind, times",
    [("org:partner", 1), ("org:alternate_names", 1), ("org:member_of", 2),
     ("talent:recruits_from", 2)],
)  # fmt: skip
def test_what_holds_both_ways_is_said_once(kind: str, times: int) -> None:
    marked = read_marked("[해오름]ORG, [누리대]ORG 얘기가 많다.")
    assert read(marked) == ()
    there = proposal(marked, kind, "해오름", "누리대", 0.7)
    back = proposal(marked, kind, "누리대", "해오름", 0.8)
    found = read(marked, there, back)
    assert len(found) == times
    assert max(r.score for r in found) == 0.8
    assert found[0].head == there.head.id


def test_of_several_proposals_for_a_pair_of_names_the_best_is_kept() -> None:
    marked = read_marked(PARTNERS)
    several = [
        proposal(marked, "org:member_of", "해오름", "누리대", score, sentence)
        for score, sentence in ((0.6, 0), (0.9, 1), (0.7, 0))
    ]
    [relation] = [r for r in read(marked, *several) if r.type == "org:member_of"]
    assert (relation.start, relation.score) == (marked.reading.sentences[1].start, 0.9)


def test_a_thing_is_not_related_to_itself() -> None:
    marked = read_marked("[해오름]ORG, [해오름]ORG 얘기가 많다.")
    first, second = marked.reading.mentions
    assert read(marked, Proposal("org:member_of", first, second, 0, 0.9)) == ()


@pytest.mark.parametrize(
    "text",
    [
        "[한빛전자]ORG는 지난해 직원 [300명]QUANTITY을 감원했다.",
        "[한빛전자]ORG가 구조조정을 위해 직원 [1200명]QUANTITY을 해고한다고 발표했다.",
        "[한빛전자]ORG는 직원 [100명]QUANTITY을 정리해고하기로 했다.",
        "[한빛전자]ORG는 연구원 [50명]QUANTITY을 채용할 계획을 철회했다.",
        "[한빛전자]ORG는 올해 연구원 [50명]QUANTITY을 뽑지 않기로 했다.",
        "[한빛전자]ORG에서 직원 [30명]QUANTITY이 퇴사했다.",
    ],
)
def test_who_leaves_or_is_not_hired_has_not_joined(text: str) -> None:
    marked = read_marked(text)
    size = next(m.text for m in marked.reading.mentions if m.label == "QUANTITY")
    assert read(marked, proposal(marked, "talent:joined", size, "한빛전자", 0.97)) == ()


@pytest.mark.parametrize(
    "text",
    [
        "[한빛전자]ORG는 연구원 [50명]QUANTITY을 새 식구로 맞아들였다.",
        "[한빛전자]ORG는 직원 300명을 내보내고 연구원 [50명]QUANTITY을 채용했다.",
        "[한빛전자]ORG에서 퇴사하지 않은 연구원 [50명]QUANTITY이다.",
    ],
)
def test_elsewhere_the_model_is_believed_that_somebody_joined(text: str) -> None:
    marked = read_marked(text)
    joined = proposal(marked, "talent:joined", "50명", "한빛전자", 0.97)
    assert [r.type for r in read(marked, joined)] == ["talent:joined"]


@pytest.mark.parametrize(
    "text, investor",
    [
        ("[누리로봇]ORG은 지난달 [50억원]QUANTITY 투자를 받았다.", None),
        ("[누리로봇]ORG이 [50억원]QUANTITY을 유치했다.", None),
        ("[누리로봇]ORG이 [한빛그룹]ORG으로부터 [50억원]QUANTITY을 투자받았다.", "한빛그룹"),
        ("[누리로봇]ORG이 [50억원]QUANTITY을 공장에 투자했다.", "누리로봇"),
    ],
)
def test_who_is_given_an_investment_has_made_none(text: str, investor: str | None) -> None:
    marked = read_marked(text)
    names = {m.id: m.text for m in marked.reading.mentions}
    found = read(marked, proposal(marked, "org:invested", "누리로봇", "50억원", 0.97))
    invested = {names[r.head] for r in found if r.type == "org:invested"}
    assert invested == ({investor} if investor else set())


def test_those_a_rule_says_are_hired_do_not_attend() -> None:
    marked = read_marked(
        "[한빛전자]ORG는 [누리 데이]EVENT를 열고 내년까지 연구원 [300명]QUANTITY을 채용한다."
    )
    attending = proposal(marked, "event:attendance", "누리 데이", "300명", 0.95)
    types = {r.type for r in read(marked, attending)}
    assert "talent:joined" in types and "event:attendance" not in types


def quotes_of(text: str, *surfaces: str) -> tuple[Quote, ...]:
    """Direct quotations, given by what stands between their marks."""
    return tuple(
        Quote(f"q{n}", at, at + len(surface), surface, "direct", None, 1.0)
        for n, surface in enumerate(surfaces, 1)
        for at in (text.index(surface),)
    )


QUOTED = (
    '[서아라]PERSON 씨는 "비가 온다"며 "바람도 분다"고 말했다.\n"날이 춥다"고도 했다.\n'
    "[정하늘]PERSON은 [부산]LOCATION을 떠올렸다."
)


def test_quotations_do_not_shift_the_sentences() -> None:
    marked = read_marked(QUOTED)
    quotes = quotes_of(marked.reading.text, "비가 온다", "바람도 분다", "날이 춥다")
    last = len(marked.reading.sentences) - 1
    assert sum(piece.quoted for piece in pieces_of(marked, quotes)) == 3
    founder = proposal(marked, "per:product", "정하늘", "부산", 0.9, last)
    labelled = replace(founder, tail=replace(founder.tail, label="PRODUCT"))
    [relation] = [r for r in read(marked, labelled, quotes=quotes) if r.type == "per:product"]
    sentence = marked.reading.sentences[last]
    assert (relation.start, relation.end) == (sentence.start, sentence.end)


def pieces_of(marked: Marked, quotes: Sequence[Quote]):  # type: ignore[no-untyped-def]
    return read_pieces(marked.reading, quotes)


SPOKEN = {
    "none": (),
    "one": ("비가 온다",),
    "all of a sentence": ('"날이 춥다"고도 했다.',),
    "over the end of a sentence": ('바람도 분다"고 말했다.\n"날이 춥다',),
    "one in another": ('비가 온다"며 "바람도 분다', "바람도"),
    "the same twice": ("비가 온다", "비가 온다"),
}


@pytest.mark.parametrize("surfaces", SPOKEN.values(), ids=SPOKEN.keys())
def test_each_sentence_has_one_piece_that_is_no_quotation(surfaces: tuple[str, ...]) -> None:
    marked = read_marked(QUOTED)
    pieces = pieces_of(marked, quotes_of(marked.reading.text, *surfaces))
    whole = [piece.sentence for piece in pieces if not piece.quoted]
    assert whole == list(marked.reading.sentences)
    assert len(whole) > 2
    assert (len(pieces) > len(whole)) == bool(surfaces)
