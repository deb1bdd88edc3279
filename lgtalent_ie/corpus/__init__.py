"""Many documents: reading them, extracting them, and what they say together."""

from lgtalent_ie.corpus.timeline import Timeline, merge

__all__ = ["Timeline", "merge"]
