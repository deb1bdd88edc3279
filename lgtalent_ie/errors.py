"""Every error this library raises on purpose: what was given, what is accepted, what to do."""

from __future__ import annotations


class LgtalentError(Exception):
    """Base of all errors of this library; catch it to catch them all.

    Parameters
    ----------
    given: what the caller handed over, as the caller would recognise it.
    accepted: what would have been right.
    remedy: the next thing to do.

    >>> print(LgtalentError("published='gestern'", "a date such as 2023-06-21", "correct it"))
    published='gestern'; accepted: a date such as 2023-06-21; to do: correct it
    """

    def __init__(self, given: str, accepted: str, remedy: str) -> None:
        self.given, self.accepted, self.remedy = given, accepted, remedy
        super().__init__(f"{given}; accepted: {accepted}; to do: {remedy}")

    def __reduce__(self) -> tuple[type[LgtalentError], tuple[str, str, str]]:
        return type(self), (self.given, self.accepted, self.remedy)


class InputError(LgtalentError):
    """A text, a file or an argument cannot be read as what it should be."""


class ModelError(LgtalentError):
    """A model folder is missing, damaged, foreign, or of another version."""


class DictionaryError(LgtalentError):
    """A user dictionary line cannot be read."""


class DataError(LgtalentError):
    """Training, gold or prediction data is not of the documented form."""


class MissingExtraError(LgtalentError):
    """A feature needs packages that one of the optional extras installs."""


class EngineError(LgtalentError):
    """What holds the model has gone; no document is at fault, and the run cannot go on."""
