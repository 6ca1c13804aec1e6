"""The native dialect: our own API, with a word for everything that filmgate can do."""

from filmgate.dialects.native.examples import EXAMPLES
from filmgate.dialects.native.server import NativeServer

__all__ = ["EXAMPLES", "NativeServer"]
