"""``filmgate demo``: three real films through the three seed APIs, in about half a minute."""

from filmgate.cli.options import DataOption


def demo(data: DataOption = None) -> None:
    """Make three films and a contact sheet in ./demo/, one film through each of the three seed APIs."""
    # Media and HTTP libraries take a while to import, which other commands need not wait for.
    from filmgate.cli.demo_films import make_demo

    make_demo(data)
