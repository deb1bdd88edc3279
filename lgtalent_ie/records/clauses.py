"""A sentence as the relation rules see it: phrases with a case, and the predicates that take them.

Korean puts the head last and marks the role with a particle, so one pass from left to right over
the tokens finds the phrases; a second one gives each phrase to the predicate it belongs to. Costs
grow with the length of the sentence only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from lgtalent_ie.records.characters import MIDDLE_DOTS
from lgtalent_ie.records.clause_tokens import Token
from lgtalent_ie.records.relation_tables import noun_classes
from lgtalent_ie.schema import Label, Mention

NOUN_TAGS = ("NN", "NR", "NP", "SL", "SN", "SH", "XPN", "XSN", "XR", "MM", "SO", "SW")
CASES = {
    "에서": "loc", "서": "loc", "에서부터": "loc", "에": "dat", "에게": "dat", "한테": "dat",
    "께": "dat", "에게서": "src", "한테서": "src", "로부터": "src", "으로부터": "src",
    "와": "com", "과": "com", "랑": "com", "이랑": "com", "하고": "com",
    "로": "inst", "으로": "inst", "로서": "as", "으로서": "as",
}  # fmt: skip
TOPIC_PARTICLES = frozenset(("은", "는", "도", "ᆫ", "만", "이나", "나", "역시"))
NEGATING = frozenset(("않", "못하", "말", "아니하"))
# More phrases than any sentence a person wrote; a line without full stops is read in part only.
MOST_ELEMENTS = 400


@dataclass(slots=True)
class Phrase:
    """Coordinated nouns with one case.

    `heads` bear the case; `mods` are the other mentions inside or in a genitive before it, each
    with the noun that follows it. `anaphor` names the label that `이 회사`, `이날 행사` stand for.
    """

    case: str
    heads: tuple[Mention, ...]
    mods: tuple[tuple[Mention, str], ...]
    nouns: tuple[str, ...]
    first_form: str
    first_tag: str
    start: int
    anaphor: Label | None = None
    indirect: bool = False
    owner: int = -1


@dataclass(slots=True)
class Predicate:
    """A verb, adjective or copula; `lemma` is `개최하` for `개최했다` and for a headline's `개최`.

    `ending`: rel (before a noun), nominal (before 것, 계획, 이후 …), conn, or final.
    """

    lemma: str
    start: int
    ending: str = "final"
    ending_form: str = ""
    negated: bool = False
    auxiliaries: list[str] = field(default_factory=list)
    compound: str = ""


Element = Phrase | Predicate


def read_elements(tokens: Sequence[Token]) -> list[Element]:
    """Phrases and predicates in order, each phrase with the index of the predicate that owns it."""
    elements: list[Element] = []
    nouns: list[list[Token]] = [[]]
    negation = False
    closed = False
    under_way = -1

    def close(case: str) -> None:
        nonlocal nouns, closed
        if any(nouns):
            elements.extend(read_phrases([c for c in nouns if c], case))
            closed = case != "bare"
        nouns = [[]]

    for at, token in enumerate(tokens):
        if len(elements) > MOST_ELEMENTS:
            break
        tag, form = token.tag, token.form
        following = tokens[at + 1] if at + 1 < len(tokens) else None
        if at == under_way:
            continue
        if form == "중" and tag == "NNB" and following is not None and following.tag == "VCP":
            # `학과를 운영 중이다` is `운영하고 있다`.
            before_count = len(elements)
            close_nominal(elements, nouns, token.start)
            if len(elements) > before_count:
                under_way, negation = at + 1, False
                continue
        if tag == "MENTION" or tag.startswith(NOUN_TAGS):
            if token.mention is not None and token.form in ("DATE", "TIME") and nouns[-1]:
                close("bare")
            nouns[-1].append(token)
            closed = False
        elif tag == "JC" and accompanies(form, nouns[-1], following):
            close("com")
        elif tag in ("SP", "JC") or form == "및" or joins_mentions(tag, form, nouns[-1], following):
            if any(nouns) and nouns[-1]:
                nouns.append([])
        elif tag.startswith("J") or tag == "QUOTE":
            if any(nouns):
                close(case_of(tag, form))
            elif closed and elements and tag == "JX" and isinstance(elements[-1], Phrase):
                closed = False
        elif tag in ("XSV", "XSA", "VV", "VA", "VCP", "VCN", "VX"):
            if tag == "VX" and not any(nouns) and elements and isinstance(elements[-1], Predicate):
                elements[-1].auxiliaries.append(form)
                elements[-1].negated |= form in NEGATING
                continue
            before = elements[-1] if elements and not any(nouns) else None
            if isinstance(before, Predicate) and before.ending_form == "지":
                before.negated |= form in NEGATING or negation
            root = compound = ""
            if tag in ("XSV", "XSA") and nouns[-1] and nouns[-1][-1].mention is None:
                root = nouns[-1].pop().form
                compound = nouns[-1][-1].form if nouns[-1] and not nouns[-1][-1].mention else ""
            close("comp" if tag in ("VCP", "VCN") else "bare")
            elements.append(
                Predicate(
                    root + form, token.start, negated=negation or tag == "VCN", compound=compound
                )
            )
            negation = False
        elif tag in ("EC", "EF", "ETM", "ETN", "EP"):
            if elements and isinstance(elements[-1], Predicate) and not any(nouns) and tag != "EP":
                elements[-1].ending, elements[-1].ending_form = tag, form
        elif tag == "MAG":
            negation = form in ("안", "못")
        elif tag in ("SE", "SF"):
            close_nominal(elements, nouns, token.start)
            close("bare")
            if elements and isinstance(elements[-1], Predicate):
                elements[-1].ending = "EF"
    close_nominal(elements, nouns, tokens[-1].end if tokens else 0)
    close("bare")
    settle_endings(elements)
    settle_owners(elements)
    return elements


def close_nominal(elements: list[Element], nouns: list[list[Token]], at: int) -> None:
    """Turn a last noun such as `개최` at the end of a headline into the predicate `개최하`."""
    last = nouns[-1]
    if not last or last[-1].mention is not None or last[-1].form not in noun_classes()["nominal"]:
        return
    root = last.pop()
    compound = last[-1].form if last and last[-1].mention is None else ""
    if any(nouns):
        elements.extend(read_phrases([c for c in nouns if c], "bare"))
    nouns[:] = [[]]
    elements.append(Predicate(root.form + "하", root.start, ending="EF", compound=compound))


def accompanies(form: str, before: list[Token], following: Token | None) -> bool:
    """True for `누리대와 학과를 연다`, which the analyser takes for a list of nouns."""
    if form not in ("와", "과", "랑") or not before or following is None:
        return False
    return before[-1].form == "ORG" and following.form not in ("ORG", "PERSON", "LOCATION")


def joins_mentions(tag: str, form: str, before: list[Token], following: Token | None) -> bool:
    """True for 와/과 between two mentions of one label, and for a middle dot."""
    if (form in MIDDLE_DOTS or form == "/") and tag.startswith("S"):
        return True
    if tag != "JKB" or form not in ("와", "과", "랑", "하고") or not before or following is None:
        return False
    if following.mention is None or before[-1].mention is None:
        return False
    return following.form == before[-1].form or {following.form, before[-1].form} == {
        "ORG",
        "LOCATION",
    }


def case_of(tag: str, form: str) -> str:
    """The case a particle gives: subj, topic, obj, gen, loc, dat, src, com, inst, or other."""
    if tag == "JKS":
        return "subj"
    if tag == "JKO":
        return "obj"
    if tag == "JKG":
        return "gen"
    if tag == "JX":
        return "topic" if form in TOPIC_PARTICLES else "bare"
    return CASES.get(form, "bare" if tag == "QUOTE" else "other")


def read_phrases(conjuncts: list[list[Token]], case: str) -> Iterator[Phrase]:
    """One phrase, with the leading dates split off: they are adjuncts of the clause."""
    while conjuncts and conjuncts[0] and conjuncts[0][0].form in ("DATE", "TIME"):
        token, rest = conjuncts[0][0], conjuncts[0][1:]
        assert token.mention is not None
        alone = not rest and len(conjuncts) == 1
        if alone or not (rest and rest[0].tag == "XSN"):
            of_case = case if alone and case in ("gen", "subj", "comp") else "date"
            yield Phrase(of_case, (token.mention,), (), (), "", "MENTION", token.start)
        conjuncts = [rest, *conjuncts[1:]] if rest else conjuncts[1:]
    if not conjuncts:
        return
    heads: list[tuple[Mention, ...]] = []
    indirect = False
    for conjunct in conjuncts:
        found, by_noun = conjunct_heads(conjunct)
        heads.append(found)
        indirect |= by_noun
    label = heads[-1][-1].label if heads[-1] else None
    bearing = tuple(m for found in heads for m in found if m.label == label)
    kept = {m.id for m in bearing}
    # `누리대, 온누리대 출신`: the noun behind the last of a list is said of all.
    of_all = next((t.form for t in conjuncts[-1] if t.mention is None), "")
    mods = tuple(
        (token.mention, next((t.form for t in conjunct[at + 1 :] if t.mention is None), of_all))
        for conjunct in conjuncts
        for at, token in enumerate(conjunct)
        if token.mention is not None and token.mention.id not in kept
    )
    last = conjuncts[-1]
    tail = tuple(t.form for t in last if t.mention is None and t.tag.startswith(("NN", "SL", "XR")))
    yield Phrase(
        case, bearing, mods, tail, conjuncts[0][0].form, conjuncts[0][0].tag, conjuncts[0][0].start,
        anaphor=None if bearing or mods else anaphor_of(conjuncts, case), indirect=indirect,
    )  # fmt: skip


def conjunct_heads(tokens: Sequence[Token]) -> tuple[tuple[Mention, ...], bool]:
    """The mentions that bear the conjunct's case; True where a noun such as 담당자 bears it."""
    mentions = [(i, t.mention) for i, t in enumerate(tokens) if t.mention is not None]
    if not mentions:
        return (), False
    persons = [(i, m) for i, m in mentions if m.label == "PERSON"]
    at, head = persons[0] if persons else mentions[-1]
    classes = noun_classes()
    if head.label == "QUANTITY" and len(mentions) > 1 and mentions[-2][1].label == "ORG":
        # `누리대 등 3개 대학과`: the number sums up the names.
        summed = [t.form for t in tokens[at + 1 :] if t.tag.startswith("NN")]
        if summed and all(form in classes["soft_ORG"] for form in summed):
            at, head = mentions[-2]
            tokens = [t for t in tokens if t.form != "QUANTITY"]
    tail = [
        t
        for t in tokens[at + 1 :]
        if t.mention is None or t.mention.label not in ("TITLE", "ORG", "LOCATION")
    ]
    plain = [t.form for t in tail if t.mention is None and t.tag not in ("XSN", "NNB", "SW", "SO")]
    soft = classes.get(f"soft_{head.label}", frozenset()) | classes["soft"]
    has_etc = any(t.form == "등" for t in tail)
    bears = not plain or all(n in soft for n in plain) or (has_etc and plain[-1] in soft)
    if not bears:
        # `누리대 연구팀`, `누리대 윤하늘 교수팀` act for the university.
        acting = [m for _, m in mentions if m.label == "ORG" and m.start <= head.start]
        acts = acting and head.label in ("ORG", "PERSON") and plain[-1] in classes["agents"]
        return ((acting[-1],), True) if acts else ((), False)
    chain = [head]
    for before_at, before in reversed(mentions[: mentions.index((at, head))]):
        if before.label != "LOCATION" or head.label != "LOCATION" or before_at != at - 1:
            break
        chain.insert(0, before)
        at = before_at
    return tuple(chain), False


def anaphor_of(conjuncts: Sequence[Sequence[Token]], case: str) -> Label | None:
    """ORG for `이 회사`, `회사`; EVENT for `이번 행사`, and for `행사에는` without a modifier."""
    if len(conjuncts) != 1:
        return None
    forms = [t.form for t in conjuncts[0] if t.tag != "XSN"] or [""]
    classes = noun_classes()
    pointed = forms[0] in classes["pointers"] and len(forms) <= 4
    if forms[-1] in classes["this_EVENT"]:
        return "EVENT" if pointed or (len(forms) == 1 and case in ("dat", "loc", "topic")) else None
    if (pointed and forms[-1] in classes["this_ORG"]) or (
        len(forms) == 1 and forms[0] in classes["the_ORG"]
    ):
        return "ORG"
    return None


def settle_endings(elements: Sequence[Element]) -> None:
    """Name each predicate's ending: rel, nominal, conn or final."""
    nominalisers = noun_classes()["nominaliser"]
    for at, element in enumerate(elements):
        if isinstance(element, Phrase):
            continue
        following = elements[at + 1] if at + 1 < len(elements) else None
        if element.ending == "ETM":
            noun = False
            if isinstance(following, Phrase):
                noun = following.first_tag == "NNB" or following.first_form in nominalisers
            quoting = element.ending_form.endswith(("다는", "라는", "다던", "라던"))
            element.ending = "nominal" if noun or (quoting and element.lemma != "이") else "rel"
        else:
            element.ending = {"ETN": "nominal", "EC": "conn"}.get(element.ending, "final")


def settle_owners(elements: Sequence[Element]) -> None:
    """Give each phrase the index of its predicate.

    Genitives and amounts (`500억원에 달하는 금액`) hand their mentions to the phrase they stand
    before; `를 대상으로` makes a phrase a target; a second topic such as `행사도` is an object.
    """
    classes = noun_classes()
    topics: set[int] = set()
    announcing = announcement(elements)
    for at, phrase in enumerate(elements):
        if isinstance(phrase, Predicate):
            continue
        following = elements[at + 1] if at + 1 < len(elements) else None
        after = elements[at + 2] if at + 2 < len(elements) else None
        if phrase.case == "gen":
            if isinstance(following, Phrase):
                hand_on(phrase, following, "의")
            continue
        amounts = isinstance(following, Predicate) and following.lemma in classes["amounting"]
        if amounts and phrase.case == "dat" and isinstance(after, Phrase):
            hand_on(phrase, after, "의")
            continue
        target = isinstance(following, Phrase) and is_target(following) and not following.heads
        if phrase.case == "obj" and target:
            phrase.case = "target"
        if phrase.case == "inst" and is_target(phrase):
            phrase.case, phrase.heads = "target", phrase.heads or tuple(m for m, _ in phrase.mods)
        phrase.owner = owner_of(elements, at, phrase)
        if phrase.case == "com" and isinstance(after, Predicate) and isinstance(following, Phrase):
            # `누리대와의 협력을 통해`: who one works with belongs to the noun that says so.
            together = following.case == "obj" and after.lemma == "통하"
            phrase.owner = at + 2 if together else phrase.owner
        if phrase.case == "date" and isinstance(following, Phrase) and following.case == "topic":
            # `22일 한빛전자는 … 연다고 밝혔다`: the day of the announcement.
            phrase.owner = announcing if announcing >= 0 else phrase.owner
        second = phrase.case == "topic" and phrase.owner == at + 1 and phrase.owner in topics
        if second and phrase.heads and phrase.heads[0].label in ("EVENT", "PRODUCT"):
            phrase.case = "obj"
        lacks = isinstance(following, Predicate) and following.lemma in classes["transitive"]
        if lacks and phrase.case == "topic" and phrase.heads and phrase.owner == at + 1:
            # `연구소도 세웠다`: next to a verb that lacks its object, the topic is that object.
            phrase.case = "obj"
        if phrase.case in ("topic", "subj"):
            topics.add(phrase.owner)


def is_target(phrase: Phrase) -> bool:
    """True for 대상, 시작 …: the noun of `를 대상으로`, `를 시작으로`."""
    return bool(phrase.nouns) and phrase.nouns[-1] in noun_classes()["target"]


def announcement(elements: Sequence[Element]) -> int:
    """Index of the last predicate where it reports what the sentence says, else -1."""
    predicates = [i for i, e in enumerate(elements) if isinstance(e, Predicate)]
    if len(predicates) < 2:
        return -1
    last, before = elements[predicates[-1]], elements[predicates[-2]]
    assert isinstance(last, Predicate) and isinstance(before, Predicate)
    reported = before.ending_form.endswith(("다고", "라고", "자고"))
    return predicates[-1] if reported and last.lemma in noun_classes()["saying"] else -1


def hand_on(phrase: Phrase, following: Phrase, marker: str) -> None:
    """Give the phrase's mentions to the phrase it modifies."""
    following.mods = tuple((m, marker) for m in phrase.heads) + phrase.mods + following.mods


def owner_of(elements: Sequence[Element], at: int, phrase: Phrase) -> int:
    """Index of the predicate that takes the phrase at `at`, -1 where there is none."""
    classes = noun_classes()
    adjacent = True
    for index in range(at + 1, len(elements)):
        element = elements[index]
        if isinstance(element, Phrase):
            # `부산에서 막을 올린 학회`: the place belongs to the idiom.
            idiom = not element.heads and element.nouns[-1:] in {(n,) for n in classes["idiom"]}
            beside = element.case in ("loc", "date", "dat", "inst", "bare")
            adjacent = adjacent and (beside or idiom)
            continue
        if phrase.case in ("obj", "comp", "com", "bare", "inst") and index == at + 1:
            return index
        # At the end of a sentence it is a verb of its own: `손님을 맞았다`.
        if (element.lemma in classes["postposition"] and element.ending != "final") or (
            element.lemma == "이" and element.ending == "rel"
        ):
            if phrase.case == "obj":
                return index
            continue
        if element.ending == "rel":
            if phrase.case == "topic":
                continue
            if (
                phrase.case in ("loc", "date")
                and not adjacent
                and element.lemma not in classes["frame"]
            ):
                continue
        return index
    return -1


def denied(elements: Sequence[Element], at: int) -> bool:
    """True for `열지 않았다`, `열려던`, and for `열기로 한 계획을 취소했다`."""
    predicate = elements[at]
    assert isinstance(predicate, Predicate)
    if predicate.negated or predicate.ending_form in ("려던", "으려던", "려다", "으려다"):
        return True
    following = next((e for e in elements[at + 1 :] if isinstance(e, Predicate)), None)
    if following is not None and following.lemma == "하" and predicate.ending == "nominal":
        return following.negated
    return (
        following is not None
        and predicate.ending in ("nominal", "rel")
        and following.lemma in noun_classes()["dissolved"]
    )
