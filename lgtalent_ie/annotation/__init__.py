"""The work of people on marks: formats of other tools, picking, importing, merging, serving."""
