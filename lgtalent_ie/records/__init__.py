"""Records made from mentions: dates, counts, organisations, quotes, relations, facts."""
