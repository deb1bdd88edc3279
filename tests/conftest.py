"""Settings for all tests."""

import os

# Tiny networks gain nothing from threads, and threads that wait for one another cost much.
os.environ.setdefault("OMP_NUM_THREADS", "1")
