"""What an error says of the HTTP request in which it happened, by the names of the semantic conventions.

Never a body, a header, a cookie, an address of a client, nor the value of a query parameter: only its name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_plus

from otel_errors import _semconv

if TYPE_CHECKING:
    from opentelemetry.util.types import AnyValue

PATH_CHARS_MAX: Final = 2_048
PARAMETERS_MAX: Final = 32
PARAMETER_CHARS_MAX: Final = 64

_METHODS: Final = frozenset({"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"})
_OTHER_METHOD: Final = "_OTHER"  # semantic conventions: what keeps the attribute's values few


def request_attributes(
    *,
    method: str | None,
    scheme: str | None,
    host: str | None,
    path: str | None,
    query: str | None,
    route: str | None,
) -> dict[str, AnyValue]:
    """Return the attributes; what is None or empty is left out. `host` may have a port."""
    address, port = _split_host(host or "")
    found: dict[str, AnyValue] = {
        _semconv.HTTP_REQUEST_METHOD: method if method is None or method in _METHODS else _OTHER_METHOD,
        _semconv.HTTP_ROUTE: route,
        _semconv.URL_PATH: (path or "")[:PATH_CHARS_MAX],
        _semconv.URL_QUERY: redacted_query(query or ""),
        _semconv.URL_SCHEME: scheme,
        _semconv.SERVER_ADDRESS: address,
        _semconv.SERVER_PORT: port,
    }
    return {name: value for name, value in found.items() if value}


def redacted_query(query: str) -> str:
    """Return the query string with every value replaced, as in `id=REDACTED&page=REDACTED`."""
    names = (part.partition("=")[0] for part in query.split("&", PARAMETERS_MAX)[:PARAMETERS_MAX] if part)
    return "&".join(f"{unquote_plus(name)[:PARAMETER_CHARS_MAX]}={_semconv.REDACTED}" for name in names)


def _split_host(host: str) -> tuple[str, int | None]:
    name, colon, port = host.rpartition(":")
    if colon and port.isdigit() and not name.endswith(":"):
        return name.strip("[]"), int(port)
    return host.strip("[]"), None
