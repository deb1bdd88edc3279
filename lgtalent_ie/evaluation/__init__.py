"""How good the output is: gold documents, scores, agreement. The library does without it."""
