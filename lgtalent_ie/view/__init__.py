"""Documents for people to look at."""
