"""Python's rules."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from collector.fingerprint.v1.languages.rules import LanguageRules

if TYPE_CHECKING:
    from collector.model import Frame

_TELEMETRY = ("opentelemetry.", "otel_errors.")
_TELEMETRY_PATH = re.compile(
    r"/opentelemetry/(?:_events|_logs|attributes|context|exporter|instrumentation|metrics|sdk|trace|util)/"
    r"|/otel_errors/_[a-z_/]{1,60}\.py$"
)


def _is_telemetry(frame: Frame) -> bool:
    # In a source checkout the path shows it, not the module.
    return frame.module.startswith(_TELEMETRY) or (
        "/o" in frame.file and _TELEMETRY_PATH.search(frame.file) is not None
    )


RULES = LanguageRules(
    is_telemetry=_is_telemetry,
    middleware=(
        "_pytest.",
        "aiohttp.web.",
        "aiohttp.web_app.",
        "aiohttp.web_middlewares.",
        "aiohttp.web_protocol.",
        "anyio.",
        "asgiref.",
        "asyncio.",
        "backoff.",
        "bdb.",
        "billiard.",
        "bottle.",
        "celery.app.trace.",
        "celery.worker.",
        "click.",
        "code.",
        "codeop.",
        "concurrent.futures.",
        "contextlib.",
        "ddtrace.",
        "decorator.",
        "django.core.handlers.",
        "django.utils.deprecation.",
        "elasticapm.",
        "eventlet.",
        "fastapi.applications.",
        "fastapi.middleware.",
        "fastapi.routing.",
        "flask.app.",
        "functools.",
        "gevent.",
        "greenlet.",
        "gunicorn.",
        "http.server.",
        "hypercorn.",
        "importlib.",
        "importlib._bootstrap.",
        "importlib._bootstrap_external.",
        "kombu.",
        "multiprocessing.",
        "newrelic.",
        "pdb.",
        "pluggy.",
        "queue.",
        "retrying.",
        "runpy.",
        "selectors.",
        "sentry_sdk.",
        "socketserver.",
        "starlette.",
        "tenacity.",
        "threading.",
        "tornado.",
        "trio.",
        "typer.",
        "uvicorn.",
        "waitress.",
        "werkzeug.",
        "wrapt.",
        "wsgiref.",
    ),
    passed_over=frozenset({"<listcomp>", "<dictcomp>", "<setcomp>", "<genexpr>"}),
    generic_types=frozenset(
        {
            "Error",
            "Exception",
            "BaseException",
            "RuntimeError",
            "DoesNotExist",
            "MultipleObjectsReturned",
        }
    ),
    recursion_types=frozenset({"RecursionError"}),
)
