"""Routes: by whom a model's films are made, and in which order they are asked.

A model's own ``routes`` decide. A model without any is made by every upstream that says it makes it, the lowest
priority first; and by the engine on this machine where there is none.
"""

import random
from collections.abc import Mapping, Sequence

import msgspec

from filmgate.catalogue.load import Catalogue
from filmgate.catalogue.model import Offer, Route
from filmgate.errors import SetupError
from filmgate.task import LOCAL

ANY = "*"


class Maker(msgspec.Struct, frozen=True, kw_only=True):
    """An upstream, as far as routes are concerned. Built from the settings."""

    name: str
    models: Mapping[str, str]
    """Our ids to its names; ``*`` to ``*`` is every model by the same name."""
    priority: int = 0
    weight: int = 1

    def name_of(self, model: str) -> str | None:
        """Its name for a model of ours; None where it does not make it."""
        found = self.models.get(model, self.models.get(ANY))
        return model if found == ANY else found


class Router:
    """Knows who makes what."""

    def __init__(self, makers: Sequence[Maker] = ()) -> None:
        self._makers = {maker.name: maker for maker in makers}

    def check(self, catalogue: Catalogue) -> None:
        """Every route of every model leads somewhere.

        Raises:
            SetupError: one does not; it is named.
        """
        for offer in catalogue.offers():
            for route in offer.routes:
                if route.upstream != LOCAL and route.upstream not in self._makers:
                    known = ", ".join((LOCAL, *self._makers))
                    raise SetupError(
                        f"model {offer.id!r} has a route to {route.upstream!r}, which is not set up.",
                        f"Set it up as [[upstream]], or use one of {known}.",
                    )

    def routes(self, offer: Offer) -> tuple[Route, ...]:
        """The routes of a model, the one to try first in front; of equal priority, in the order of the settings."""
        if offer.routes:
            # Its own order is its priority.
            return tuple(
                msgspec.structs.replace(route, model=self._vendor_name(route, offer.model), priority=number)
                for number, route in enumerate(offer.routes)
            )
        found = [
            Route(upstream=maker.name, model=name, priority=maker.priority, weight=maker.weight)
            for maker in self._makers.values()
            if (name := maker.name_of(offer.model)) is not None
        ]
        return tuple(sorted(found, key=lambda route: route.priority)) or (Route(upstream=LOCAL, model=offer.model),)

    def _vendor_name(self, route: Route, model: str) -> str:
        maker = self._makers.get(route.upstream)
        return route.model or (maker.name_of(model) if maker else None) or model


def in_order(routes: Sequence[Route], chance: random.Random) -> list[Route]:
    """The routes in the order in which one task tries them: by priority; within one by lot, as their weights say."""
    left, drawn = list(routes), list[Route]()
    while left:
        first = min(route.priority for route in left)
        group = [route for route in left if route.priority == first]
        chosen = chance.choices(group, weights=[route.weight for route in group])[0]
        drawn.append(chosen)
        left.remove(chosen)
    return drawn
