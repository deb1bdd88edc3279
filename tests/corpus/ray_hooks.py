"""What actors of a Ray cluster run in tests; they import this module by its name."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

from lgtalent_ie.corpus.work import Answer, Chunk, Work, start_work

FATAL = "치명"


def killed_once(folder: str, work: Work) -> Callable[[Chunk], Answer]:
    """`start_work`, but the first process that meets a marked text is killed over it.

    Each process leaves a file `pid-<number>` in the folder, and the one that is killed `killed`.
    """
    handle = start_work(work)
    (Path(folder) / f"pid-{os.getpid()}").touch()

    def extract(chunk: Chunk) -> Answer:
        mark = Path(folder) / "killed"
        if any(FATAL in (row.text or "") for row in chunk.rows) and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return handle(chunk)

    return extract
