"""The Ark dialect: content generation tasks of Volcengine Ark and BytePlus ModelArk (spec ark)."""

from filmgate.dialects.ark.client import ArkClient
from filmgate.dialects.ark.examples import EXAMPLES
from filmgate.dialects.ark.server import ArkServer

__all__ = ["EXAMPLES", "ArkClient", "ArkServer"]
