"""Engines: local generation. Each one passes the suite in ``tests/engines``."""
