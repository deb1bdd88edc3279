"""A progress bar for a corpus run, on standard error: documents a second and the time left."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lgtalent_ie.corpus.batch import Plan
from lgtalent_ie.corpus.counting import count_rows

# Seconds between two states of the bar: at a terminal, and in a file that someone will read.
AT_TERMINAL, IN_A_FILE = 0.5, 30.0


@contextmanager
def progress_bar(plan: Plan) -> Iterator[Callable[[int], None]]:
    """A function that moves the bar on by so many rows; parts done before do not count as speed.

    Where the number of rows is only guessed, the bar's total grows when it is reached.
    """
    from tqdm import tqdm

    done = sum(part.rows for part in plan.done.values())
    total = (
        plan.summary.rows
        if plan.summary
        else count_rows(plan.inputs.sources, plan.batch.columns)[0]
    )
    pace = AT_TERMINAL if sys.stderr.isatty() else IN_A_FILE
    with tqdm(
        total=total, initial=done, unit=" documents", mininterval=pace, smoothing=0.05,
        dynamic_ncols=True, file=sys.stderr,
    ) as bar:  # fmt: skip

        def on_rows(rows: int) -> None:
            if bar.total is not None and bar.n + rows > bar.total:
                bar.total = bar.n + rows
            bar.update(rows)

        yield on_rows
