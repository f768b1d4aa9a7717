"""install() and uninstall(): every capture path put in place once, and undone.

There is one `sys.excepthook` and one `Span` class in a process, so there is one installation;
`_REGISTRY` remembers it. All else is passed as arguments. `capture()` goes by the same installation.
"""

from __future__ import annotations

import atexit
import dataclasses
import logging
import os
import threading
import weakref
from typing import TYPE_CHECKING, Any, Final

from opentelemetry import trace

from otel_errors._capture import ErrorCapture
from otel_errors._config import Settings, read_settings
from otel_errors._emit import Emitter
from otel_errors._guard import Guard
from otel_errors._log_pipeline import LogPipeline
from otel_errors._paths import PATHS
from otel_errors._span_processor import ErrorSpanProcessor

if TYPE_CHECKING:
    from opentelemetry._logs import LoggerProvider
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.trace import TracerProvider
    from typing_extensions import Unpack

    from otel_errors._config import SettingKeywords
    from otel_errors._paths import Path

_logger = logging.getLogger("otel_errors")


class _Registry:
    """What this process has: the installation, if there is one, and the processor of each provider.

    A provider can't be rid of a processor, so after `uninstall()` it stays there, inactive, and the
    next `install()` uses it again.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.installation: _Installation | None = None
        self.processors: weakref.WeakKeyDictionary[Any, ErrorSpanProcessor] = weakref.WeakKeyDictionary()


class _Installation:
    """Everything that was put in place, by one set of settings."""

    def __init__(
        self,
        *,
        settings: Settings,
        logger_provider: LoggerProvider | None,
        resource: Resource | None,
        guard: Guard,
    ) -> None:
        self.guard = guard
        self._pipeline = LogPipeline(logger_provider=logger_provider, resource=resource)
        self.capture = ErrorCapture(
            settings=settings,
            emitter=Emitter(self._pipeline, stacktrace_length_max=settings.stacktrace_length_max),
            guard=guard,
        )
        self._paths: list[Path] = [
            path(self.capture, guard) for setting, path in PATHS.items() if getattr(settings, setting)
        ]

    def start(self) -> None:
        # First, so that a wrong OTEL_* value shows at the start and not at the first error, and so that at exit our
        # paths tell of what they hold before the pipeline closes.
        self._pipeline.logger()
        self.capture.start()
        for path in self._paths:
            path.install()
        atexit.register(self._at_exit)

    def watch(self, provider: Any, processors: weakref.WeakKeyDictionary[Any, ErrorSpanProcessor]) -> None:
        """Capture for the spans of `provider`, with its processor if it has one."""
        self.capture.tracer_providers.add(provider)
        processor = processors.get(provider)
        if processor is None:
            processor = ErrorSpanProcessor(capture=self.capture, guard=self.guard)
            processors[provider] = processor
            provider.add_span_processor(processor)
        else:
            processor.activate(capture=self.capture, guard=self.guard)

    def stop(self, processors: weakref.WeakKeyDictionary[Any, ErrorSpanProcessor]) -> None:
        for path in reversed(self._paths):
            path.uninstall()
        for processor in processors.values():
            processor.deactivate()
        atexit.unregister(self._at_exit)
        self.capture.close()
        self._pipeline.close()

    def _at_exit(self) -> None:
        """Emit what is carried or waits; the providers, which were set up before, send it as they shut down."""
        try:
            self.capture.close()
        except Exception:  # noqa: BLE001 - never harm the app
            self.guard.failed("emit what waits at exit")


_REGISTRY: Final = _Registry()


def install(
    tracer_provider: TracerProvider | None = None,
    *,
    logger_provider: LoggerProvider | None = None,
    **settings: Unpack[SettingKeywords],
) -> bool:
    """Capture the errors of this process.

    Call it after the TracerProvider is set; more calls do no harm. `tracer_provider` is the global
    one unless given; a second call with another provider captures for that one too, with the
    settings of the first. `logger_provider` is where the log records go: the global one unless
    given, and where there is none, one that is set up by the OTEL_* variables with the tracer
    provider's resource. Every other keyword is a setting, over its variable `OTEL_ERRORS_...`
    (`docs/sdk.md`). `redact` may also be a rule of your own, text to text, which sees each text after
    ours; when it raises, the text is dropped.

    Returns True when errors are captured now; False when the SDK or we are switched off, or when
    there is no TracerProvider of the OpenTelemetry SDK, which one log line then says. Never raises
    an `Exception`, but a `TypeError` for a setting that there is not.
    """
    unknown = settings.keys() - {setting.name for setting in dataclasses.fields(Settings)}
    if unknown:
        raise TypeError(f"install() has no setting {', '.join(sorted(unknown))}: docs/sdk.md lists them")
    guard = Guard()
    try:
        chosen = read_settings(os.environ, settings)
        if not chosen.enabled or _sdk_is_disabled():
            _logger.info("otel_errors captures nothing: OTEL_ERRORS_ENABLED or OTEL_SDK_DISABLED says so")
            return False
        provider: Any = tracer_provider or trace.get_tracer_provider()
        if not hasattr(provider, "add_span_processor"):
            _logger.warning(
                "otel_errors captures nothing: %s is no TracerProvider of the OpenTelemetry SDK; "
                "call trace.set_tracer_provider(TracerProvider(...)) before install(), pass it to "
                "install(), or run the program under opentelemetry-instrument",
                type(provider).__name__,
            )
            return False
        with _REGISTRY.lock:
            installation = _REGISTRY.installation
            if installation is None:
                installation = _Installation(
                    settings=chosen,
                    logger_provider=logger_provider,
                    resource=getattr(provider, "resource", None),
                    guard=guard,
                )
                _REGISTRY.installation = installation
                installation.watch(provider, _REGISTRY.processors)
                installation.start()
            else:
                installation.watch(provider, _REGISTRY.processors)
        return True
    except Exception:  # noqa: BLE001 - never harm the app
        guard.failed("install itself")
        return False


def uninstall() -> None:
    """Undo `install()`: hooks and methods are as before, and what waits is sent.

    Never raises an `Exception`. Without an installation it does nothing.
    """
    with _REGISTRY.lock:
        installation, _REGISTRY.installation = _REGISTRY.installation, None
    if installation is not None:
        try:
            installation.stop(_REGISTRY.processors)
        except Exception:  # noqa: BLE001 - never harm the app
            installation.guard.failed("uninstall itself")


def capture_in_use() -> ErrorCapture | None:
    """Return what `install()` put in place; None when nothing is."""
    installation = _REGISTRY.installation
    return None if installation is None else installation.capture


def _sdk_is_disabled() -> bool:
    """Whether OTEL_SDK_DISABLED is true: the SDK's provider looks the same then."""
    return os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
