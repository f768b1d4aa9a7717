"""The wiring: builds every part from the settings, starts them in the order of the data, stops them in reverse.

It is the only file that knows all stages.
"""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import time
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from collector.clock import SystemClock
from collector.control.server import ControlServer
from collector.drain.backlog_reader import BacklogReader
from collector.drain.error_lane import ErrorLane
from collector.drain.error_rows import ErrorRowsLane
from collector.drain.loop import Drain
from collector.drain.occurrences import Occurrences
from collector.drain.recent_sightings import recent_sightings
from collector.drain.telemetry_lane import TelemetryLane
from collector.failures import SettingsInvalid, StartFailure
from collector.fingerprint.versions import VERSIONS
from collector.grouping import Grouper, RulesInUse
from collector.journal.dead_letters import DeadLetters
from collector.journal.journal import Journal
from collector.model import SIGNALS
from collector.receive.otlp_grpc import OtlpGrpcServer
from collector.receive.otlp_http import OtlpHttpServer
from collector.rules.load import load as load_rules
from collector.self_metrics import SelfMetrics
from collector.settings import read_rules_file
from collector.sqlport.server import SqlPort
from collector.store.embedded import EmbeddedEngine
from collector.store.group_merges import GroupMerges
from collector.store.migrate import migrate
from collector.store.render import Retention, SchemaOptions
from collector.store.server import ServerEngine
from collector.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from collector.control.changes import MergeRequest, UnmergeRequest
    from collector.fingerprint.versions import FingerprintVersions
    from collector.rules.rule import Rules
    from collector.settings import Settings

logger = logging.getLogger(__name__)

FLUSH_POLL_SECONDS = 0.02
DRAIN_STOP_SECONDS = 10.0
"""How long a lane may finish the insert that it is in, when the service stops."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where the service listens, as `host:port`; `sql` is empty when a ClickHouse server answers queries itself."""

    grpc: str
    http: str
    sql: str


class Service:
    """One collector. `start` returns when every port answers; `stop` when nothing is left running.

    `versions` are those of the fingerprint.
    """

    def __init__(self, settings: Settings, *, versions: FingerprintVersions = VERSIONS) -> None:
        self._settings = settings
        self._versions = versions
        self._metrics = SelfMetrics()
        self._parts = ExitStack()
        self._journal: Journal | None = None
        self._drain: Drain | None = None
        self._receiving: ExitStack | None = None
        self._engine: EmbeddedEngine | ServerEngine | None = None
        self._rules: RulesInUse | None = None
        self._applied: tuple[str, ...] = ()
        self._addresses = Addresses(grpc="", http="", sql="")

    @property
    def addresses(self) -> Addresses:
        """Where it listens, with the ports that it really has."""
        return self._addresses

    def start(self) -> None:
        """Start everything; on a failure nothing is left running.

        Raises:
            StartFailure: what is in the way, and what to do about it. SettingsInvalid: the rules file has mistakes.
        """
        if self._settings.rules is not None:
            self._rules = RulesInUse(self._load_rules(self._settings.rules))
        with ExitStack() as parts:
            self._start(parts)
            self._parts = parts.pop_all()
        if self._applied:
            logger.info("schema: applied %s", ", ".join(self._applied))

    def stop(self) -> None:
        """Stop accepting, drain what is there within the grace time, stop. What is left is drained at the next start."""
        deadline = time.monotonic() + self._settings.shutdown_grace_seconds
        if self._receiving is not None:
            self._receiving.close()
            self.flush(max(0.0, deadline - time.monotonic()))
        self._parts.close()

    def reload_rules(self) -> None:
        """Read the rules file again; with a mistake in it, say so and go on with the rules before."""
        path = self._settings.rules
        if path is None or self._rules is None:
            return
        try:
            self._rules.replace(self._load_rules(path))
        except SettingsInvalid as failure:
            self._metrics.rules_reload_failures.inc()
            logger.error("the rules stay as they were: %s", failure)  # noqa: TRY400  the line says it all
            return

    def _load_rules(self, path: Path) -> Rules:
        rules = load_rules(read_rules_file(path), str(path))
        self._metrics.rules.set(len(rules.rules))
        logger.info("rules: %s from %s", len(rules.rules), path)
        return rules

    def flush(self, seconds: float) -> bool:
        """Seal what is open and wait until all is drained; tells whether it is."""
        if self._journal is None:
            return True
        deadline = time.monotonic() + seconds
        self._journal.seal_now()
        while not self._journal.is_drained():
            if time.monotonic() >= deadline:
                return False
            time.sleep(FLUSH_POLL_SECONDS)
        return True

    def status(self) -> dict[str, Any]:
        """What `GET /status` of the control socket tells."""
        journal, drain = self._journal, self._drain
        pending = journal.pending() if journal else ()
        return {
            "version": version("otel-errors"),
            "pid": os.getpid(),
            "grpc": self._addresses.grpc,
            "http": self._addresses.http,
            "sql": self._addresses.sql,
            "journal": {"segments": len(pending), "bytes": sum(segment.size_bytes for segment in pending)},
            "drained": journal.is_drained() if journal else True,
            "trouble": drain.trouble() if drain else {},
        }

    def merge_groups(self, asked: MergeRequest) -> dict[str, Any]:
        """What `POST /merge` of the control socket does.

        Raises:
            Failure: it can't be done.
        """
        with self._merges() as merges:
            return asdict(
                merges.merge(
                    asked.into,
                    asked.groups,
                    across_services=asked.across_services,
                    created_by=asked.created_by,
                    comment=asked.comment,
                )
            )

    def unmerge_groups(self, asked: UnmergeRequest) -> dict[str, Any]:
        """What `POST /unmerge` of the control socket does.

        Raises:
            Failure: it can't be done.
        """
        with self._merges() as merges:
            return asdict(merges.unmerge(asked.group, created_by=asked.created_by, comment=asked.comment))

    @contextmanager
    def _merges(self) -> Iterator[GroupMerges]:
        """For one change, on a connection of its own: connections belong to a thread."""
        if self._engine is None:
            raise AssertionError("the engine opens before anything asks for it")
        connection = self._engine.connect()
        try:
            yield GroupMerges(connection, clock=SystemClock())
        finally:
            connection.close()

    def _start(self, parts: ExitStack) -> None:
        settings = self._settings
        folder = settings.data
        _make_folder(folder)
        parts.callback(os.close, _lock(folder))
        temporary = folder / "tmp"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(mode=0o700)

        engine, database = self._open_engine(folder)
        self._migrate(engine, database)
        self._engine = engine
        with self._merges() as merges:
            merges.finish()
        journal = Journal(
            folder / "journal",
            clock=SystemClock(),
            metrics=self._metrics,
            segment_bytes_max=settings.segment_bytes,
            segment_age_seconds=settings.segment_seconds,
            journal_bytes_max=settings.journal_bytes,
            disk_free_bytes_min=settings.disk_free_bytes,
        )
        journal.open()
        parts.callback(journal.close)
        self._journal = journal
        self._start_drain(parts, engine, DeadLetters(folder / "dead-letters"), temporary)
        self._start_ports(parts, engine, database)
        control = ControlServer(
            folder, status=self.status, flush=self.flush, merge=self.merge_groups, unmerge=self.unmerge_groups
        )
        control.start()
        parts.callback(control.stop)

    def _open_engine(self, folder: Path) -> tuple[EmbeddedEngine | ServerEngine, str]:
        settings = self._settings
        if settings.clickhouse:
            server = ServerEngine(settings.clickhouse.get_secret_value(), settings.database)
            server.check()
            return server, server.database
        return EmbeddedEngine(folder / "clickhouse", settings.database), settings.database

    def _migrate(self, engine: EmbeddedEngine | ServerEngine, database: str) -> None:
        settings = self._settings
        connection = engine.connect(database="default")
        try:
            applied = migrate(
                connection,
                SchemaOptions(
                    database=database,
                    attribute_indexes=settings.attribute_indexes,
                    retention=Retention(
                        traces=settings.retention_seconds("traces"),
                        logs=settings.retention_seconds("logs"),
                        metrics=settings.retention_seconds("metrics"),
                        errors=settings.retention_seconds("errors"),
                        groups=settings.retention_seconds("groups"),
                    ),
                ),
            )
        finally:
            connection.close()
        self._applied = applied

    def _start_drain(
        self, parts: ExitStack, engine: EmbeddedEngine | ServerEngine, dead_letters: DeadLetters, temporary: Path
    ) -> None:
        if self._journal is None:
            raise AssertionError("the journal opens before the drain starts")
        occurrences = Occurrences(metrics=self._metrics)
        connection = engine.connect()
        occurrences.restore(
            recent_sightings(connection, self._journal.pending(), now_ms=SystemClock().now_ns() // 1_000_000)
        )
        connection.close()

        journal = self._journal
        backlog_reader: BacklogReader | None = None
        if self._versions is VERSIONS:  # the process beside has the table of this release
            backlog_reader = BacklogReader(
                pending=lambda: len(journal.pending()), clock=SystemClock(), rules=self._rules, metrics=self._metrics
            )
            parts.callback(backlog_reader.close)

        def telemetry_lane() -> TelemetryLane:
            return TelemetryLane(
                store=Store(engine.connect()),
                dead_letters=dead_letters,
                metrics=self._metrics,
                temporary=temporary,
            )

        def error_lane() -> ErrorRowsLane:
            return ErrorRowsLane(
                group=Grouper(self._rules, self._versions).group,
                error_lane=ErrorLane(occurrences=occurrences, metrics=self._metrics),
                store=Store(engine.connect()),
                dead_letters=dead_letters,
                metrics=self._metrics,
                temporary=temporary,
                backlog_reader=backlog_reader,
            )

        drain = Drain(
            self._journal,
            lanes={"telemetry": (telemetry_lane, SIGNALS), "errors": (error_lane, ("traces", "logs"))},
            metrics=self._metrics,
        )
        drain.start()
        parts.callback(drain.stop, timeout_seconds=DRAIN_STOP_SECONDS)
        self._drain = drain

    def _start_ports(self, parts: ExitStack, engine: EmbeddedEngine | ServerEngine, database: str) -> None:
        settings = self._settings
        journal = self._journal
        if journal is None:
            raise AssertionError("the journal opens before the ports")
        sql_address = ""
        if isinstance(engine, EmbeddedEngine):
            sql = SqlPort(
                str(settings.sql),
                connect=engine.raw_connection,
                database=database,
                metrics=self._metrics,
                writable=settings.sql_writable,
            )
            sql.start()
            parts.callback(sql.stop)
            sql_address = str(replace(settings.sql, port=sql.port))
        with ExitStack() as receiving:
            grpc_server = OtlpGrpcServer(
                str(settings.grpc), keep=journal.append, metrics=self._metrics, request_bytes_max=settings.request_bytes
            )
            grpc_server.start()
            receiving.callback(grpc_server.stop, settings.shutdown_grace_seconds)
            http_server = OtlpHttpServer(
                str(settings.http), keep=journal.append, metrics=self._metrics, request_bytes_max=settings.request_bytes
            )
            http_server.start()
            receiving.callback(http_server.stop, settings.shutdown_grace_seconds)
            self._receiving = receiving.pop_all()
        parts.callback(self._receiving.close)
        self._addresses = Addresses(
            grpc=str(replace(settings.grpc, port=grpc_server.port)),
            http=str(replace(settings.http, port=http_server.port)),
            sql=sql_address,
        )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as failure:
        raise StartFailure(
            f"the data folder {folder} can't be made: {failure.strerror}; choose another with --data"
        ) from failure
    if not os.access(folder, os.W_OK | os.X_OK):
        raise StartFailure(
            f"the data folder {folder} is not writable; choose another with --data or give this user the right to write"
        )


def _lock(folder: Path) -> int:
    """Hold the data folder until the file descriptor is closed, also by a kill."""
    path = folder / "lock"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as failure:
        raise StartFailure(
            f"the data folder {folder} can't be used: {failure.strerror} ({path}); choose another with --data"
        ) from failure
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as failure:
        owner = os.read(descriptor, 32).decode(errors="replace").strip()
        os.close(descriptor)
        raise StartFailure(
            f"the data folder {folder} is in use by another collector (pid {owner or 'unknown'}); "
            "stop it, or choose another folder with --data"
        ) from failure
    os.truncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode())
    return descriptor
