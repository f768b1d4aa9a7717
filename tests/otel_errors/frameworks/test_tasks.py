"""Workers and schedulers: an exception that fails a task or job is told once, with its name and id."""

from __future__ import annotations

import datetime as dt
import logging
import signal
import time

import pytest

import otel_errors
from otel_errors import _work


def wait_for(look):
    until = time.monotonic() + 20
    while not (found := look()):
        assert time.monotonic() < until, "nothing came"
        time.sleep(0.01)
    return found


def assert_told(error, **expected):
    attributes = dict(error.attributes)
    assert "boom" in attributes.pop("exception.stacktrace")
    assert attributes.pop("otel_errors.event_id")
    for name in ("process.pid", "thread.id", "thread.name", "otel_errors.asyncio.task"):
        attributes.pop(name, None)
    assert attributes == {
        "exception.type": "ValueError",
        "exception.message": "boom",
        "otel_errors.handled": False,
        **{name.replace("__", "."): value for name, value in expected.items()},
    }


@pytest.fixture(scope="class")
def celery_app():
    celery = pytest.importorskip("celery")
    shop = celery.Celery("shop", broker="memory://", backend="cache+memory://")
    shop.conf.worker_hijack_root_logger = False

    @shop.task(name="shop.fail")
    def fail():
        raise ValueError("boom")

    @shop.task(name="shop.again", bind=True, max_retries=1, default_retry_delay=0)
    def again(self):
        try:
            raise ValueError("boom")
        except ValueError as error:
            raise self.retry(exc=error) from error

    @shop.task(name="shop.expected", throws=(KeyError,))
    def expected():
        raise KeyError("expected")

    @shop.task(name="shop.ignored")
    def ignored():
        raise celery.exceptions.Ignore

    @shop.task(name="celery.ping")
    def ping():
        return "pong"

    return shop


@pytest.fixture(scope="class")
def worker(celery_app):
    from celery.contrib.testing.worker import start_worker

    level = logging.getLogger().level
    with start_worker(celery_app, pool="solo", perform_ping_check=True, loglevel="CRITICAL"):
        yield celery_app
    logging.getLogger().setLevel(level)


class TestCelery:
    def test_task_that_fails_in_a_worker(self, app, worker):
        result = worker.tasks["shop.fail"].delay()
        with pytest.raises(ValueError):
            result.get(timeout=20)
        (error,) = wait_for(app.errors)
        assert_told(
            error,
            otel_errors__mechanism="celery",
            otel_errors__task__name="shop.fail",
            messaging__system="celery",
            messaging__operation__type="process",
            messaging__destination__name="celery",
            messaging__message__id=result.id,
        )
        assert error.trace_id == 0

    def test_task_is_told_when_its_retries_are_used_up(self, app, worker):
        result = worker.tasks["shop.again"].delay()
        with pytest.raises(ValueError):
            result.get(timeout=20)
        (error,) = wait_for(app.errors)
        assert error.attributes["otel_errors.task.retries"] == 1

    @pytest.mark.parametrize("name", ["shop.expected", "shop.ignored"])
    def test_what_the_task_means_to_raise_is_none(self, app, worker, name):
        worker.tasks[name].delay()
        assert worker.tasks["celery.ping"].delay().get(timeout=20) == "pong"
        assert app.errors() == []

    def test_instrumented(self, app, worker):
        instrumentation = pytest.importorskip("opentelemetry.instrumentation.celery")
        instrumentor = instrumentation.CeleryInstrumentor()
        instrumentor.instrument(tracer_provider=app.tracer_provider)
        try:
            worker.tasks["shop.fail"].delay()
            (span,) = wait_for(lambda: [s for s in app.span_exporter.get_finished_spans() if s.name == "run/shop.fail"])
        finally:
            instrumentor.uninstrument()
        (error,) = app.errors()
        assert (error.trace_id, error.span_id) == (span.context.trace_id, span.context.span_id)
        assert error.attributes["otel_errors.task.name"] == "shop.fail"

    def test_task_that_runs_eagerly(self, app, celery_app):
        result = celery_app.tasks["shop.fail"].apply()
        assert result.state == "FAILURE"
        assert _work.current() is None
        (error,) = app.errors()
        assert error.attributes["otel_errors.task.name"] == "shop.fail"


class TestDramatiq:
    @pytest.fixture
    def broker(self, app):
        dramatiq = pytest.importorskip("dramatiq")
        from dramatiq.brokers.stub import StubBroker

        broker = StubBroker(middleware=[dramatiq.middleware.Retries(max_retries=0)])
        worker = dramatiq.Worker(broker, worker_timeout=10, worker_threads=1)

        @dramatiq.actor(broker=broker)
        def fail():
            raise ValueError("boom")

        @dramatiq.actor(broker=broker)
        def again():
            raise dramatiq.errors.Retry("later")

        @dramatiq.actor(broker=broker, throws=KeyError)
        def expected():
            raise KeyError("expected")

        worker.start()
        yield broker
        worker.stop()

    def test_message_that_fails(self, app, broker):
        message = broker.get_actor("fail").send()
        broker.join("default", fail_fast=False)
        (error,) = wait_for(app.errors)
        assert_told(
            error,
            otel_errors__mechanism="dramatiq",
            otel_errors__task__name="fail",
            messaging__system="dramatiq",
            messaging__operation__type="process",
            messaging__destination__name="default",
            messaging__message__id=message.message_id,
        )

    def test_retry_and_expected_exceptions_are_none(self, app, broker):
        broker.get_actor("again").send()
        broker.get_actor("expected").send()
        broker.join("default", fail_fast=False)
        assert app.errors() == []


class TestRq:
    @pytest.fixture
    def redis(self):
        pytest.importorskip("rq")
        fakeredis = pytest.importorskip("fakeredis")
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        yield fakeredis.FakeStrictRedis(version=7)
        for number, handler in handlers.items():  # the worker sets its own
            signal.signal(number, handler)

    def test_job_that_fails(self, app, redis):
        import rq

        queue = rq.Queue("orders", connection=redis)
        job = queue.enqueue("tests.otel_errors.frameworks.jobs.fail")
        rq.SimpleWorker([queue], connection=redis).work(burst=True, logging_level="CRITICAL")
        (error,) = app.errors()
        assert_told(
            error,
            otel_errors__mechanism="rq",
            otel_errors__task__name="tests.otel_errors.frameworks.jobs.fail",
            messaging__system="rq",
            messaging__operation__type="process",
            messaging__destination__name="orders",
            messaging__message__id=job.id,
        )
        assert job.get_status().value == "failed"


class TestApscheduler:
    @pytest.fixture
    def scheduler(self, app):
        background = pytest.importorskip("apscheduler.schedulers.background")
        scheduler = background.BackgroundScheduler(timezone="UTC")
        scheduler.start()
        yield scheduler
        scheduler.shutdown()

    def test_job_that_fails(self, app, scheduler):
        def fail():
            raise ValueError("boom")

        now = dt.datetime.now(dt.timezone.utc)
        scheduler.add_job(fail, "interval", weeks=1, next_run_time=now, id="nightly", name="count the stock")
        (error,) = wait_for(app.errors)
        assert_told(
            error,
            otel_errors__mechanism="apscheduler",
            otel_errors__task__name="count the stock",
            messaging__message__id="nightly",
        )

    def test_job_that_left_a_span(self, app, scheduler):
        def fail():
            with app.tracer.start_as_current_span("job"):
                raise ValueError("boom")

        scheduler.add_job(fail)
        (error,) = wait_for(app.errors)
        assert error.span_id == app.span("job").context.span_id

    def test_its_log_tells_again_after_uninstall(self, app, scheduler):
        otel_errors.uninstall()
        app.install(frameworks=False)
        scheduler.add_job(lambda: 1 / 0)
        (error,) = wait_for(app.errors)
        assert error.attributes["otel_errors.mechanism"] == "logging"


class TestLambda:
    class Context:
        """What AWS gives a handler."""

        function_name = "shop"
        function_version = "7"
        aws_request_id = "1-2-3"

    def test_decorated_handler(self, app, monkeypatch):
        flushed = []
        monkeypatch.setattr(app.logger_provider, "force_flush", lambda _: flushed.append(len(app.errors())))

        @otel_errors.handler
        def handle(event, context):
            if event == "fine":
                return "answer"
            raise ValueError("boom")

        assert handle("fine", self.Context) == "answer"
        assert set(flushed) == {0}  # before it returns
        flushed.clear()
        with pytest.raises(ValueError):
            handle({}, self.Context)
        assert set(flushed) == {1}  # with the error
        assert_told(
            app.errors()[0],
            otel_errors__mechanism="aws_lambda",
            faas__name="shop",
            faas__version="7",
            faas__invocation_id="1-2-3",
        )

    def test_event_of_a_gateway_tells_of_the_request(self, app):
        @otel_errors.handler
        def handle(event, context):
            raise ValueError("boom")

        event = {
            "routeKey": "GET /items/{id}",
            "queryStringParameters": {"token": "hunter2"},
            "headers": {"authorization": "hunter2"},
            "requestContext": {"domainName": "shop.example", "http": {"method": "GET", "path": "/items/7"}},
        }
        with pytest.raises(ValueError):
            handle(event, self.Context)
        attributes = app.errors()[0].attributes
        assert attributes["http.route"] == "/items/{id}"
        assert attributes["url.query"] == "token=***"
        assert "hunter2" not in str(dict(attributes))

    def test_without_install_the_function_is_called_as_ever(self):
        @otel_errors.handler
        def handle(event, context=None):
            return event

        assert handle("event") == "event"


def test_every_hook_that_is_installed_here_attaches(app, caplog):
    assert [record.message for record in caplog.get_records("setup")] == []
