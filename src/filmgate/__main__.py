"""``python -m filmgate``: the same as the ``filmgate`` command."""

from filmgate.cli import main

main()
