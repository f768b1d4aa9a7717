"""Nothing that leaves the process holds a secret: neither the log record nor the span."""

from __future__ import annotations

import contextlib
import logging
import sys

import pytest
from opentelemetry._logs import LogRecord
from opentelemetry.sdk.trace import Span as SdkSpan
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import Status, StatusCode

import otel_errors

SECRETS = ("hunter2", "joe@example.com", "4111111111111111")


def everything(app) -> str:
    """All that was exported, as text."""
    records = [(str(r.body), dict(r.attributes)) for r in app.errors()]
    spans = [
        (s.name, s.status.description, [(e.name, dict(e.attributes)) for e in s.events])
        for s in app.span_exporter.get_finished_spans()
    ]
    return repr((records, spans))


def fail(app, message="password=hunter2 of joe@example.com, card 4111111111111111", **attributes):
    with contextlib.suppress(ValueError), app.tracer.start_as_current_span("pay") as span:
        if attributes:
            span.record_exception(ValueError("x"), attributes)
        raise ValueError(message)


def test_error_that_leaves_a_span(app):
    fail(app)
    expected = "password=*** of [email], card ***"
    (record,) = app.errors()
    (event,) = app.span_events()
    assert record.body == f"ValueError: {expected}"
    for attributes in (record.attributes, event.attributes):
        assert attributes["exception.message"] == expected
        assert attributes["exception.stacktrace"].endswith(f"ValueError: {expected}\n")
    assert app.span("pay").status.description == f"ValueError: {expected}"
    assert not any(secret in everything(app) for secret in SECRETS)


def test_chain_groups_and_notes(app):
    def fail_together():
        try:
            raise KeyError("password=hunter2")
        except KeyError as error:
            chained = ValueError("joe@example.com")
            if sys.version_info < (3, 11):
                raise chained from error
            chained.__cause__ = error
            chained.add_note("token=hunter2")
            raise ExceptionGroup("card 4111111111111111", [chained]) from None  # noqa: F821 - Python 3.11

    with contextlib.suppress(Exception), app.tracer.start_as_current_span("s"):
        fail_together()
    text = app.errors()[0].attributes["exception.stacktrace"]
    assert "[email]" in text
    assert "Traceback (most recent call last):" in text
    assert not any(secret in everything(app) for secret in SECRETS)


def test_source_lines(app):
    with contextlib.suppress(ValueError), app.tracer.start_as_current_span("s"):
        raise ValueError(len({"password": "hunter2", "to": "joe@example.com"}))
    text = app.errors()[0].attributes["exception.stacktrace"]
    assert 'raise ValueError(len({"password": "***", "to": "[email]"}))' in text
    assert not any(secret in everything(app) for secret in SECRETS)


@pytest.mark.parametrize("kind", [KeyboardInterrupt, GeneratorExit])
def test_what_is_recorded_and_is_no_error(app, kind):
    with app.tracer.start_as_current_span("s") as span:
        span.record_exception(kind("password=hunter2"), {"to": "joe@example.com"})
    (event,) = app.span_events()
    assert app.errors() == []
    assert event.attributes["exception.type"] == kind.__name__
    assert event.attributes["exception.message"] == "password=***"
    assert event.attributes["exception.escaped"] == "False"
    assert "otel_errors.event_id" not in event.attributes
    assert not any(secret in everything(app) for secret in SECRETS)


def test_secret_at_the_end_of_a_text_that_is_cut(app):
    text = "x" * 2_012 + " joe@example.com and so on" + " and on" * 10  # cut within the address
    logging.getLogger("shop").error(text, exc_info=ValueError("x"))
    otel_errors.capture(ValueError("x"), note=text)
    assert "joe@" not in everything(app)
    for error, name in zip(app.errors(), ("otel_errors.log.message", "note"), strict=True):
        assert error.attributes[name].endswith("x [redacted]... [2108 characters, cut]")


def test_attributes_of_record_exception_on_both(app):
    fail(app, **{"db.password": "hunter2", "to": "joe@example.com"})
    for attributes in (app.errors()[0].attributes, app.span_events()[0].attributes):
        assert (attributes["db.password"], attributes["to"]) == ("***", "[email]")
    assert not any(secret in everything(app) for secret in SECRETS)


def test_context_of_capture(app):
    otel_errors.capture(ValueError("x"), password="hunter2", to="joe@example.com", form={"token": "hunter2"})
    assert not any(secret in everything(app) for secret in SECRETS)
    assert app.errors()[0].attributes["to"] == "[email]"


def test_logged_message(app):
    logging.getLogger("shop").error("refused %s for %s", "token=hunter2", "joe@example.com", exc_info=ValueError("x"))
    assert app.errors()[0].attributes["otel_errors.log.message"] == "refused token=*** for [email]"


def test_unsampled_spans(make_app):
    app = make_app(ALWAYS_OFF)
    app.install()
    fail(app)
    assert app.errors()[0].body == "ValueError: password=*** of [email], card ***"


@pytest.mark.parametrize(
    "set_status",
    [
        lambda span: span.set_status(StatusCode.ERROR, "token=hunter2"),
        lambda span: span.set_status(Status(StatusCode.ERROR, "token=hunter2")),
        lambda span: span.set_status(status=StatusCode.ERROR, description="token=hunter2"),
    ],
)
def test_status_that_the_application_sets(app, set_status):
    with app.tracer.start_as_current_span("s") as span:
        set_status(span)
    assert app.span("s").status.description == "token=***"
    assert app.span("s").status.status_code is StatusCode.ERROR


def test_method_of_the_sdk_comes_back(make_app):
    stock = SdkSpan.set_status
    app = make_app()
    app.install()
    assert SdkSpan.set_status is not stock
    otel_errors.uninstall()
    assert SdkSpan.set_status is stock


def test_switched_off(make_app, monkeypatch):
    monkeypatch.setenv("OTEL_ERRORS_REDACT", "false")
    app = make_app()
    app.install()
    fail(app)
    assert all(secret in app.errors()[0].body for secret in SECRETS)
    assert all(secret in app.span("pay").status.description for secret in SECRETS)


def test_names_of_the_owner(make_app, monkeypatch):
    monkeypatch.setenv("OTEL_ERRORS_REDACT_KEYS", "ssn, tax_id")
    app = make_app()
    app.install()
    otel_errors.capture(ValueError("SSN: 078-05-1120"), **{"tax-id": 4})
    assert app.errors()[0].body == "ValueError: SSN: [redacted]"
    assert app.errors()[0].attributes["tax-id"] == "[redacted]"


def test_names_as_a_list(make_app):
    app = make_app()
    app.install(redact_keys=["ssn"])
    otel_errors.capture(ValueError("x"), ssn="1")
    assert app.errors()[0].attributes["ssn"] == "[redacted]"


def test_own_rule_comes_after_ours_and_sees_every_text(make_app):
    seen: list[str] = []

    def own(text: str) -> str:
        seen.append(text)
        return text.replace("order 7", "order <id>")

    app = make_app()
    app.install(redact=own)
    fail(app, "order 7 of joe@example.com", to="order 7")
    assert "order 7" not in everything(app).replace('"order 7 of joe', "")  # but for this file's source line
    assert app.errors()[1].body == "ValueError: order <id> of [email]"
    assert app.errors()[0].attributes["to"] == "order <id>"
    assert app.span("pay").status.description == "ValueError: order <id> of [email]"
    assert not any("joe@example.com" in text for text in seen)
    assert not any("Traceback" in text or text.lstrip().startswith("File ") for text in seen)


def test_own_rule_that_fails_costs_the_text_and_not_the_event(make_app, caplog):
    def own(text: str) -> str:
        raise RuntimeError(f"cannot read {text}")

    app = make_app()
    app.install(redact=own)
    fail(app, "order 7", to="order 7")
    record = app.errors()[1]
    assert record.body == "ValueError: [redacted]"
    lines = record.attributes["exception.stacktrace"].splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[-1] == "ValueError: [redacted]"
    assert any(line.endswith(", in fail") for line in lines)
    assert app.errors()[0].attributes["to"] == "[redacted]"
    assert "order 7" not in everything(app)
    assert len([r for r in caplog.records if r.name == "otel_errors"]) == 1
    assert "order 7" not in caplog.text


def test_nothing_leaks_where_the_log_record_cannot_be_emitted(make_app):
    app = make_app()

    class Broken:
        def force_flush(self, _timeout_millis=0):
            return True

        def get_logger(self, *_arguments, **_keywords):
            raise RuntimeError("broken")

    otel_errors.install(app.tracer_provider, logger_provider=Broken())
    fail(app)
    (event,) = app.span_events()
    assert event.attributes["exception.message"] == "password=*** of [email], card ***"
    assert not any(secret in everything(app) for secret in SECRETS)


@pytest.mark.parametrize("as_record", [True, False])
def test_nothing_leaks_in_the_record_that_somebody_else_emits(app, as_record):
    error, others = ValueError("password=hunter2"), app.logger_provider.get_logger("others")
    fields = {"body": "joe@example.com", "exception": error, "attributes": {"token": "hunter2"}}
    if as_record:
        others.emit(LogRecord(**fields))
    else:
        others.emit(**fields)
    otel_errors.uninstall()  # sends what waits
    other, ours = sorted(app.errors(), key=lambda record: record.event_name or "")
    assert other.body == "[email]"
    assert other.attributes["exception.type"] == "ValueError"
    assert other.attributes["exception.message"] == "password=***"
    assert other.attributes["otel_errors.event_id"] == ours.attributes["otel_errors.event_id"]
    assert not any(secret in everything(app) for secret in SECRETS)


def test_nothing_leaks_where_another_library_wraps_record_exception(make_app):
    app = make_app()
    stock = SdkSpan.record_exception

    def wrapper(self, exception, attributes, timestamp, escaped):
        stock(self, exception, attributes, timestamp, escaped)

    SdkSpan.record_exception = wrapper
    try:
        app.install()
        fail(app)
    finally:
        otel_errors.uninstall()
        SdkSpan.record_exception = stock
    assert len(app.span_events()) == 1
    assert not any(secret in everything(app) for secret in SECRETS)
