"""Every way on which an exception is lost without us: told once, with the trace in which the work was started."""

from __future__ import annotations

import _thread
import asyncio
import concurrent.futures
import gc
import logging
import multiprocessing.pool
import multiprocessing.process
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest
from opentelemetry import trace
from opentelemetry._logs import SeverityNumber

import otel_errors


def boom(message="boom"):
    raise ValueError(message)


def suppressed(read, *arguments):
    with pytest.raises(ValueError):
        read(*arguments)


def the_error(app):
    (error,) = app.errors()
    return error


def assert_of_span(app, error, name, *, mechanism):
    context = app.span(name).context
    assert (error.trace_id, error.span_id) == (context.trace_id, context.span_id)
    assert error.attributes["otel_errors.mechanism"] == mechanism
    assert error.attributes["exception.type"] == "ValueError"


def wait_for(condition):
    until = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < until, "nothing was told"
        time.sleep(0.01)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
class TestThreads:
    def test_has_the_span_that_started_the_thread(self, app):
        with app.tracer.start_as_current_span("request"):
            thread = threading.Thread(target=boom)
            thread.start()
            thread.join()
        error = the_error(app)
        assert_of_span(app, error, "request", mechanism="thread")
        assert error.severity_number == SeverityNumber.ERROR
        assert error.attributes["otel_errors.handled"] is False

    def test_outside_any_span(self, app):
        thread = threading.Thread(target=boom)
        thread.start()
        thread.join()
        assert the_error(app).trace_id == 0

    def test_has_the_span_within_the_thread_and_is_told_once(self, app):
        def work():
            with app.tracer.start_as_current_span("job"):
                boom()

        with app.tracer.start_as_current_span("request"):
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
        assert_of_span(app, the_error(app), "job", mechanism="span")

    @pytest.mark.parametrize("code", [0, 1])
    def test_system_exit_ends_a_thread_in_silence(self, app, code):
        thread = threading.Thread(target=sys.exit, args=(code,))
        thread.start()
        thread.join()
        assert app.errors() == []

    def test_hook_of_the_application_still_runs(self, make_app, monkeypatch):
        seen = []
        monkeypatch.setattr(threading, "excepthook", seen.append)
        app = make_app()
        app.install()
        thread = threading.Thread(target=boom)
        thread.start()
        thread.join()
        assert len(seen) == len(app.errors()) == 1


class TestFutures:
    @pytest.fixture
    def pool(self):
        with ThreadPoolExecutor(1) as pool:
            yield pool

    def test_future_that_nobody_reads(self, app, pool):
        with app.tracer.start_as_current_span("request"):
            pool.submit(boom)
        wait_for(app.errors)
        assert_of_span(app, the_error(app), "request", mechanism="future")

    def test_future_that_is_kept_tells_when_it_is_let_go(self, app, pool):
        with app.tracer.start_as_current_span("request"):
            future = pool.submit(boom)
        concurrent.futures.wait([future])  # reads nothing
        assert app.errors() == []
        del future
        gc.collect()
        wait_for(app.errors)
        assert_of_span(app, the_error(app), "request", mechanism="future")

    def test_future_in_a_cycle_with_its_own_frames(self, app, pool):
        class Job:
            def run(self):
                boom()

        job = Job()
        job.future = pool.submit(job.run)
        concurrent.futures.wait([job.future])
        del job
        gc.collect()
        wait_for(app.errors)
        assert len(app.errors()) == 1

    @pytest.mark.parametrize(
        "read",
        [
            lambda future: suppressed(future.result),
            lambda future: suppressed(future.result, 5),
            lambda future: future.exception(),
            lambda future: future.exception(timeout=5),
            lambda future: future.add_done_callback(lambda done: done.exception()),
        ],
        ids=["result", "result in time", "exception", "exception in time", "callback"],
    )
    def test_future_that_is_read_is_none(self, app, pool, read):
        future = pool.submit(boom)
        read(future)
        pool.submit(int).result()
        del future
        gc.collect()
        assert app.errors() == []

    def test_results_of_a_map_are_read(self, app, pool):
        with pytest.raises(ValueError):
            list(pool.map(boom, ["a"]))
        gc.collect()
        assert app.errors() == []

    def test_work_that_left_a_span_is_told_once(self, app, pool):
        def work():
            with app.tracer.start_as_current_span("job"):
                boom()

        pool.submit(work)
        wait_for(app.errors)
        pool.submit(int).result()
        gc.collect()
        assert_of_span(app, the_error(app), "job", mechanism="span")

    def test_executor_of_a_loop_gives_the_exception_to_the_loop(self, app):
        async def main():
            with pytest.raises(ValueError):
                await asyncio.get_running_loop().run_in_executor(None, boom)

        asyncio.run(main())
        gc.collect()
        assert app.errors() == []

    def test_cancelled_future_is_none(self, app):
        future = concurrent.futures.Future()
        future.cancel()
        with pytest.raises(concurrent.futures.InvalidStateError):
            future.set_exception(ValueError("late"))
        del future
        gc.collect()
        assert app.errors() == []

    def test_pool_of_processes_or_threads_of_multiprocessing(self, app):
        with multiprocessing.pool.ThreadPool(1) as pool:
            with app.tracer.start_as_current_span("request"):
                pool.apply_async(boom)
                wait_for(app.errors)
            read = pool.apply_async(boom, ("read",))
            with pytest.raises(ValueError):
                read.get()
            answered = []
            pool.apply_async(boom, ("answered",), error_callback=answered.append)
            wait_for(lambda: answered)
            del read
        gc.collect()
        assert [error.attributes["exception.message"] for error in app.errors()] == ["boom"]

    def test_nothing_is_told_after_uninstall(self, app, pool):
        future = pool.submit(boom)
        concurrent.futures.wait([future])
        otel_errors.uninstall()
        del future
        gc.collect()
        assert app.errors() == []
        assert concurrent.futures.Future.result.__module__ == "concurrent.futures._base"


class TestTasks:
    def test_task_that_nobody_awaits(self, app, caplog):
        async def fail():
            boom()

        async def main():
            with app.tracer.start_as_current_span("request"):
                task = asyncio.create_task(fail())
                await asyncio.sleep(0)
            await asyncio.sleep(0)
            del task
            with app.tracer.start_as_current_span("another"):
                gc.collect()
                await asyncio.sleep(0)

        asyncio.run(main())
        wait_for(app.errors)
        assert_of_span(app, the_error(app), "request", mechanism="task")
        assert "never retrieved" in caplog.text  # the loop's own handler ran; its log record is no second error

    def test_task_that_left_a_span_is_told_once(self, app):
        async def fail():
            with app.tracer.start_as_current_span("job"):
                boom()

        async def main():
            task = asyncio.create_task(fail())
            await asyncio.wait([task])

        asyncio.run(main())
        gc.collect()
        assert_of_span(app, the_error(app), "job", mechanism="span")

    def test_callback_that_fails(self, app):
        async def main():
            with app.tracer.start_as_current_span("request"):
                asyncio.get_running_loop().call_soon(boom)
            await asyncio.sleep(0.01)

        asyncio.run(main())
        wait_for(app.errors)
        assert_of_span(app, the_error(app), "request", mechanism="task")

    def test_task_whose_exception_is_handled_or_that_is_cancelled_is_none(self, app):
        async def fail():
            boom()

        async def main():
            task = asyncio.create_task(fail())
            with pytest.raises(ValueError):
                await task
            sleeping = asyncio.create_task(asyncio.sleep(60))
            await asyncio.sleep(0)
            sleeping.cancel()
            await asyncio.wait([sleeping])

        asyncio.run(main())
        gc.collect()
        assert app.errors() == []

    @pytest.mark.parametrize(("gathered", "count"), [(False, 0), (True, 1)])
    def test_gather_that_returns_exceptions_tells_only_where_it_is_asked_to(self, make_app, gathered, count):
        app = make_app()
        app.install(gathered=gathered)

        async def fail():
            boom()

        async def main():
            with app.tracer.start_as_current_span("request"):
                results = await asyncio.gather(fail(), asyncio.sleep(0, "fine"), return_exceptions=True)
            assert [type(result) for result in results] == [ValueError, str]
            with pytest.raises(ValueError):
                await asyncio.gather(fail())

        asyncio.run(main())
        assert len(app.errors()) == count
        if gathered:
            error = the_error(app)
            assert_of_span(app, error, "request", mechanism="gather")
            assert error.severity_number == SeverityNumber.WARN


class TestUnraisable:
    @pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
    def test_error_of_del_has_the_span_in_which_the_object_was_let_go(self, make_app, monkeypatch):
        seen = []
        monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: seen.append(unraisable.exc_type))

        class Broken:
            def __del__(self):
                boom()

        app = make_app()
        app.install()
        broken = Broken()
        with app.tracer.start_as_current_span("request"):
            del broken
        wait_for(app.errors)
        assert_of_span(app, the_error(app), "request", mechanism="unraisable")
        assert seen == [ValueError]
        otel_errors.uninstall()

    def test_bare_thread(self, make_app, monkeypatch):
        monkeypatch.setattr(sys, "unraisablehook", lambda _: None)
        app = make_app()
        app.install()
        _thread.start_new_thread(boom, ())
        wait_for(app.errors)
        assert the_error(app).attributes["otel_errors.mechanism"] == "unraisable"
        otel_errors.uninstall()


class TestLogged:
    logger = logging.getLogger("shop.pay")

    def test_logged_exception_has_message_place_and_span(self, app):
        with app.tracer.start_as_current_span("request"):
            try:
                boom()
            except ValueError:
                self.logger.exception("order %s failed", 17)
        error = the_error(app)
        assert_of_span(app, error, "request", mechanism="logging")
        assert error.severity_number == SeverityNumber.ERROR
        assert error.attributes["otel_errors.log.message"] == "order 17 failed"
        assert error.attributes["otel_errors.log.logger"] == "shop.pay"
        assert error.attributes["code.function.name"] == "test_logged_exception_has_message_place_and_span"
        assert error.attributes["otel_errors.handled"] is True

    @pytest.mark.parametrize(
        ("log", "severity"),
        [
            (lambda logger, error: logger.critical("x", exc_info=error), SeverityNumber.FATAL),
            (lambda logger, error: logger.error("x", exc_info=(type(error), error, None)), SeverityNumber.ERROR),
            (lambda logger, error: logger.warning("x", exc_info=error), None),
            (lambda logger, _: logger.error("x"), None),  # nothing is being handled
            (lambda logger, error: logger.error("%d items", "no", exc_info=error), SeverityNumber.ERROR),
        ],
    )
    def test_which_records_count(self, app, log, severity, monkeypatch):
        monkeypatch.setattr(logging, "raiseExceptions", False)
        log(self.logger, ValueError("boom"))
        assert [error.severity_number for error in app.errors()] == ([severity] if severity else [])

    def test_level_can_be_set(self, make_app):
        app = make_app()
        app.install(logged_level_min=30)
        self.logger.warning("x", exc_info=ValueError("boom"))
        assert the_error(app).severity_number == SeverityNumber.WARN

    def test_logged_then_raised_is_one(self, app):
        def work():
            try:
                boom()
            except ValueError:
                self.logger.exception("failed")
                raise

        with pytest.raises(ValueError), app.tracer.start_as_current_span("request"):
            work()
        assert len(app.errors()) == 1

    def test_level_and_filters_of_the_logger_hold(self, app, monkeypatch):
        monkeypatch.setattr(self.logger, "disabled", True)
        self.logger.error("x", exc_info=ValueError("boom"))
        assert app.errors() == []

    def test_loggers_of_the_sending_are_left_out(self, app):
        logging.getLogger("opentelemetry.exporter").error("x", exc_info=ValueError("boom"))
        logging.getLogger("otel_errors").error("x", exc_info=ValueError("boom"))
        assert app.errors() == []

    @pytest.mark.usefixtures("app")
    def test_handlers_get_the_record_as_it_was(self):
        records = []
        handler = logging.Handler()
        handler.emit = lambda record: records.append(set(vars(record)))
        self.logger.addHandler(handler)
        try:
            self.logger.error("x", exc_info=ValueError("boom"))
            otel_errors.uninstall()
            self.logger.error("x", exc_info=ValueError("boom"))
        finally:
            self.logger.removeHandler(handler)
        assert records[0] == records[1]


@pytest.mark.filterwarnings("default")
class TestWarned:
    def test_warnings_are_told_only_where_they_are_asked_for(self, make_app):
        app = make_app()
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            app.install(warned=True)
            with app.tracer.start_as_current_span("request"):
                warnings.warn("old", DeprecationWarning, stacklevel=1)
            otel_errors.uninstall()
        error = the_error(app)
        assert error.severity_number == SeverityNumber.WARN
        assert error.attributes["exception.type"] == "DeprecationWarning"
        assert "test_warnings_are_told_only_where_they_are_asked_for" in error.attributes["exception.stacktrace"]
        assert "otel_errors" not in error.attributes["exception.stacktrace"].partition("File")[2].replace(__file__, "")
        assert error.span_id == app.span("request").context.span_id

    def test_not_by_itself(self, app):
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("old", DeprecationWarning, stacklevel=1)
        assert app.errors() == []


class TestCapture:
    def test_what_is_being_handled_with_context(self, app):
        with app.tracer.start_as_current_span("request"):
            try:
                boom()
            except ValueError:
                event_id = otel_errors.capture(order=17, cart=["book"], fingerprint=["pay", "{{default}}"])
        error = the_error(app)
        assert_of_span(app, error, "request", mechanism="capture")
        assert error.attributes["otel_errors.event_id"] == event_id
        assert (error.attributes["order"], error.attributes["cart"]) == (17, "['book']")
        assert error.attributes["exception.fingerprint"] == ("pay", "{{default}}")

    def test_given_exception_and_severity(self, app):
        otel_errors.capture(KeyError("k"), severity="warning")
        assert the_error(app).severity_number == SeverityNumber.WARN

    def test_told_once_and_raised_in_another_trace_again(self, app):
        error = ValueError("kept")
        ids = []
        for name in ("first", "second"):
            with app.tracer.start_as_current_span(name):
                ids += [otel_errors.capture(error), otel_errors.capture(error)]
        assert ids[0] == ids[1] != ids[2] == ids[3]
        assert [record.trace_id for record in app.errors()] == [
            app.span(name).context.trace_id for name in ("first", "second")
        ]

    @pytest.mark.usefixtures("app")
    def test_nothing_to_tell(self, caplog):
        assert otel_errors.capture() is None
        assert "no exception is given" in caplog.text

    def test_not_installed(self, caplog):
        assert otel_errors.capture(ValueError("x")) is None
        assert "call otel_errors.install() first" in caplog.text

    def test_value_whose_text_fails(self, app):
        class Bad:
            def __str__(self):
                raise ValueError

        otel_errors.capture(ValueError("x"), bad=Bad())
        assert the_error(app).attributes["bad"] == "<Bad>"


def test_every_path_is_undone(make_app):
    watched = {
        "sys.excepthook": lambda: sys.excepthook,
        "threading.excepthook": lambda: threading.excepthook,
        "sys.unraisablehook": lambda: sys.unraisablehook,
        "Thread.start": lambda: threading.Thread.start,
        "Future.result": lambda: concurrent.futures.Future.result,
        "Future.set_exception": lambda: concurrent.futures.Future.set_exception,
        "submit": lambda: ThreadPoolExecutor.submit,
        "call_exception_handler": lambda: asyncio.BaseEventLoop.call_exception_handler,
        "create_task": lambda: asyncio.BaseEventLoop.create_task,
        "gather": lambda: asyncio.gather,
        "callHandlers": lambda: logging.Logger.callHandlers,
        "showwarning": lambda: warnings.showwarning,
        "_bootstrap": lambda: multiprocessing.process.BaseProcess._bootstrap,
        "record_exception": lambda: trace.NonRecordingSpan.record_exception,
    }
    before = {name: read() for name, read in watched.items()}
    make_app().install(gathered=True, warned=True)
    installed = {name: read() for name, read in watched.items()}
    otel_errors.uninstall()
    assert {name: read() for name, read in watched.items()} == before
    kept = {name for name in watched if installed[name] == before[name]}
    assert kept <= ({"create_task"} if sys.version_info >= (3, 12) else set())
