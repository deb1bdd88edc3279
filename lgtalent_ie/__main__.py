"""`python -m lgtalent_ie` is the command `lgtalent`."""

from lgtalent_ie.cli import main

main()
