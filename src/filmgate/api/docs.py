"""The pages about the API at ``/docs``: Swagger UI from its package, served by ourselves, so they work offline."""

import hashlib

import msgspec
from litestar.exceptions import NotFoundException
from litestar.types import Send
from swagger_ui_bundle import swagger_ui_path

from filmgate.api.answers import JSON_TYPE, OPEN_TO_ALL_ORIGINS, send_bytes, send_empty
from filmgate.api.calls import Call
from filmgate.api.openapi import SERVER, as_openapi_3_0, openapi_document
from filmgate.api.services import Services

_PAGE = b"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>filmgate</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
</head>
<body>
<div id="pages"></div>
<noscript>The same in a form for machines: <a href="/docs/openapi.json">/docs/openapi.json</a></noscript>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""

# This Swagger UI reads OpenAPI 3.0 only; tools get the 3.1 document.
_START = b"""SwaggerUIBundle({
  url: "/docs/openapi-3.0.json",
  dom_id: "#pages",
  deepLinking: true,
  persistAuthorization: true,
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
});
"""

_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    b"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PAGE_HEADERS = (
    (b"content-security-policy", _POLICY),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
_CACHE_SECONDS = 3600
_BUNDLE_TYPES = {
    "swagger-ui.css": b"text/css; charset=utf-8",
    "swagger-ui-bundle.js": b"text/javascript; charset=utf-8",
    "favicon-32x32.png": b"image/png",
}


class _Asset(msgspec.Struct, frozen=True):
    content_type: bytes
    body: bytes
    etag: bytes


class Docs:
    """The page, what it loads, and the documents. Made once at start."""

    def __init__(self, services: Services) -> None:
        self._public_url = services.settings.public_url
        document = openapi_document(services.catalogue, services.dialects)
        # Encoded once; only the server's address, which the caller decides, is still to be put in.
        self._documents = {
            "openapi.json": msgspec.json.encode(document),
            "openapi-3.0.json": msgspec.json.encode(as_openapi_3_0(document)),
        }
        self._assets = {
            name: _asset(content_type, (swagger_ui_path / name).read_bytes())
            for name, content_type in _BUNDLE_TYPES.items()
        }
        self._assets["start.js"] = _asset(b"text/javascript; charset=utf-8", _START)

    async def page(self, call: Call, send: Send) -> None:
        """The page for people."""
        await send_bytes(call.scope, send, 200, _PAGE, b"text/html; charset=utf-8", _PAGE_HEADERS)

    async def part(self, call: Call, send: Send) -> None:
        """What the page loads, and the documents."""
        name = call.path_values["name"]
        if name in self._documents:
            body = self._documents[name].replace(SERVER.encode(), self._server_in_json(call))
            await send_bytes(call.scope, send, 200, body, JSON_TYPE, OPEN_TO_ALL_ORIGINS)
        elif name in self._assets:
            await _send_asset(call, send, self._assets[name])
        else:
            raise NotFoundException

    def _server_in_json(self, call: Call) -> bytes:
        return msgspec.json.encode(self._public_url or call.base_url())[1:-1]


async def _send_asset(call: Call, send: Send, asset: _Asset) -> None:
    headers = (
        (b"etag", asset.etag),
        (b"cache-control", f"public, max-age={_CACHE_SECONDS}".encode()),
        (b"x-content-type-options", b"nosniff"),
    )
    if call.headers.get(b"if-none-match") == asset.etag:
        await send_empty(call.scope, send, 304, headers)
    else:
        await send_bytes(call.scope, send, 200, asset.body, asset.content_type, headers)


def _asset(content_type: bytes, body: bytes) -> _Asset:
    return _Asset(content_type, body, b'"' + hashlib.sha256(body).hexdigest()[:32].encode() + b'"')
