"""Asks the service that owns a data folder, over its control socket."""

from __future__ import annotations

import http.client
import json
import socket
from typing import TYPE_CHECKING, Any

from collector.control import SOCKET_NAME
from collector.failures import Failure

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import BaseModel

ANSWER_SECONDS = 5.0
CHANGE_SECONDS = 60.0
"""A merge of thousands of groups, in a store that is busy."""


class ControlUnavailable(Failure):
    """No service answers on the socket."""


class ControlRefused(Failure):
    """The service understood and said no; its own words."""


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def status(data: Path) -> dict[str, Any]:
    """What the service says of itself.

    Raises:
        ControlUnavailable: none runs in this data folder.
    """
    return _ask(data, "GET", "/status", ANSWER_SECONDS)


def flush(data: Path, seconds: float) -> bool:
    """Have everything that was received stored now; tells whether it is.

    Raises:
        ControlUnavailable: none runs in this data folder.
    """
    return bool(_ask(data, "POST", f"/flush?seconds={seconds}", seconds + ANSWER_SECONDS).get("drained"))


def change(data: Path, kind: str, asked: BaseModel) -> dict[str, Any]:
    """Have the service `merge` or `unmerge`; gives what it did.

    Raises:
        ControlUnavailable: none runs in this data folder. ControlRefused: it can't be done, with the reason.
    """
    answer = _ask(data, "POST", f"/{kind}", CHANGE_SECONDS, asked.model_dump_json().encode())
    if "error" in answer:
        raise ControlRefused(str(answer["error"]))
    return answer


def _ask(data: Path, method: str, path: str, seconds: float, body: bytes | None = None) -> dict[str, Any]:
    connection = _UnixConnection(data / SOCKET_NAME, seconds)
    try:
        connection.request(method, path, body)
        answer: dict[str, Any] = json.loads(connection.getresponse().read())
    except (OSError, http.client.HTTPException, ValueError) as failure:
        raise ControlUnavailable(
            f"no collector runs in {data}: start one with `otel-errors serve --data {data}`"
        ) from failure
    else:
        return answer
    finally:
        connection.close()
