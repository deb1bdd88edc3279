"""The neural part: morpheme pieces in, labels with scores out."""
