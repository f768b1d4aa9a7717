"""How the service starts and stops, and what it says when it can't."""

from __future__ import annotations

import ctypes
import re
import signal
import socket
import stat
from pathlib import Path

import grpc
import httpx
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from tests.e2e.running import ANY_PORTS, Collector, command


def one_line(done: object) -> str:
    assert done.returncode == 1, done
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


@pytest.mark.parametrize(("port", "option"), [("grpc", "--grpc"), ("http", "--http"), ("sql", "--sql")])
def test_a_taken_port_is_one_line_that_names_the_option(port: str, option: str, data: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = command("serve", "--data", str(data / "d"), *ANY_PORTS, option, address)

    said = one_line(done)
    assert address in said
    assert option in said


def test_a_second_collector_on_the_same_grpc_port_fails(collector: Collector, data: Path) -> None:
    done = command("serve", "--data", str(data / "other"), *ANY_PORTS, "--grpc", collector.status["grpc"])

    assert collector.status["grpc"] in one_line(done)


def test_a_folder_in_use_is_one_line(collector: Collector) -> None:
    done = command("serve", "--data", str(collector.data), *ANY_PORTS)

    said = one_line(done)
    assert f"pid {collector.status['pid']}" in said
    assert "--data" in said


def test_a_folder_that_is_a_file_is_one_line(data: Path) -> None:
    (data / "file").write_text("")

    assert "--data" in one_line(command("serve", "--data", str(data / "file" / "d"), *ANY_PORTS))


def test_an_unreachable_clickhouse_is_one_line_without_the_password(data: Path) -> None:
    done = command(
        "serve", "--data", str(data / "d"), *ANY_PORTS, OTEL_ERRORS_CLICKHOUSE="http://me:hunter2@127.0.0.1:1/otel"
    )

    said = one_line(done)
    assert "127.0.0.1:1" in said
    assert "hunter2" not in said


def test_what_it_makes_is_for_its_owner_alone(collector: Collector) -> None:
    modes = {
        name: stat.S_IMODE((collector.data / name).stat().st_mode)
        for name in ("control.sock", "lock", "journal", "tmp")
    }

    assert modes == {"control.sock": 0o600, "lock": 0o600, "journal": 0o700, "tmp": 0o700}


def test_sigterm_drains_and_ends_well(collector: Collector) -> None:
    """What was acknowledged just before is in the tables when the process has ended."""
    request = ExportLogsServiceRequest()
    request.resource_logs.add().scope_logs.add().log_records.add(time_unix_nano=1_790_000_000_000_000_000)
    with grpc.insecure_channel(collector.status["grpc"]) as channel:
        channel.unary_unary("/opentelemetry.proto.collector.logs.v1.LogsService/Export")(
            request.SerializeToString(), timeout=10
        )

    assert collector.stop() == 0

    done = command("sql", "SELECT count() FROM otel_logs", "--format", "TSV", "--data", str(collector.data))
    assert done.stdout == "1\n"


def test_a_signal_that_another_thread_is_given_stops_it_too(collector: Collector) -> None:
    """The kernel chooses the thread, and only the first one runs handlers."""
    pid = collector.process.pid
    thread = next(int(task.name) for task in Path(f"/proc/{pid}/task").iterdir() if takes_sigterm(task, pid))
    # Python can send a signal to threads of its own process only.
    assert ctypes.CDLL(None).tgkill(pid, thread, signal.SIGTERM) == 0

    assert collector.process.wait(60) == 0


def takes_sigterm(task: Path, pid: int) -> bool:
    blocked = re.search(r"SigBlk:\s+(\w+)", (task / "status").read_text())
    assert blocked is not None
    ours = (task / "comm").read_text() == Path(f"/proc/{pid}/comm").read_text()
    return ours and int(task.name) != pid and not int(blocked[1], 16) >> signal.SIGTERM - 1 & 1


def test_a_malformed_request_changes_nothing(collector: Collector) -> None:
    with grpc.insecure_channel(collector.status["grpc"]) as channel:
        export = channel.unary_unary("/opentelemetry.proto.collector.trace.v1.TraceService/Export")
        with pytest.raises(grpc.RpcError) as refused:
            export(b"\x0a\x05ab", timeout=10)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert refused.value.details()
    answer = httpx.post(
        f"http://{collector.status['http']}/v1/traces",
        content=b"hello",
        headers={"content-type": "application/x-protobuf"},
    )
    assert answer.status_code == 400

    collector.flush()
    assert collector.rows("SELECT count() AS n FROM otel_traces") == [{"n": 0}]


def test_its_own_metrics_are_served(collector: Collector) -> None:
    text = httpx.get(f"http://{collector.status['http']}/metrics").text

    assert "otel_errors_journal_bytes 0.0" in text
