"""Which sites' pages may call, and what browsers have to be told about it (CORS).

A browser lets any page send requests anywhere; what protects a server on somebody's own machine is that it looks
where they come from. Two headers tell: `Origin`, the site of the page, and `Host`, the name that the page knows the
server by. A name can be made to point at any address, this machine's among them; so without tokens only addresses,
`localhost` and the hosts of allowed sites are taken.
"""

import ipaddress
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

REQUEST_HEADERS = (
    "authorization, connect-accept-encoding, connect-content-encoding, connect-protocol-version, connect-timeout-ms, "
    "content-type, grpc-accept-encoding, grpc-encoding, grpc-timeout, traceparent, user-agent, x-grpc-web, x-user-agent"
)
RESPONSE_HEADERS = "grpc-message, grpc-status, grpc-status-details-bin"
PREFLIGHT_AGE_S = 7200
"""The longest that browsers keep an answer for."""

HeaderList = list[tuple[bytes, bytes]]


class Origins:
    """Judges requests.

    allowed   origins; "*" is every one
    any_host  whether it does not matter by which name the server is called
    """

    def __init__(self, allowed: Sequence[str], *, any_host: bool) -> None:
        self._every_origin = "*" in allowed
        self._any_host = any_host or self._every_origin
        self._allowed = frozenset(allowed)
        self._hosts = frozenset(urlsplit(origin).hostname for origin in allowed if origin != "*")

    def knows_host(self, headers: Mapping[str, str]) -> bool:
        """Whether the name that the server is called by can be meant for it."""
        host = headers.get("host")
        if self._any_host or not host:  # no browser leaves it out
            return True
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        return name == "localhost" or name.endswith(".localhost") or name in self._hosts or _is_address(name)

    def allows(self, headers: Mapping[str, str]) -> bool:
        """Whether a request may call: it comes from an allowed site, from the port's own pages, or from no page."""
        origin = headers.get("origin")
        if origin is None or self._is_listed(origin):
            return True
        try:
            return urlsplit(origin).netloc == headers.get("host")
        except ValueError:
            return False

    def response_headers(self, headers: Mapping[str, str]) -> HeaderList:
        """What goes with every response, so that an allowed page may read it."""
        origin = headers.get("origin")
        vary = [] if self._every_origin else [(b"vary", b"origin")]
        if origin is None or not self._is_listed(origin):
            return vary
        return [
            (b"access-control-allow-origin", b"*" if self._every_origin else origin.encode()),
            (b"access-control-expose-headers", RESPONSE_HEADERS.encode()),
            *vary,
        ]

    def preflight_headers(self, headers: Mapping[str, str]) -> HeaderList:
        """What an allowed page's browser is told before the request itself."""
        told = [
            (b"access-control-allow-methods", b"POST, GET"),
            (b"access-control-allow-headers", REQUEST_HEADERS.encode()),
            (b"access-control-max-age", str(PREFLIGHT_AGE_S).encode()),
        ]
        if "access-control-request-private-network" in headers:  # a public site calls somebody's own machine
            told.append((b"access-control-allow-private-network", b"true"))
        return told

    def _is_listed(self, origin: str) -> bool:
        return self._every_origin or origin in self._allowed


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
