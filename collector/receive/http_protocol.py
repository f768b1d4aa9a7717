"""uvicorn's HTTP/1.1 protocol, with limits on how long a connection may say nothing useful.

uvicorn by itself lets a connection wait for ever for the rest of its headers, so that a few
thousand of them use up the process's file descriptors. The body's time is limited where it is read
(`http_app.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio

HEADERS_SECONDS_MAX: Final = 20.0
"""From a connection's start, or from the answer before, to the end of a request's headers. Also how
long a connection may be idle, and how long a refused body is read on and thrown away, so that the
sender sees the answer."""


class BoundedH11Protocol(H11Protocol):
    """Closes a connection that does not complete the headers of its next request in time."""

    headers_seconds_max = HEADERS_SECONDS_MAX
    _headers_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock."""
        super().connection_made(transport)
        self._start_headers_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the clock."""
        self._stop_headers_timer()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """Stop the clock while a request is being answered."""
        super().handle_events()
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_headers_timer()

    def on_response_complete(self) -> None:
        """Start the clock for the next request."""
        self._start_headers_timer()
        super().on_response_complete()

    def _start_headers_timer(self) -> None:
        self._stop_headers_timer()
        self._headers_timer = self.loop.call_later(self.headers_seconds_max, self.transport.close)

    def _stop_headers_timer(self) -> None:
        if self._headers_timer is not None:
            self._headers_timer.cancel()
            self._headers_timer = None
