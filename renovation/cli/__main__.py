"""``python -m renovation.cli``."""

from renovation.cli import main

main()
