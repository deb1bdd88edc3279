"""Is what stands in quotation marks reported speech, and of what kind?

A name, a title, a stressed word stand in the same marks. Speech gives itself away by a predicate
inside, by the quotative particle behind it, and by the verb that leads to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from lgtalent_ie.reading import Morpheme
from lgtalent_ie.records.offsets import mention_at
from lgtalent_ie.records.quote_cues import Cue, Tail, first_verb, read_tail
from lgtalent_ie.records.quote_marks import MARK_CHARACTERS, Quoted
from lgtalent_ie.records.quote_page import QuotePage, Unit
from lgtalent_ie.records.speakers import best_phrase, phrases_between

PUNCTUATION_TAGS = ("SF", "SP", "SE", "SS", "SW", "SO")
# 것이다, 예정이다 …: behind a modified noun the copula alone makes a clause of the whole.
CLAUSE_NOUNS = frozenset(
    ("것", "거", "예정", "계획", "방침", "때문", "상황", "생각", "셈", "뿐", "따름", "중", "수준",
     "정도", "입장", "전망", "모습", "단계", "시점", "때", "터", "바", "곳", "일", "점", "이유",
     "편", "듯", "추세", "판", "격", "것들", "덕분", "의도", "취지", "목표", "각오", "구상",
     "분위기", "실정")
)  # fmt: skip
# 때문이다, 덕이다 do so behind any noun.
CAUSE_NOUNS = frozenset(("때문", "덕", "덕분", "탓"))
# A headline's quotation has at least so many eojeols, or names its source.
HEADLINE_EOJEOLS = 2
# A verbless line is looked at this many morphemes around the quotation.
AROUND = 60
REPLIES = frozenset({"네", "예", "응", "아니", "아니오", "글쎄", "물론"})
OBJECT_CLASSES = ("stress", "urge", "promise", "claim")


@dataclass(frozen=True, slots=True)
class Content:
    """What the words inside the marks are.

    `clause`: it ends in a predicate; `copular`: it does as soon as 이다 is put behind it.
    """

    start: int
    end: int
    clause: bool
    copular: bool
    eojeols: int


@dataclass(frozen=True, slots=True)
class Judged:
    """A quotation that is reported speech."""

    quoted: Quoted
    content: Content
    kind: Literal["direct", "partial"]
    tail: Tail
    cue: Cue | None
    unit: int
    score: float


def judge(page: QuotePage, quoted: Quoted, following: Judged | None) -> Judged | None:
    """Decide one pair of marks; `following` is the next quotation of the same writer's sentence."""
    content = read_content(page, quoted)
    if content is None:
        return None
    index = page.unit_index(quoted.opening)
    unit = page.units[index]
    stop = following.quoted.opening if following is not None else unit.end
    tail = read_tail(page, quoted.closing, stop, content.clause)
    name = is_name(page, content)
    if tail.role in ("link", "connective", "adnominal"):
        decided = judge_quotative(page, quoted, content, tail, following, stop, name)
    elif tail.role == "case":
        decided = judge_case(quoted, content, tail, name)
    else:
        decided = judge_free(page, quoted, content, tail, following, unit, name)
    if decided is None or (tail.role == "link" and is_negated(page, tail.cue)):
        return None
    kind, cue, score = decided
    return Judged(quoted, content, kind, tail, cue, index, score)


Decision = tuple[Literal["direct", "partial"], Cue | None, float]


def judge_quotative(
    page: QuotePage,
    quoted: Quoted,
    content: Content,
    tail: Tail,
    following: Judged | None,
    stop: int,
    name: bool,
) -> Decision | None:
    """Behind the marks stands 고, 라며, 이라는 …"""
    cue = tail.cue
    said = content.clause or content.copular
    if cue is not None and cue.verb_class == "name":
        return None
    if tail.role == "adnominal":
        noun_class = tail.noun.noun_class if tail.noun is not None else "report"
        if noun_class == "name" or (noun_class != "report" and (not said or cue is None)):
            return None
        past = tail.form in ("던", "라던", "이라던")
        bare = tail.noun is None and (cue is None or not said) and not past
        # `"간다"는 등` has no noun; a single-marked title with topic 는 looks the same.
        if bare and not (content.clause and quoted.style == "double"):
            return None
        if not said and cue is None:
            return None
        if name and cue is None:
            return None
        if tail.answered:
            cue = None
        return ("direct" if said else "partial", cue, 0.85 if cue is not None else 0.7)
    if tail.role == "connective":
        if name and not content.clause:
            return None
        leads = following is not None and following.tail.role != "free"
        if (
            not content.clause
            and tail.form in ("이며", "이면서", "이지만")
            and not (leads or (cue is not None and quoted.style == "double"))
        ):
            return None
        if not said and not leads and cue is None and quoted.style != "double":
            return None
        return ("direct" if said else "partial", cue, 0.9 if cue is not None or leads else 0.75)
    if cue is None:
        if not said or name:
            return None
        if following is not None and page.text[tail.end : tail.end + 1] == ",":
            # `민 소장은 "…"고, 양 실장은 "…"고 말했다`: one verb for both.
            return ("direct", following.cue, 0.85)
        cue = first_verb(page, tail.end, stop)
        return ("direct", cue, 0.8 if cue is not None else 0.7)
    if name and not content.clause and cue.verb_class in ("judge", "think", "light"):
        return None
    if cue.verb_class == "light" and not said and not is_past(page, cue):
        # `이를 "멘토"라고 한다`, `'심장'이라고 하는` give a name; `민 소장에 따르면` does not.
        unit = page.units[page.unit_index(quoted.opening)]
        named = phrases_between(page, unit.start, quoted.opening, bare=False)
        if quoted.style != "double" or all(p.marked_by != "따르면" for p in named):
            return None
    return ("direct", cue, 0.95) if said else ("partial", cue, 0.9)


def is_negated(page: QuotePage, cue: Cue | None) -> bool:
    """True for `말하지 않았다`, `쓰고 있지 않다`: nobody said it."""
    if cue is None:
        return False
    last = page.index_at(cue.end)
    return any(m.tag == "VX" and m.form in ("않", "못하") for m in page.morphemes[last : last + 3])


def is_past(page: QuotePage, cue: Cue) -> bool:
    """True for 했다, not for 한다."""
    return any(m.tag == "EP" and m.form in ("었", "았") for m in page.between(cue.start, cue.end))


def judge_case(quoted: Quoted, content: Content, tail: Tail, name: bool) -> Decision | None:
    """Behind the marks stands a case particle: `"…"를 강조했다`, `"…"로 평가했다`."""
    cue = tail.cue
    if name or quoted.style != "double" or cue is None:
        return None
    object_of = content.clause or cue.verb_class in OBJECT_CLASSES
    if tail.form in ("을", "를") and object_of:
        return ("direct" if content.clause or content.copular else "partial", cue, 0.7)
    if tail.form in ("으로", "로") and cue.verb_class == "judge":
        return "partial", cue, 0.7
    return None


def judge_free(
    page: QuotePage,
    quoted: Quoted,
    content: Content,
    tail: Tail,
    following: Judged | None,
    unit: Unit,
    name: bool,
) -> Decision | None:
    """Nothing is attached to the closing mark: a line of its own, a headline, a list."""
    if name:
        return None
    double = quoted.style == "double"
    if tail.role == "list":
        if not content.clause or tail.cue is None:
            return None
        return "direct", tail.cue, 0.85
    after = page.text[quoted.closing + 1 : unit.end].lstrip()
    # `"…", "…"라고 말했다`: what the last one is, the first one is.
    listed = following is not None and after.startswith((",", "·", "“", '"'))
    said = content.clause or content.copular
    if listed and following and (said or (double and following.kind == "partial")):
        return ("direct" if said else "partial", following.cue, 0.8)
    if unit.kind != "headline" and after.startswith((",", "·")):
        rest = after[1:].lstrip()
        if rest[:1] in MARK_CHARACTERS and (
            following is None or following.quoted.opening != unit.end - len(rest)
        ):
            # `"…", "…" 등이 있다`: what the last one is not, the first one is not.
            return None
    ended = not after or after[0] in ".…,·!?‥" or unit.kind == "headline"
    if content.clause and (double or quoted.style == "bracket"):
        if quoted.style == "bracket" and tail.cue is None:
            return None
        return "direct", tail.cue, 0.85 if tail.cue is not None else 0.75
    if not ended and not (double and content.copular):
        return None
    if unit.kind != "headline" and not verbless(page, quoted, unit):
        return None
    source = best_phrase(
        [p for p in phrases_between(page, max(unit.start, quoted.opening - 80), quoted.opening)
         if p.marked_by == "bare"], strict=True,
    )  # fmt: skip
    closes = not after or after[0] in "…‥"
    if not double:
        return ("direct", None, 0.55) if content.clause and source is not None and closes else None
    if source is not None and closes and (content.eojeols >= HEADLINE_EOJEOLS or content.copular):
        return "direct", None, 0.7
    if closes and content.eojeols > HEADLINE_EOJEOLS + 1 and quoted.opening == unit.start:
        return "direct", None, 0.6
    return None


def verbless(page: QuotePage, quoted: Quoted, unit: Unit) -> bool:
    """True where no predicate of the writer's stands around the quotation: a headline's form."""
    before = page.index_at(quoted.opening)
    after = page.index_at(quoted.closing + 1)
    around: list[Morpheme] = [
        *page.morphemes[max(0, before - AROUND) : before],
        *page.morphemes[after : after + AROUND],
    ]
    return not any(m.tag == "EF" and unit.start <= m.start < unit.end for m in around)


def read_content(page: QuotePage, quoted: Quoted) -> Content | None:
    """The words inside the marks without blanks around them; None where there are none."""
    start, end = quoted.opening + 1, quoted.closing
    inside = page.text[start:end]
    start, end = (
        start + len(inside) - len(inside.lstrip()),
        end - len(inside) + len(inside.rstrip()),
    )
    if doubled(page.text, quoted):
        start, end = start + 1, end - 1
    if start >= end or not any(c.isalnum() for c in page.text[start:end]):
        return None
    words = [m for m in page.between(start, end) if not m.tag.startswith(PUNCTUATION_TAGS)]
    if not words:
        return None
    last = words[-1].tag
    clause = (
        last in ("EF", "IC")
        or page.text[start:end].rstrip(".!?") in REPLIES
        or (last == "EC" and len(words) > 1)
        or (last == "JX" and words[-1].form == "요")
    )
    if not clause and last == "ETN" and words[-1].form in ("ᆷ", "음"):
        clause = len(words) > 2
    nominal = last.startswith(("NN", "NP", "NR", "XSN", "SL", "SN", "ETN", "XR", "SH", "MAG"))
    copular = nominal and makes_clause(words)
    return Content(start, end, clause, copular, len(page.text[start:end].split()))


def doubled(text: str, quoted: Quoted) -> bool:
    """True where the marks are typed twice: `''좋다''`, `““좋다””`."""
    opening, closing = text[quoted.opening], text[quoted.closing]
    inside = text[quoted.opening + 1 : quoted.closing]
    ends = len(inside) > 2 and inside[0] == opening and inside[-1] == closing
    return ends and not {opening, closing}.intersection(inside[1:-1])


def makes_clause(words: Sequence[Morpheme]) -> bool:
    """Does 이다 behind these words make a clause with a subject, or of the 것이다 kind?"""
    noun = words[-1].form
    if noun in CLAUSE_NOUNS and len(words) > 1 and words[-2].tag == "ETM":
        return True
    if noun in CAUSE_NOUNS and len(words) > 2:
        return True
    for at, word in enumerate(words):
        if word.tag == "EF":
            return True
        if word.tag == "JX" and word.form in ("은", "는", "도") and at:
            return True
        if word.tag == "JKS" and not any(w.tag == "ETM" for w in words[at:]):
            return True
    return False


def is_name(page: QuotePage, content: Content) -> bool:
    """True where one mention covers all that is quoted: `'챗엑사원'`, `"LG AI데이"`."""
    mention = mention_at(page.reading, content.start)
    return mention is not None and mention.end >= content.end
