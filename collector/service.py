"""The wiring: builds every part from the settings, starts them in the order of the data, stops them in reverse.

It is the only file that knows all stages.
"""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import time
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from collector.clock import SystemClock
from collector.control.server import ControlServer
from collector.drain.error_lane import ErrorLane
from collector.drain.error_rows import ErrorRowsLane
from collector.drain.loop import Drain
from collector.drain.occurrences import Occurrences
from collector.drain.telemetry_lane import TelemetryLane
from collector.failures import StartFailure
from collector.grouping import Grouper
from collector.journal.dead_letters import DeadLetters
from collector.journal.journal import Journal
from collector.receive.otlp_grpc import OtlpGrpcServer
from collector.receive.otlp_http import OtlpHttpServer
from collector.self_metrics import SelfMetrics
from collector.sqlport.server import SqlPort
from collector.store.embedded import EmbeddedEngine
from collector.store.migrate import migrate
from collector.store.render import Retention, SchemaOptions
from collector.store.server import ServerEngine
from collector.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from collector.settings import Settings

logger = logging.getLogger(__name__)

FLUSH_POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where the service listens, as `host:port`; `sql` is empty when a ClickHouse server answers queries itself."""

    grpc: str
    http: str
    sql: str


class Service:
    """One collector. `start` returns when every port answers; `stop` when nothing is left running."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._metrics = SelfMetrics()
        self._parts = ExitStack()
        self._journal: Journal | None = None
        self._drain: Drain | None = None
        self._addresses = Addresses(grpc="", http="", sql="")
