"""HOST:PORT -> a bound socket, or one line that says why not and what to do."""

from __future__ import annotations

import errno
import socket

from collector.failures import StartFailure

_PORT_MAX = 65535


def bind(address: str, *, what: str, option: str) -> socket.socket:
    """Return a TCP socket bound to `address` ("127.0.0.1:4317", "[::1]:0"), not listening.

    A name with several addresses means the first, IPv4 before IPv6. Port 0 means any free port.
    `what` and `option` name the listener and its setting in the message of the `StartFailure` that
    is raised when the address can't be read, resolved or bound.
    """
    host, port = _parse(address, what=what, option=option)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise StartFailure(
            f"Cannot listen for {what} on {address}: host {host!r} can't be resolved ({error}); "
            f"give an address of this machine with {option} 127.0.0.1:{port}."
        ) from error
    family, kind, protocol, _, sockaddr = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    listener = socket.socket(family, kind, protocol)
    try:
        # Without it the port of a service that just ended is refused for a minute (TIME_WAIT). On
        # Linux it does not let two listeners share a port.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(sockaddr)
    except OSError as error:
        listener.close()
        raise StartFailure(
            f"Cannot listen for {what} on {address}: {_reason(error)} with {option} 127.0.0.1:PORT."
        ) from error
    return listener


def numeric(listener: socket.socket) -> str:
    """Return HOST:PORT of a bound socket, with the address in figures."""
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if listener.family == socket.AF_INET6 else f"{host}:{port}"


def _parse(address: str, *, what: str, option: str) -> tuple[str, int]:
    host, colon, port = address.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    host = host[1:-1] if bracketed else host
    if (
        not (colon and host)
        or (":" in host) != bracketed
        or not (port.isascii() and port.isdigit() and int(port) <= _PORT_MAX)
    ):
        raise StartFailure(
            f"Cannot listen for {what} on {address!r}: it is not HOST:PORT; "
            f"write it like {option} 127.0.0.1:4317 or {option} '[::1]:4317'."
        )
    return host, int(port)


def _reason(error: OSError) -> str:
    """Say why the address can't be bound, up to the setting that cures it."""
    match error.errno:
        case errno.EADDRINUSE:
            return "the port is taken by another program; stop that, or choose another port"
        case errno.EADDRNOTAVAIL:
            return "this machine has no such address; give one that it has,"
        case errno.EACCES | errno.EPERM:
            return "the port needs special rights; choose one above 1023"
        case _:
            return f"{error.strerror or error}; choose another address"
