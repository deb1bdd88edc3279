"""What the relation rules say, and what they must not say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice, product

import pytest
from helpers import make_reading, read_cases
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from marked import read_marked

from lgtalent_ie.reading import Reading
from lgtalent_ie.records.patterns import read_atom, relation_patterns
from lgtalent_ie.records.pieces import read_pieces
from lgtalent_ie.records.relation_passes import sole_rules
from lgtalent_ie.records.relation_tables import frames, read_argument, relation_types
from lgtalent_ie.records.relations import read_relations
from lgtalent_ie.schema import LABELS, Count, Date, Organization, Quote, Relation


def relations_in(
    reading: Reading, dates: Sequence[Date], counts: Sequence[Count],
    organizations: Sequence[Organization], quotes: Sequence[Quote] = (),
) -> tuple[Relation, ...]:  # fmt: skip
    return read_relations(reading, dates, counts, organizations, read_pieces(reading, quotes))


def relations_of(text: str) -> list[str]:
    """The relations of a marked text as `type(head, tail)`, sorted."""
    marked = read_marked(text)
    names = {mention.id: mention.text for mention in marked.reading.mentions}
    found = relations_in(marked.reading, marked.dates, marked.counts, marked.organizations)
    return sorted(f"{r.type}({names[r.head]}, {names[r.tail]})" for r in found)


def listed(expected: str) -> list[str]:
    return [] if expected == "-" else sorted(expected.split("; "))


@pytest.mark.parametrize(("text", "expected"), read_cases("relations"))
def test_case(text: str, expected: str) -> None:
    assert relations_of(text) == listed(expected)


@pytest.mark.parametrize(
    "row",
    [*relation_patterns(), *frames("relation_frames"), *sole_rules()],
    ids=lambda row: row.example,
)
def test_each_row_reads_its_own_example(row) -> None:  # type: ignore[no-untyped-def]
    assert relations_of(row.example) == listed(row.expected)


def test_rows_name_known_types_and_labels() -> None:
    types = relation_types()
    for row in relation_patterns():
        assert row.type in types or row.type == "affiliation"
        assert 0 < row.score <= 1
    for frame in frames("relation_frames"):
        heads, tails = types["per:title" if frame.type == "affiliation" else frame.type]
        assert frame.head.label in heads
        assert frame.tail.label in tails
        assert 0 < frame.score <= 1
    for rule in sole_rules():
        heads, tails = types[rule.type]
        tail = rule.other if rule.head == rule.single else rule.single
        assert rule.head in heads
        assert tail in tails
        assert rule.order in ("before", "after", "any")
        assert 0 < rule.score <= 1
    for heads, tails in types.values():
        assert heads | tails <= set(LABELS)


def test_one_relation_per_pair_of_names_with_clusters() -> None:
    marked = read_marked(
        "[한빛]ORG은 '[누리 데이]EVENT'를 열었다. [한빛그룹]ORG은 [누리 데이]EVENT를 개최했다."
    )
    ids = tuple(m.id for m in marked.reading.mentions if m.label == "ORG")
    one = (Organization("o1", "한빛그룹", ("한빛",), ids),)
    found = relations_in(marked.reading, (), (), one)
    assert [r.type for r in found] == ["event:host"]


def test_start_and_end_are_those_of_the_sentence() -> None:
    marked = read_marked("비가 왔다. [해오름]ORG은 [누리대]ORG와 손잡았다.")
    (relation,) = relations_in(marked.reading, (), (), marked.organizations)
    text = marked.reading.text
    assert text[relation.start : relation.end] == "해오름은 누리대와 손잡았다."


def test_a_carried_subject_lowers_the_score() -> None:
    own = read_marked("[해오름]ORG은 [누리대]ORG와 손잡았다.")
    carried = read_marked("[해오름]ORG은 바쁘다. [누리대]ORG와 손잡았다.")
    first, second = (
        relations_in(m.reading, (), (), m.organizations)[0].score for m in (own, carried)
    )
    assert 0 < second < first <= 1


def test_a_relation_is_no_surer_than_its_mentions() -> None:
    marked = read_marked("[해오름]ORG은 [누리대]ORG와 손잡았다.")
    sure = relations_in(marked.reading, (), (), marked.organizations)[0].score
    scores = []
    for score in (0.8, 0.2):
        mentions = tuple(replace(m, score=score) for m in marked.reading.mentions)
        reading = replace(marked.reading, mentions=mentions)
        found = relations_in(reading, (), (), marked.organizations)
        scores.append([r.score for r in found])
    assert scores == [[pytest.approx(sure * 0.8, abs=0.001)], []]


def test_a_list_of_companies_waits_for_its_group_anywhere_in_the_document() -> None:
    companies = "[한빛전자]ORG·[한빛화학]ORG·[한빛통신]ORG 등 주요 계열사"
    assert relations_of(f"{companies}가 나섰다.") == []
    assert relations_of(f"{companies}가 나섰다. [한빛그룹]ORG이 그렇게 말했다.") == [
        "org:member_of(한빛전자, 한빛그룹)",
        "org:member_of(한빛통신, 한빛그룹)",
        "org:member_of(한빛화학, 한빛그룹)",
    ]


def test_the_subject_of_a_quotation_stays_inside_it() -> None:
    text = '서아라 씨는 "해오름은 누리대와 손잡는다"고 말했다.'
    reading = make_reading(text, [("PERSON", "서아라"), ("ORG", "해오름"), ("ORG", "누리대")])
    start = text.index("해오름")
    quote = Quote("q1", start, text.index('"고'), "해오름은 누리대와 손잡는다", "direct", None, 1.0)
    found = relations_in(reading, (), (), (), (quote,))
    assert [r.type for r in found] == ["org:partner"]


def test_a_duration_is_no_date_of_an_event() -> None:
    marked = read_marked("[한빛랩]ORG은 [일주일]DATE [누리 데이]EVENT를 진행한다.")
    duration = next(m for m in marked.reading.mentions if m.label == "DATE")
    dates = (Date(duration.id, "DURATION", "P1W"),)
    found = relations_in(marked.reading, dates, (), marked.organizations)
    assert {r.type for r in found} == {"event:host"}


def test_no_text_and_no_mentions_give_nothing() -> None:
    assert relations_in(make_reading(""), (), (), ()) == ()
    assert relations_in(make_reading("한빛은 20일 행사를 열었다."), (), (), ()) == ()


def test_a_short_line_that_ends_behind_a_comma_gives_nothing() -> None:
    assert relations_of("[한빛]ORG [누리대]ORG, 웃") == []
    assert relations_of("[한빛]ORG [누리대]ORG [해오름]ORG,") == []


def test_atoms_and_arguments() -> None:
    atom = read_atom("h:ORG/school?")
    assert (atom.role, atom.of_class, atom.optional) == ("h", "school", True)
    assert read_atom("..4").longest == 4
    assert read_argument("subj,rel:ORG").roles == ("subj", "rel")


WORDS = [
    "[한빛]ORG",
    "[누리대]ORG",
    "[서아라]PERSON",
    "[사장]TITLE",
    "[누리 데이]EVENT",
    "[20일]DATE",
    "[부산]LOCATION",
    "[10명]QUANTITY",
    "은",
    "를",
    "와",
    "에서",
    ",",
    "(",
    ")",
    "등",
    "열었다.",
    "손잡고",
    "설립한",
    "않았다.",
    "여",
    "들",
    "이",
    "키로",
    " ",
]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(WORDS), max_size=25))
def test_any_order_of_words_gives_well_formed_relations(words: list[str]) -> None:
    marked = read_marked("".join(words))
    labels = {m.id: m.label for m in marked.reading.mentions}
    seen = set()
    for relation in relations_in(marked.reading, (), marked.counts, marked.organizations):
        heads, tails = relation_types()[relation.type]
        assert labels[relation.head] in heads
        assert labels[relation.tail] in tails
        assert relation.head != relation.tail
        assert 0 < relation.score <= 1
        key = (relation.type, relation.head, relation.tail)
        assert key not in seen
        seen.add(key)


def test_brackets_that_never_close_relate_nobody() -> None:
    text = "".join(f"[누리{n}]ORG([한빛{n}]ORG 등 " for n in range(400)) + "열었다."
    assert relations_of(text) == []


def test_in_a_long_line_of_names_everybody_keeps_their_own_employer() -> None:
    names = ["".join(syllables) for syllables in islice(product("가나다라마바", repeat=3), 200)]
    text = ", ".join(f"[윤{name}]PERSON [새{name}전자]ORG [상무]TITLE" for name in names)
    assert relations_of(f"{text}가 만났다.") == sorted(
        relation
        for name in names
        for relation in (
            f"per:employee_of(윤{name}, 새{name}전자)",
            f"per:title(윤{name}, 상무)",
        )
    )
