"""`python -m classifier` is the command `classifier`."""

from classifier.cli import main

main()
