"""The console script `otel-errors`: hands over to the service, or says how to install it.

The base install brings no service dependencies. Only the absence of one of *those* modules means
that the extra is missing; any other import error is a bug of the service and must be seen as one.
"""

from __future__ import annotations

import sys
from typing import Final

COLLECTOR_MODULES: Final = {
    "chdb-core": "chdb",
    "clickhouse-connect": "clickhouse_connect",
    "google-re2": "re2",
    "googleapis-common-protos": "google.rpc",
    "grpcio": "grpc",
    "backports.zstd": "backports.zstd",
    "jinja2": "jinja2",
    "lz4": "lz4",
    "numpy": "numpy",
    "opentelemetry-proto": "opentelemetry.proto",
    "prometheus-client": "prometheus_client",
    "protobuf": "google.protobuf",
    "pydantic": "pydantic",
    "pydantic-settings": "pydantic_settings",
    "pyyaml": "yaml",
    "rich": "rich",
    "starlette": "starlette",
    "typer": "typer",
    "uvicorn": "uvicorn",
}
"""Import name of each distribution of the extra `[collector]`; compared with pyproject.toml."""

_EXIT_USAGE: Final = 2  # as for a command line that can't be used
_COLLECTOR_PYTHON: Final = (3, 11)


def main() -> int:
    """Run the `otel-errors` command; returns the exit status."""
    if sys.version_info < _COLLECTOR_PYTHON:
        return _refuse(
            "otel-errors: the service needs Python 3.11 or later, this is "
            f"{sys.version.split()[0]}; the SDK (`import otel_errors`) works here"
        )
    try:
        from collector.cli import main as run  # noqa: PLC0415 - an app with the base install can't import it
    except ModuleNotFoundError as missing:
        if not _is_of_the_extra(missing.name):
            raise
        return _refuse(
            f"otel-errors: the service is not installed ({missing.name} is missing): "
            "pip install 'otel-errors[collector]'"
        )
    return run() or 0


def _is_of_the_extra(module: str | None) -> bool:
    """Whether `module` is of a package of the extra, or a namespace (`google`) that holds one."""
    return module is not None and any(
        module == wanted or module.startswith(f"{wanted}.") or wanted.startswith(f"{module}.")
        for wanted in COLLECTOR_MODULES.values()
    )


def _refuse(line: str) -> int:
    print(line, file=sys.stderr)  # noqa: T201 - this is the command's answer
    return _EXIT_USAGE
