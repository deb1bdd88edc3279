"""Where the commands of `lgtalent` write to."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from lgtalent_ie.errors import InputError


@contextmanager
def open_output(path: Path | None) -> Iterator[IO[str]]:
    """Standard output, or a file that appears under its name only when it is whole."""
    if path is None:
        sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
        yield sys.stdout
        return
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8", newline="\n") as stream:
            yield stream
        part.replace(path)
    except OSError as error:
        raise InputError(
            f"output {path}: {error.strerror}", "a writable file", "choose another"
        ) from error
    finally:
        part.unlink(missing_ok=True)
