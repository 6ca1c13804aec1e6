"""The Ink dialect: seedance2.ink's "Seedance 2.0 Open API", spoken to customers and to vendors (spec ink)."""

from filmgate.dialects.ink.client import InkClient
from filmgate.dialects.ink.examples import EXAMPLES
from filmgate.dialects.ink.server import InkServer

__all__ = ["EXAMPLES", "InkClient", "InkServer"]
