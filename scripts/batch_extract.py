"""Extract every article of a corpus: batch_extract.py INPUT… --out FOLDER [--to parquet] …

The same as `lgtalent batch` with the same arguments; `--help` lists them.
"""

from __future__ import annotations

import sys

from lgtalent_ie.cli import main

if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.argv = ["lgtalent", "batch", *sys.argv[1:]]
    main()
