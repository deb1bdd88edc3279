"""Marks on a text: what is refused, how other tools' offsets become code points."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marked_samples import ORIGIN, documents, sample, spans_of

from lgtalent_ie.annotation.carried import carried, put_back, read_carried, same_mentions
from lgtalent_ie.annotation.labels import COLOURS, RELATION_TYPES
from lgtalent_ie.annotation.marked import (
    Marked,
    check_label,
    check_surface,
    checked,
    convert,
    counted,
    encoded,
    from_document,
    from_mentions,
    placed,
)
from lgtalent_ie.errors import DataError
from lgtalent_ie.evaluation.gold import (
    GoldCount,
    GoldDate,
    GoldFact,
    GoldMention,
    GoldOrganization,
    GoldQuote,
)
from lgtalent_ie.schema import LABELS, Document, Mention, Quote, Speaker

TEXT = "🚀한빛은 새해에 열 명을 뽑는다."


@pytest.mark.parametrize("unit", ["character", "utf16", "byte"])
@given(text=st.text())
@settings(max_examples=50)
def test_offsets_of_every_unit_come_back(unit, text) -> None:
    there = counted(range(len(text) + 1), text, unit)
    assert convert(there, text, unit) == list(range(len(text) + 1))
    if unit != "character":
        assert there[-1] == len(encoded(text, unit)) // (2 if unit == "utf16" else 1)


def test_an_emoji_is_two_utf16_units_and_four_bytes() -> None:
    assert convert([2, 4], TEXT, "utf16") == [1, 3]
    assert convert([4, 10], TEXT, "byte") == [1, 3]


@pytest.mark.parametrize("offset", [1, 100, -1])
def test_an_offset_within_a_character_or_outside_is_refused(offset) -> None:
    with pytest.raises(DataError, match="check what the tool counts"):
        convert([offset], TEXT, "utf16")


@pytest.mark.parametrize(
    ("span", "said"),
    [((4, 2), "reversed or empty"), ((3, 3), "reversed or empty"), ((0, 99), "--offsets utf16"),
     ((-1, 2), "code points")],
)  # fmt: skip
def test_a_span_that_is_none_is_refused_with_its_place(span, said) -> None:
    with pytest.raises(DataError, match=r"a\.ann, line 7") as error:
        placed([(0, 1), span], TEXT, "character", ["a.ann, line 6", "a.ann, line 7"])
    assert said in str(error.value)


def test_a_span_that_ends_within_a_character_is_refused_with_its_place() -> None:
    with pytest.raises(DataError, match=r"line 3.*utf16 units"):
        placed([(0, 1)], TEXT, "utf16", ["line 3"])


def test_spans_that_overlap_are_refused_with_both_places() -> None:
    with pytest.raises(DataError, match=r"line 2: span 3\.\.5 overlaps 1\.\.4 of line 1"):
        placed([(1, 4), (3, 5)], TEXT, "character", ["line 1", "line 2"])


@pytest.mark.parametrize(("unit", "spans"), [("utf16", [(2, 4)]), ("byte", [(4, 10)])])
def test_words_that_stand_elsewhere_tell_what_was_counted(unit, spans) -> None:
    with pytest.raises(DataError, match=f"read it with --offsets {unit}"):
        check_surface(spans, ["한빛"], TEXT, "a.json")


def test_words_that_stand_nowhere_are_refused_with_their_place() -> None:
    with pytest.raises(DataError, match=r"line 2: '한빛' at 5\.\.7, where the text has '새해'"):
        check_surface([(1, 3), (5, 7)], ["한빛", "한빛"], TEXT, ["line 1", "line 2"])


def test_words_may_be_compared_as_the_tool_writes_them() -> None:
    check_surface([(0, 3)], ["가 나"], "가\n나", "a", lambda words: words.replace("\n", " "))


def test_marks_of_another_text_are_refused() -> None:
    marked = sample("한빛은", ("ORG", "한빛"))
    with pytest.raises(DataError, match="give the text as it was marked"):
        checked(Marked(marked.gold, "한빛은 "), "a.json")


def test_overlapping_marks_are_refused() -> None:
    marks = [GoldMention("m1", "ORG", 0, 2), GoldMention("m2", "EVENT", 1, 3)]
    with pytest.raises(DataError, match=r"'m1' at 0\.\.2 and 'm2' at 1\.\.3 overlap"):
        from_mentions("a", "한빛은", marks, (), ORIGIN)


@pytest.mark.parametrize("name", ["../a", "b\\c", "x\0"])
def test_a_name_that_leads_to_another_folder_is_refused(name) -> None:
    with pytest.raises(DataError, match="without a folder"):
        from_mentions(name, "한빛", (), (), ORIGIN)


def test_a_label_outside_the_set_is_refused() -> None:
    assert [check_label(label, "a") for label in LABELS] == list(LABELS)
    with pytest.raises(DataError, match="line 4: label 'COMPANY'; accepted: ORG, PERSON"):
        check_label("COMPANY", "line 4")


def test_every_label_has_a_colour_and_relations_are_distinct() -> None:
    assert set(COLOURS) == set(LABELS) and len(set(COLOURS.values())) == len(LABELS)
    assert len(set(RELATION_TYPES)) == len(RELATION_TYPES) and "org:partner" in RELATION_TYPES


# Records that a tool does not show.


def written():
    plain = sample(TEXT, ("ORG", "한빛"), ("DATE", "새해"), ("QUANTITY", "열 명")).gold
    return msgspec.structs.replace(
        plain,
        organizations=(GoldOrganization("m1", ("m1",)),),
        dates=(GoldDate("m2", "DATE", "2026-01-01"),),
        counts=(GoldCount("m3", 10, None, None, "명", "exact", "person"),),
        quotes=(GoldQuote(5, 12, "direct", name_mention="m1"),),
        facts=(GoldFact("hire", ("m1",), 0, 5, counts=("m3",)),),
    )


def corrected(*mentions: GoldMention) -> Marked:
    found = from_mentions("other name", TEXT, mentions, (), ORIGIN)
    return put_back(found, written(), "a.ann")


def test_records_come_back_though_the_tool_gives_ids_of_its_own() -> None:
    marked = corrected(
        GoldMention("T9", "QUANTITY", 9, 12), GoldMention("T7", "ORG", 1, 3),
        GoldMention("T8", "DATE", 5, 7),
    )  # fmt: skip
    assert marked.gold == written() and marked.notes == ()


def test_a_span_that_was_moved_keeps_its_value_with_a_note() -> None:
    marked = corrected(
        GoldMention("T1", "ORG", 1, 3), GoldMention("T2", "DATE", 5, 8),
        GoldMention("T3", "QUANTITY", 9, 12),
    )  # fmt: skip
    assert marked.gold.dates == written().dates
    assert marked.notes == (
        "a.ann: mention 'm2' is now 5..8, was 5..7: look whether its value is still right",
    )


def test_a_record_whose_mention_is_gone_is_left_out_with_a_note() -> None:
    marked = corrected(GoldMention("T1", "ORG", 1, 3), GoldMention("T2", "EVENT", 5, 7))
    assert marked.gold.dates == marked.gold.counts == ()
    assert marked.gold.facts[0].counts == () and marked.gold.facts[0].actors == ("m1",)
    assert len(marked.notes) == 3
    assert "a.ann: mention 'm2' is EVENT now: left out of dates[0]" in marked.notes
    assert "a.ann: mention 'm3' is gone: left out of counts[0]" in marked.notes


def test_a_fact_or_organisation_without_its_last_mention_is_left_out() -> None:
    marked = corrected(GoldMention("T3", "QUANTITY", 9, 12))
    assert marked.gold.organizations == marked.gold.facts == ()
    assert marked.gold.quotes[0].name_mention is None
    assert sum("'m1' is gone" in note for note in marked.notes) == 3


def test_a_new_mention_never_takes_the_id_of_one_that_is_gone() -> None:
    old = [GoldMention("m1", "ORG", 0, 2), GoldMention("m2", "ORG", 4, 6)]
    new = [GoldMention("m2", "ORG", 8, 9), GoldMention("m3", "ORG", 4, 6)]
    assert same_mentions(old, new) == {"m2": "m3", "m3": "m2"}


def test_one_mention_split_in_two_is_neither_of_them() -> None:
    old = [GoldMention("m1", "ORG", 0, 6)]
    new = [GoldMention("T1", "ORG", 0, 2), GoldMention("T2", "ORG", 3, 6)]
    assert same_mentions(old, new) == {"T1": "T1", "T2": "T2"}


def test_records_of_another_text_are_refused() -> None:
    found = from_mentions("a", TEXT + "!", (), (), ORIGIN)
    with pytest.raises(DataError, match="the text marked"):
        put_back(found, written(), "a.ann")


def test_what_was_carried_is_checked() -> None:
    assert read_carried(carried(written()), "a") == written()
    assert read_carried(None, "a") is None
    with pytest.raises(DataError, match=r"a\.json.*format"):
        read_carried({"format": 2}, "a.json")
    with pytest.raises(DataError, match=r"no mention 'm2' - at `\$.dates\[0\]`"):
        read_carried(carried(written()) | {"mentions": [], "organizations": []}, "a.json")


@given(documents(), st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_marks_come_back_in_any_order_under_any_ids(marked, shuffle) -> None:
    new = [msgspec.structs.replace(m, id=f"x{n}") for n, m in enumerate(marked.gold.mentions)]
    ids = {m.id: f"x{n}" for n, m in enumerate(marked.gold.mentions)}
    links = [
        msgspec.structs.replace(r, head=ids[r.head], tail=ids[r.tail])
        for r in marked.gold.relations
    ]
    shuffle.shuffle(new)
    back = put_back(from_mentions("n", marked.text, new, links, ORIGIN), marked.gold, "a")
    assert back == marked and spans_of(back.gold) == spans_of(marked.gold)


def test_only_a_speaker_with_a_name_has_a_mention_that_names_it() -> None:
    text = "한빛은 “뽑겠다”고, 윤하늘 대표는 “더 뽑겠다”고 했다. 윤 대표는 “끝”이라고 했다."

    def said(content: str, speaker: Speaker) -> Quote:
        at = text.index(f"“{content}”") + 1
        return Quote(content, at, at + len(content), content, "direct", None, 1.0, None, speaker)

    document = Document(
        text, "hand@1", None,
        mentions=(Mention("m1", "ORG", 0, 2, "한빛", 1.0), Mention("m2", "PERSON", 12, 15, "윤하늘", 1.0),
                  Mention("m3", "PERSON", 35, 36, "윤", 1.0)),
        quotes=(said("뽑겠다", Speaker(0, 2, "한빛", mention="m1")),
                said("더 뽑겠다", Speaker(12, 18, "윤하늘 대표", "윤하늘", "대표", None, "m2")),
                said("끝", Speaker(35, 39, "윤 대표", "윤하늘", "대표", None, "m3"))),
    )  # fmt: skip
    gold = from_document(document, "d", ORIGIN).gold
    assert [q.name_mention for q in gold.quotes] == [None, "m2", "m2"]
