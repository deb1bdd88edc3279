"""How good the output is: gold documents, scores, agreement. Never imported by the library itself."""
