"""What a corpus run would do, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from lgtalent_ie.corpus.batch import Plan, choose_workers
from lgtalent_ie.corpus.counting import count_rows

MOST_FILES = 20


def describe(plan: Plan) -> Iterator[str]:
    """A line for each thing that a user may have meant otherwise."""
    batch, sources = plan.batch, plan.inputs.sources
    kinds = Counter[str](source.kind for source in sources)
    size = sum(source.size for source in sources)
    yield f"files      {len(sources)} ({spelled(kinds)}), {size / 1e6:,.1f} MB"
    for source in sources[:MOST_FILES]:
        yield f"           {source.path}" + (f": {source.error}" if source.error else "")
    if len(sources) > MOST_FILES:
        yield f"           … and {len(sources) - MOST_FILES} more"
    if plan.inputs.passed_over:
        yield f"not read   {spelled(plan.inputs.passed_over)}"
    names = dict.fromkeys(name for source in sources for name, _ in source.columns or ())
    for role, name in zip(("id", "text", "published"), batch.columns.used, strict=True):
        if names:
            where = "" if name in names else ": not there"
            yield f"{role:<11}column {name!r}{where}"
    if plan.further:
        yield "along      " + ", ".join(f.name for f in plan.further)
    rows, exact = count_rows(sources, batch.columns)
    yield f"rows       {'' if exact else 'about '}{rows:,}"
    yield f"model      {plan.settings['model']['name']}"
    workers = choose_workers(batch.workers, batch.device)
    yield "workers    " + (str(workers) if workers else "none, this process")
    yield f"output     {batch.out}: {batch.to} in parts of {batch.part_size:,} rows"
    parts = plan.summary.parts if plan.summary else -(-rows // batch.part_size)
    left = max(0, parts - len(plan.done))
    yield f"parts      {len(plan.done):,} done, {'' if exact else 'about '}{left:,} to do"


def spelled(counts: dict[str, int]) -> str:
    return ", ".join(f"{n:,} {name}" for name, n in counts.items())
