"""The animatic: an honest previsualisation of an order, as a real film."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filmgate.engines.animatic.engine import Animatic

__all__ = ["Animatic"]


def __getattr__(name: str) -> object:
    # Imported when asked for: every film's child imports this package too, and needs none of the parent's machinery.
    if name == "Animatic":
        from filmgate.engines.animatic.engine import Animatic

        return Animatic
    raise AttributeError(name)
