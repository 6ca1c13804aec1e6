"""The Jimmy dialect: the Jimmy AI OpenAPI, spoken to customers and to vendors (spec jimmy)."""

from filmgate.dialects.jimmy.client import JimmyClient
from filmgate.dialects.jimmy.examples import EXAMPLES
from filmgate.dialects.jimmy.server import JimmyServer

__all__ = ["EXAMPLES", "JimmyClient", "JimmyServer"]
