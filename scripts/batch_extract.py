"""Extract every article of a folder into one JSONL file: batch_extract.py FOLDER OUT.jsonl.

The same as `lgtalent extract FOLDER -o OUT.jsonl`; further options of that command may follow.
"""

from __future__ import annotations

import sys

from lgtalent_ie.cli import main

if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    folder, output, *options = sys.argv[1:]
    sys.argv = ["lgtalent", "extract", folder, "--output", output, *options]
    main()
