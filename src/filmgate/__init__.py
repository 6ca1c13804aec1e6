"""filmgate: a self-hosted open platform for asynchronous video generation."""

__version__ = "0.1.0"
