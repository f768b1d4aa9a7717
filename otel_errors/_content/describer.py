"""The texts and attributes of an error event, redacted, from the live exception."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from otel_errors import _semconv
from otel_errors._content.breadcrumbs import Breadcrumbs
from otel_errors._content.details import Details
from otel_errors._content.flags import FeatureFlags
from otel_errors._content.people import People
from otel_errors._content.surroundings import release_of, surroundings
from otel_errors._redact import NoRedactor, redactor_of
from otel_errors._redact.secrets import REDACTED
from otel_errors._traceback import fit, render

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.util.types import AnyValue

    from otel_errors._config import Settings
    from otel_errors._guard import Guard
    from otel_errors._traceback import Rendered


class Describer:
    """Says what an error event carries. What can't be said is left out: nothing here raises an `Exception`."""

    def __init__(self, settings: Settings, guard: Guard) -> None:
        self.redactor = redactor_of(settings, guard)
        self._settings = settings
        self._guard = guard
        self.breadcrumbs = Breadcrumbs(settings.breadcrumbs, self.redactor) if settings.breadcrumbs else None
        self.flags = FeatureFlags(self.redactor)
        self.people = People(settings, self.redactor)
        self._release = release_of(settings, os.environ)
        self._details = Details(
            redactor=self.redactor,
            every_frame=settings.structured,
            source_lines=settings.source_lines,
            variables=settings.locals,
            frames_max=settings.frames_max,
            message_length_max=settings.message_length_max,
        )

    def render(self, exception: BaseException) -> Rendered:
        """Render the exception's text."""
        return self.redactor.rendered(
            render(
                exception,
                frames_max=self._settings.frames_max,
                message_length_max=self._settings.message_length_max,
            )
        )

    def texts(self, exception: BaseException) -> dict[str, AnyValue]:
        """Return the exception's redacted texts for a record that somebody else makes; none where redaction is off."""
        if isinstance(self.redactor, NoRedactor):
            return {}
        try:
            rendered = self.render(exception)
            return {
                _semconv.EXCEPTION_MESSAGE: rendered.message,
                _semconv.EXCEPTION_STACKTRACE: fit(rendered, self._settings.stacktrace_length_max),
            }
        except Exception:  # noqa: BLE001 - never harm the app
            self._guard.failed("redact an exception of somebody else's record")
            return {_semconv.EXCEPTION_MESSAGE: REDACTED, _semconv.EXCEPTION_STACKTRACE: REDACTED}

    def of_both(self, trace_id: int, resource: Mapping[str, Any]) -> dict[str, str]:
        """Return what the log record says and the span event too, since a receiver may see either first.

        The release, as far as `resource` does not say it, and the user.
        """
        try:
            release = {name: value for name, value in self._release.items() if not resource.get(name)}
            return {**release, **self.people.of(trace_id, resource)}
        except Exception:  # noqa: BLE001 - never harm the app
            self._guard.failed("describe the release and the user")
            return {}

    def attributes(
        self,
        exception: BaseException,
        *,
        mechanism: str,
        trace_id: int,
        resource: Mapping[str, Any],
        given: Mapping[str, AnyValue],
    ) -> dict[str, AnyValue]:
        """Return the attributes beside the exception's text; what is `given` by the application comes before ours.

        `resource` is that of the provider which the record goes to.
        """
        ours: dict[str, AnyValue] = {}
        ours.update(self.of_both(trace_id, resource))
        try:
            ours.update(surroundings(mechanism, resource))
            flags = self.flags.of(trace_id)
            if flags:
                ours[_semconv.FEATURE_FLAGS] = flags
            crumbs = self.breadcrumbs.of(trace_id) if self.breadcrumbs is not None else ""
            if crumbs:
                ours[_semconv.BREADCRUMBS] = crumbs
        except Exception:  # noqa: BLE001 - never harm the app
            self._guard.failed("describe where an exception was raised")
        if self._details.wanted:
            try:
                ours[_semconv.EXCEPTIONS] = self._details.of(exception)
            except Exception:  # noqa: BLE001 - never harm the app
                self._guard.failed("describe the frames of an exception")
        return {**ours, **self.redactor.attributes(given)} if given else ours
