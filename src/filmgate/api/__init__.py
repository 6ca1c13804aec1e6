"""The doors: HTTP in, an answer in the caller's dialect out."""

from filmgate.api.doors import build_api

__all__ = ["build_api"]
