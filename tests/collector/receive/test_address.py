"""HOST:PORT: what can be bound, and the one line about what can't."""

from __future__ import annotations

import socket

import pytest

from collector.failures import StartFailure
from collector.receive import OtlpGrpcServer, OtlpHttpServer
from collector.receive.address import bind, numeric


@pytest.mark.parametrize("address", ["127.0.0.1:0", "localhost:0"])
def test_an_address_is_bound_and_told_in_figures(address):
    with bind(address, what="OTLP", option="--grpc") as listener:
        assert numeric(listener) == f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.skipif(not socket.has_ipv6, reason="the machine has no IPv6")
def test_an_ipv6_address_is_written_in_brackets():
    try:
        listener = bind("[::1]:0", what="OTLP", option="--grpc")
    except StartFailure as failure:
        pytest.skip(str(failure))
    with listener:
        assert numeric(listener).startswith("[::1]:")


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("4317", "is not HOST:PORT"),
        (":4317", "is not HOST:PORT"),
        ("127.0.0.1", "is not HOST:PORT"),
        ("127.0.0.1:", "is not HOST:PORT"),
        ("127.0.0.1:http", "is not HOST:PORT"),
        ("127.0.0.1:65536", "is not HOST:PORT"),
        ("::1:4317", "is not HOST:PORT"),
        ("[127.0.0.1:4317", "can't be resolved"),
        ("no-such-host.invalid:4317", "can't be resolved"),
        ("a..b:4317", "can't be resolved"),
        ("192.0.2.1:4317", "this machine has no such address"),
    ],
)
@pytest.mark.parametrize(("server", "option"), [(OtlpGrpcServer, "--grpc"), (OtlpHttpServer, "--http")])
def test_an_address_that_cannot_be_used_is_one_line_with_the_option(keeper, metrics, server, option, address, reason):
    with pytest.raises(StartFailure) as failure:
        server(address, keep=keeper, metrics=metrics).start()
    assert reason in str(failure.value)
    assert f"{option} 127.0.0.1:" in str(failure.value)
    assert "\n" not in str(failure.value)


@pytest.mark.parametrize("server", [OtlpGrpcServer, OtlpHttpServer])
def test_a_fixed_port_can_be_used_again_at_once_after_a_stop(keeper, metrics, server):
    with bind("127.0.0.1:0", what="OTLP", option="--grpc") as free:
        address = numeric(free)
    for _ in range(2):
        running = server(address, keep=keeper, metrics=metrics)
        running.start()
        with socket.create_connection(("127.0.0.1", running.port)) as client:
            assert numeric(client) != address
        running.stop(1.0)
