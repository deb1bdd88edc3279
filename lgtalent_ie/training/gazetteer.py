"""Names and what they are, from sentences that define them: `X(…)는 …의 전자 기업이다` → X, ORG.

Made of four steps: the subject and the predicate of a paragraph's first sentence (two regular
expressions), the head noun's label (`tables/gazetteer_heads.tsv`), the names the subject and its
gloss give, and, once everything is counted, what is dropped: names that two labels share and names
that are ordinary words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from lgtalent_ie.tables import read_table

if TYPE_CHECKING:
    from kiwipiepy import Kiwi, Token

# The label of heads that define common nouns (`…의 일종이다`): evidence against every name.
COMMON = "?"

# A name stays when at most this share of its definitions says something else.
MARGIN = 0.1

# In characters; a predicate within SHORT is near its subject.
LONGEST_NAME = 40
LONGEST_SENTENCE = 400
SHORT = 60

_OPENING, _CLOSING = "《〈<「『＜≪\"'“‘", "》〉>」』＞≫\"'”’"
_GLOSS = r"\((?:[^()]|\([^()]*\)){0,300}\)"
_SUBJECT = re.compile(
    rf"(?:[{_OPENING}](?P<title>[^{_CLOSING}]{{1,{LONGEST_NAME}}})[{_CLOSING}]"
    rf"|(?P<name>[^(){_OPENING}{_CLOSING}]{{1,{LONGEST_NAME}}}?))"
    rf"\s?(?P<gloss>(?:{_GLOSS}){{0,2}})"
    rf"(?:,? (?:또는|혹은|약칭|줄여서) (?P<second>[^(),{_OPENING}{_CLOSING}]{{2,20}}?)"
    rf"(?:{_GLOSS})?)?"
    r"\s?(?<!또)(?<!혹)(?P<particle>은|는),? "
)
_PREDICATE = re.compile(
    r"(?<![가-힣A-Za-z·])(?P<noun>[가-힣A-Za-z·]+?)(?:(?: 가운데| 중)(?:의)? (?:하나|한 \w))?"
    r"(?P<ending>이다|이었다|였다|이며|이자|이고|으로,?|로,?|으로서|로서)(?=[.,\s]|$)"
)
_FINAL = ("이다", "이었다", "였다")
_QUOTED = re.compile(r"[\"“‘]")
_SENTENCE_END = re.compile(r"(?<=[다음임함])\.(?:\s|$)")
_ALSO = re.compile(r",? (?:또는|혹은|약칭|줄여서|이하) |, (?:약칭|줄여서|통칭)[:은는]? ")
_LEGAL = re.compile(r"^(?:주식회사|㈜|유한회사|재단법인|사단법인|학교법인) ?| ?(?:주식회사|㈜)$")
_MARKED = re.compile(
    r"(?P<mark>약칭|약자|약어|줄임말|줄여서|통칭|별칭|구칭|옛 이름|이전 이름|본명|예명|필명"
    r"|정식 명칭|영문 약칭|영어 약칭|영문|영어|구)(?:은|는)?\s*(?:[:：]\s*|\s)(?P<alias>.+)$"
)
_CAPITALS = re.compile(r"(?=.*[A-Z].*[A-Z])[A-Z][A-Z0-9&\-]{2,8}$")
_ROMAN = re.compile(r"[IVXLCDM]+$")
_KOREAN = re.compile(r"[가-힣A-Z0-9](?=.*[가-힣])[가-힣A-Za-z0-9&· ]*$")
_BROKEN = re.compile(r"[,;:\"']|(?<![A-Z])\. ?[가-힣]")
_HONORIFICS = frozenset(
    "경 여사 박사 대령 중령 소령 대위 사무관 씨 옹 선생 부사장 상무 전무".split()
)
_QUOTES = " '\"‘’“”"

# Kiwi gives a word it does not know the id of its tag; those of the dictionary come after the tags.
FIRST_KNOWN = 100
PROPER_TAGS = ("NNP", "SL", "SH", "SN", "SW", "W_SERIAL")
_MINISTRY = re.compile(r"..[부처청]$")

# A subject that opens with one of these continues a text; it defines nothing.
_CONTINUING = frozenset(
    "그 이 저 한편 또한 특히 그러나 하지만 당시 현재 이후 또 다음 우리 최초 최초로 초기 이러한 "
    "이런 그런 이번 원래 본래 이때 비록 훗날 해당 첫 같은 각 모든 여러 아버지 어머니 할아버지 "
    "부친 모친 아들 딸".split()
)
_SECOND_TOPIC = re.compile(r"\S*(?:들은|들이|사람은) ")

# The words of a name, the last one apart, do not end in a particle; where the borders of the name
# are not sure, neither in a syllable that words of foreign names end in as well.
_PARTICLE = re.compile(r".(?:[는을를]|에서|에게|으로|에는|했던|하던|지만|까지|부터|이며)$")
_LOOSE_PARTICLE = re.compile(r".(?:[은의와과에며한된인]|이나|보다|처럼)$")
_LAST_PARTICLE = re.compile(r".(?:에서|에게|까지|부터|에서도|으로|이라|에|인|되|하)$")

# `매체인 새별`, `그룹 새별`: what a name is stands before it.
_WHAT = "매체|회사|기업|단체|기관|그룹|밴드|듀오|정당|멤버|가수|배우|작가|만화가|감독|시인|선수"
_WHAT_IS = re.compile(rf"(?:{_WHAT})인$")
_WHAT_BARE = re.compile(rf"^(?:{_WHAT})$")

_NUMBERED = re.compile(r"\d(?!세|대|호)")
_ONLY_NUMBERS = re.compile(r"[\d\s.,:~–\-년월일기호제차회]+$")
_FOREIGN_SCRIPT = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\u0400-\u04ff\u0600-\u06ff\u0e00-\u0e7f]")


@dataclass(frozen=True)
class Definition:
    """What one sentence says: these names are of this label.

    `firm`: the name stands in quotation marks or has a gloss, so its borders are sure.
    `placed`: the sentence has a country, a city, a number or a founding, as generic ones have not.
    """

    names: tuple[str, ...]
    label: str
    firm: bool
    placed: bool


@dataclass
class Seen:
    """All that was read about one name."""

    labels: Counter[str] = field(default_factory=Counter)
    firm: bool = False
    placed: bool = False


@cache
def heads() -> Mapping[str, str]:
    """Head noun → label, or `?` where it defines common nouns."""
    return {row[0]: row[1] for row in read_table(__package__, "gazetteer_heads")}


@cache
def _regions() -> frozenset[str]:
    return frozenset(row[0] for row in read_table("lgtalent_ie", "places") if row[1] == "region")


@cache
def _places() -> re.Pattern[str]:
    begun = "산하 소속 설립된 설립한 창립된 창당된 창당한 창간 결성 발족 개교 개국 데뷔".split()
    return re.compile(
        r"\d|[가-힣](?:특별|광역)시|" + "|".join(map(re.escape, (*sorted(_regions()), *begun)))
    )


def label_of(phrase: str) -> str | None:
    """The label of a noun phrase, read from its last words; None where the table has none.

    Two words are looked up before one, a word before its endings of two syllables and more.

    >>> label_of("대한민국의 시립교향악단")
    'ORG'
    """
    table = heads()
    words = phrase.split()
    if len(words) > 2 and words[-2] == "겸" and (found := label_of(words[-3])):
        return found
    if len(words) > 1 and (found := table.get(" ".join(words[-2:]))):
        return found
    word = words[-1]
    ends = (word[start:] for start in range(len(word) - 1))
    return table.get(word) or next((table[end] for end in ends if end in table), None)


def definition(paragraph: str) -> Definition | None:
    """What the first sentence of a paragraph defines, None where it defines nothing known.

    >>> definition("새별전자(새별電子, SBE)는 대한민국의 전자 기업이다. 본사는 여수에 있다.")
    Definition(names=('새별전자', 'SBE'), label='ORG', firm=True, placed=True)
    """
    text = paragraph.replace("(주)", "㈜").replace("（", "(").replace("）", ")")
    subject = _SUBJECT.match(text)
    if not subject:
        return None
    rest = text[subject.end() : subject.end() + LONGEST_SENTENCE]
    end = _SENTENCE_END.search(rest)
    sentence = rest[: end.start()] if end else rest
    gloss, titled = subject["gloss"], subject["title"] is not None
    firm = bool(gloss) or titled
    second = subject["second"] or ""
    label = predicated(sentence, firm)
    name = (subject["title"] or subject["name"] or "").strip(_QUOTES)
    if not firm and _SECOND_TOPIC.match(rest):
        return None
    if not label or not name or not (firm or agrees(second or name, subject["particle"])):
        return None
    if titled:
        names = [name] if label not in ("PERSON", "LOCATION") else []
    else:
        names = [part for part in (*written(name), *written(second)) if plain(part, firm)]
        if label == "PERSON":
            names = [untitled(part) for part in names]
    if names and gloss:
        names += aliases(gloss, label)
    names = [n for n in names if usable(n, label)]
    if not names:
        return None
    placed = bool(_places().search(sentence))
    return Definition(tuple(dict.fromkeys(names)), label, firm, placed)


def predicated(sentence: str, firm: bool) -> str | None:
    """The label of the first noun predicate the table knows, unless a later one gainsays it.

    `…인 가수이자 …를 기려 만든 상이다` is no singer: a predicate joined by `이자` or `이며` counts
    only where the sentence does not end in another known label. A subject without a gloss
    (`firm` is False) takes its first predicate or none, and is a person only in a short sentence:
    in the middle of an article such sentences tell what someone did.
    """
    found = None
    for predicate in _PREDICATE.finditer(sentence):
        before = sentence[: predicate.end("noun")].strip()
        ending = predicate["ending"]
        if not firm and (ending.endswith(("로", "서")) or _QUOTED.search(before)):
            continue
        if " " not in before:  # a bare head defines nothing: `정하늘은 시인이다`
            return found
        label = label_of(before)
        final = ending in _FINAL
        if not firm and label in ("PERSON", COMMON) and not (final and len(before) <= SHORT):
            return None
        if found is None:
            if label is None and (final or not firm):
                return None
            found = label
            if final or (found and ending.endswith(",")):
                return found
        elif label is not None and label != found:
            return None
        elif final:
            return found
    return found


def agrees(name: str, particle: str) -> bool:
    """True where 은 or 는 is the form that the name's last syllable takes."""
    last = name[-1]
    if not "가" <= last <= "힣":
        return True
    return ((ord(last) - ord("가")) % 28 != 0) == (particle == "은")


def written(name: str) -> list[str]:
    """A subject as the names in it: `가 또는 나`, `가, 약칭 나`, with and without a legal form."""
    parts = [part.strip(_QUOTES + ",·") for part in _ALSO.split(name)]
    return [n for part in parts for n in (part, _LEGAL.sub("", part)) if n]


def plain(name: str, firm: bool) -> bool:
    """True for a name, False for a phrase that only looks like one."""
    words = name.split()
    if not words or len(words) > 7 or words[0] in _CONTINUING or _BROKEN.search(name):
        return False
    if any(map(_PARTICLE.search, words[:-1])) or any(map(_WHAT_IS.search, words[:-1])):
        return False
    if firm:
        return True
    if len(words) > 1 and words[-1] in heads() and all(map(_ONLY_NUMBERS.match, words[:-1])):
        return False
    if any(map(_LOOSE_PARTICLE.search, words[:-1])) or _LAST_PARTICLE.search(name):
        return False
    return not any(map(_WHAT_BARE.search, words[:-1]))


def untitled(name: str) -> str:
    """A person's name without the title after it: `정하늘 장군` → `정하늘`."""
    first, _, last = name.rpartition(" ")
    return first if first and (last in _HONORIFICS or heads().get(last) == "PERSON") else name


def usable(name: str, label: str) -> bool:
    """Long enough, in Korean or with capitals, and not contradicted by its own last word."""
    if not 2 <= len(name) <= LONGEST_NAME or not re.search(r"[가-힣A-Z]", name):
        return False
    if name[0] in ",.·-~)" or _ONLY_NUMBERS.match(name) or _FOREIGN_SCRIPT.search(name):
        return False
    if label == "PERSON" and (_NUMBERED.search(name) or name.endswith(("상", "사건", "위원회"))):
        return False
    if label in ("PRODUCT", COMMON) or (" " not in name and len(name) < 5):
        return True
    last = name.split()[-1]
    return len(last) < 2 or label_of(last) in (None, COMMON, "PERSON", "PRODUCT", label)


def aliases(gloss: str, label: str) -> list[str]:
    """Other names in the brackets: capitals (no person's, no place's), Korean ones with a mark.

    >>> aliases("(새별大學校, 약칭: 새별대, SBU, 1954년 3월 ~)", "ORG")
    ['새별대', 'SBU']
    """
    found = []
    for part in re.split(r"[,;/、，]|\)\s*\(| 또는 ", gloss.strip("() ")):
        part = part.strip(_QUOTES)
        marked = _MARKED.match(part)
        if marked:
            part = marked["alias"].strip(_QUOTES)
        capitals = _CAPITALS.match(part) and not _ROMAN.match(part)
        korean = marked and marked["mark"] not in ("영문", "영어") and _KOREAN.match(part)
        if (capitals and label not in ("PERSON", "LOCATION")) or korean:
            found.append(part)
    return found


def count(paragraphs: Iterable[str]) -> dict[str, Seen]:
    """Every name that is defined, with how often as what."""
    seen: dict[str, Seen] = {}
    for paragraph in paragraphs:
        if told := definition(paragraph):
            for name in told.names:
                entry = seen.setdefault(name, Seen())
                entry.labels[told.label] += 1
                entry.firm |= told.firm
                entry.placed |= told.placed
    return seen


@cache
def _kiwi() -> Kiwi:
    from kiwipiepy import Kiwi

    return Kiwi()


def settled(seen: Mapping[str, Seen]) -> Iterator[tuple[str, str, int]]:
    """(name, label, definitions) of the names with one label that are no ordinary words."""
    names = []
    for name, entry in seen.items():
        (label, most), *others = entry.labels.most_common()
        if label != COMMON and sum(n for _, n in others) <= MARGIN * most:
            names.append((name, label, most))
    analysed = _kiwi().tokenize(name for name, _, _ in names)
    for (name, label, most), tokens in zip(names, analysed, strict=True):
        if not ordinary(name, label, tokens, seen[name]):
            yield name, label, most


def ordinary(name: str, label: str, tokens: list[Token], entry: Seen) -> bool:
    """True for words of the dictionary and for phrases that a definition took for a name.

    `tokens` are Kiwi's of the name alone. A title of several words stays whatever its words are;
    a ministry stays though dictionaries have it; a compound of dictionary words stays where a
    definition places it (`entry.placed`), for `연방의회` is defined everywhere and placed nowhere.
    """
    tags = [token.tag for token in tokens]
    known = all(token.id >= FIRST_KNOWN for token in tokens)
    common = known and not any(tag in PROPER_TAGS for tag in tags)
    if label == "PRODUCT":  # films and songs are named after words, people and countries
        return known and " " not in name
    if label != "LOCATION" and name in _regions():
        return True
    if common and len(tags) == 1:
        return not (entry.firm and entry.placed and _MINISTRY.search(name))
    if not entry.firm and known and (tags[-1][0] in "EJV" or tags[0] in ("NP", "MM")):
        return True
    if label == "PERSON":
        return not entry.firm and any(
            len(token.form) > 1 and token.id >= FIRST_KNOWN and token.tag not in PROPER_TAGS
            for token in tokens
        )
    if label == "LOCATION" and " " in name:
        return False
    return common and not entry.placed and not (entry.firm and " " in name)


def mine(paragraphs: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Names and labels (ORG PERSON LOCATION PRODUCT EVENT) from an encyclopedia's paragraphs.

    All paragraphs are read before the first name comes out: a name that is defined as two things
    is neither.

    >>> robots = "새별로보틱스(SBRX)는 대한민국의 로봇 기업이다."
    >>> list(mine([robots, "정하늘(1980년 ~)은 한국의 시인이다."]))
    [('새별로보틱스', 'ORG'), ('SBRX', 'ORG'), ('정하늘', 'PERSON')]
    """
    for name, label, _ in settled(count(paragraphs)):
        yield name, label
