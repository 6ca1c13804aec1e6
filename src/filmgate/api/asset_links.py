"""Links to assets, and links that are to become assets."""

from collections.abc import Callable
from datetime import datetime, timedelta

from filmgate.api.calls import Call
from filmgate.api.desk import Desk
from filmgate.asset import Asset
from filmgate.errors import Violation
from filmgate.work.own_media import own_object
from filmgate.work.placing import broken_receiver

LAST = timedelta(hours=1)
"""How long a link to an asset is good."""


def link_at(desk: Desk, call: Call) -> Callable[[Asset], tuple[str, datetime]]:
    """Makes links to the bytes of assets, as this server is reached by who calls, and says until when they are good.
    A link is empty while there are no bytes.
    """
    expires_at = desk.services.clock() + LAST

    def link(asset: Asset) -> tuple[str, datetime]:
        if asset.file is None or asset.file.object_name is None:
            return "", expires_at
        name = asset.file.object_name
        path = desk.services.links.path(name, file_name=name.rpartition("/")[2], expires_at=expires_at)
        return desk.base_url(call).rstrip("/") + path, expires_at

    return link


def url_checked_at(desk: Desk) -> Callable[[str, str], list[Violation]]:
    """What is wrong with a link that is to become an asset, by its field; nothing, where it is one of ours."""

    def check(field: str, url: str) -> list[Violation]:
        if own_object(desk.services.links, url, desk.services.clock()) is not None:
            return []
        settings = desk.services.settings
        return broken_receiver(
            field, url, plain_http_allowed=settings.allow_private_networks, link_ports=settings.link_ports
        )

    return check
