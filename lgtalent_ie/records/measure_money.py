"""Money with its sign in front: $1,200, €300만, US$ 1.5 billion, $10~20."""

from __future__ import annotations

import re

from msgspec.structs import replace

from lgtalent_ie.records.measure_units import Measure, made, scaled
from lgtalent_ie.records.numerals import Numeral, numerals_at

SYMBOLS = {
    "US$": "USD", "HK$": "HKD", "NT$": "TWD", "NZ$": "NZD", "MX$": "MXN", "AU$": "AUD",
    "CA$": "CAD", "A$": "AUD", "C$": "CAD", "S$": "SGD", "R$": "BRL",
    "$": "USD", "＄": "USD", "€": "EUR", "£": "GBP", "￡": "GBP", "₩": "KRW", "￦": "KRW",
    "¥": "JPY", "￥": "JPY", "₹": "INR", "₫": "VND", "₽": "RUB", "฿": "THB", "₱": "PHP",
    "₺": "TRY", "₴": "UAH", "₦": "NGN", "₪": "ILS",
    "USD": "USD", "EUR": "EUR", "KRW": "KRW", "JPY": "JPY", "CNY": "CNY", "GBP": "GBP",
    "RMB": "CNY", "AUD": "AUD", "CAD": "CAD", "HKD": "HKD", "SGD": "SGD", "CHF": "CHF",
}  # fmt: skip
_LONGEST_SYMBOL = max(map(len, SYMBOLS))
_MILLIONS = re.compile(
    r" ?(million|billion|trillion|mn|bn|tn)(?![A-Za-z])|([KkMmBT])(?![A-Za-z0-9/])"
)
_SCALES = {
    "k": 10**3, "m": 10**6, "mn": 10**6, "million": 10**6, "b": 10**9, "bn": 10**9,
    "billion": 10**9, "t": 10**12, "tn": 10**12, "trillion": 10**12,
}  # fmt: skip
_TO = re.compile(r" ?[~∼〜～] ?|[–—−-]")


def symbol_at(text: str, at: int) -> str | None:
    """The currency sign or code that stands at `at`."""
    for length in range(_LONGEST_SYMBOL, 0, -1):
        if text[at : at + length] in SYMBOLS:
            return text[at : at + length]
    return None


def money(text: str, at: int, symbol: str) -> Measure | None:
    """The sum behind the sign at `at`, or the range of two."""
    start = at + len(symbol)
    start += text.startswith(" ", start)
    for numeral in numerals_at(text, start):
        if numeral.script != "digits":
            continue
        if (to := _TO.match(text, numeral.end)) and (span := _up_to(text, numeral, to, symbol)):
            low, high, end = span
            measure = Measure(at, end, None, low, high, symbol, "money", None, None, False, True)
        else:
            value, end = _in_full(text, numeral, numeral.value)
            measure = made(at, end, value, symbol, "money", sure=True)
        return replace(measure, currency=SYMBOLS[symbol], counts="money", more=numeral.more)
    return None


def _up_to(
    text: str, first: Numeral, to: re.Match[str], symbol: str
) -> tuple[int | float, int | float, int] | None:
    """$10~20, $1~2 million, $5만~$10만: both ends and where they end."""
    start = to.end()
    start += len(symbol) if text.startswith(symbol, start) else 0
    for second in numerals_at(text, start):
        if second.script != "digits" or second.value is None:
            continue
        high, end = _in_full(text, second, second.value)
        least = scaled(text, first, second)
        low = _in_full(text, second, least)[0] if least < second.value else least
        if low is not None and high is not None and low < high:
            return low, high, end
    return None


def _in_full(
    text: str, numeral: Numeral, value: int | float | None
) -> tuple[int | float | None, int]:
    """The value times the English word or letter behind the numeral, and where that ends."""
    scale = _MILLIONS.match(text, numeral.end)
    if scale is None or value is None:
        return value, numeral.end
    product = value * _SCALES[(scale[1] or scale[2]).lower()]
    return int(product) if product == int(product) else product, scale.end()
