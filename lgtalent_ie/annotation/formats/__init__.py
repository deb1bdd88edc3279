"""Marks in the formats of other tools, one module each, all with the same three names.

`write(documents, path)` writes marked documents to a file or a folder, `read(path, origin)` reads
them back, and `LOSES` names what does not survive the way there and back (`marked.LOSABLE`).
"""
