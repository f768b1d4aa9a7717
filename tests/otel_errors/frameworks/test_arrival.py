"""A framework is watched when it is imported, now or later, and nothing is imported for it."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import sys
from pathlib import Path

import pytest

import otel_errors
from otel_errors import _install, _method_patch
from otel_errors._frameworks import FRAMEWORKS, Frameworks, lambda_handler_module


@pytest.fixture
def framework(tmp_path, monkeypatch):
    """A framework of our own, `flask.app` by name, that is imported for the first time."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "flask"]:
        monkeypatch.delitem(sys.modules, name)
    package = tmp_path / "flask"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "app.py").write_text(
        """
class Signal:
    def connect(self, *_args, **_kwargs): pass
got_request_exception = Signal()
class Flask:
    def full_dispatch_request(self): pass
    def handle_user_exception(self, e): pass
loader = __loader__
""",
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield "flask.app"
    for name in [name for name in sys.modules if name.partition(".")[0] == "flask"]:
        del sys.modules[name]


def source_of(name: str) -> Path:
    return Path(importlib.util.find_spec(name).origin)


def is_watched(module) -> bool:
    return hasattr(module.Flask.full_dispatch_request, "__wrapped__")


def test_framework_that_is_imported_later(app, framework):
    module = importlib.import_module(framework)
    assert is_watched(module)
    otel_errors.uninstall()
    assert not is_watched(module)


def test_framework_that_is_there_already(make_app, framework):
    module = importlib.import_module(framework)
    assert not is_watched(module)
    assert make_app().install()
    assert is_watched(module)


def test_switched_off(make_app, framework):
    before = list(sys.meta_path)
    assert make_app().install(frameworks=False)
    assert not is_watched(importlib.import_module(framework))
    assert sys.meta_path == before


def test_uninstall_waits_no_more(app, framework):
    otel_errors.uninstall()
    assert not is_watched(importlib.import_module(framework))
    assert [finder for finder in sys.meta_path if type(finder).__module__.startswith("otel_errors")] == []


def test_module_sees_the_loader_that_it_would_have(app, framework):
    module = importlib.import_module(framework)
    plain = type(importlib.util.find_spec("json").loader)
    assert type(module.loader) is type(module.__spec__.loader) is type(module.__loader__) is plain


def test_framework_that_is_loaded_again(app, framework):
    module = importlib.import_module(framework)
    importlib.reload(module)
    assert is_watched(module)
    assert type(module.__spec__.loader).__module__ == "_frozen_importlib_external"


def test_framework_that_is_not_as_we_know_it_still_works(app, framework, caplog):
    source_of(framework).write_text("class Flask:\n    def full_dispatch_request(self): pass\n")
    module = importlib.import_module(framework)
    assert not is_watched(module)
    (record,) = caplog.records
    assert "attach to flask" in record.message


def test_import_that_fails_fails_as_ever(app, framework):
    source_of(framework).write_text("raise ImportError('no')\n")
    with pytest.raises(ImportError, match=r"^no$"):
        importlib.import_module(framework)


def test_nothing_is_imported_for_the_frameworks(run_python):
    done = run_python(
        """
        import sys
        from opentelemetry.sdk.trace import TracerProvider
        import otel_errors
        before = set(sys.modules)
        assert otel_errors.install(TracerProvider())
        print([name for name in sys.modules if name.partition(".")[0] in
               {"flask", "starlette", "django", "aiohttp", "celery", "rq", "dramatiq", "apscheduler"}])
        print([name for name in sys.modules if name.startswith("otel_errors._frameworks.")])
        """,
        OTEL_LOGS_EXPORTER="none",
    )
    assert done.stderr == ""
    assert done.stdout.splitlines()[0] == "[]"


def test_uninstall_puts_every_method_back(app):
    for module in FRAMEWORKS.values():
        with contextlib.suppress(Exception):  # it is not installed, or wants settings first
            importlib.import_module(module)
    (frameworks,) = [path for path in _install._REGISTRY.installation._paths if isinstance(path, Frameworks)]
    held = [place for hook in frameworks._hooks.values() for place in hook._held]
    assert len(held) >= 4  # gRPC and Starlette are always there
    replaced = {place: _method_patch._REPLACED[place] for place in held}
    assert all(vars(owner)[name] is replaced[owner, name].replacement for owner, name in held)
    otel_errors.uninstall()
    assert all(vars(owner)[name] is replaced[owner, name].original for owner, name in held)


def test_names_of_frameworks_are_modules_of_ours():
    for name in FRAMEWORKS:
        assert importlib.import_module(f"otel_errors._frameworks.{name}").HOOK.mechanism == name


@pytest.mark.parametrize(
    ("environ", "module"),
    [
        ({"_HANDLER": "app.handle", "AWS_LAMBDA_FUNCTION_NAME": "shop"}, "app"),
        ({"_HANDLER": "src/shop/app.handle", "AWS_LAMBDA_FUNCTION_NAME": "shop"}, "src.shop.app"),
        ({"_HANDLER": "app.handle"}, None),
        ({"_HANDLER": "handle", "AWS_LAMBDA_FUNCTION_NAME": "shop"}, None),
        ({}, None),
    ],
)
def test_module_of_the_lambda_handler(environ, module):
    assert lambda_handler_module(environ) == module


def test_lambda_handler_is_watched_as_its_runtime_imports_it(run_python, receiver, attributes_of, tmp_path):
    (tmp_path / "shop_handler.py").write_text("def handle(event, context):\n    raise ValueError('boom')\n")
    done = run_python(
        """
        import importlib, os, signal, types
        from opentelemetry.sdk.trace import TracerProvider
        import otel_errors
        otel_errors.install(TracerProvider())
        handle = importlib.import_module("shop_handler").handle
        try:
            handle({}, types.SimpleNamespace(function_name="shop", aws_request_id="1-2-3"))
        except ValueError:
            os._exit(0)  # frozen for ever
        """,
        **receiver.environment(),
        _HANDLER="shop_handler.handle",
        AWS_LAMBDA_FUNCTION_NAME="shop",
    )
    assert (done.returncode, done.stderr) == (0, "")
    (error,) = receiver.log_records()
    attributes = attributes_of(error)
    assert attributes["faas.invocation_id"] == "1-2-3"
    assert attributes["otel_errors.mechanism"] == "aws_lambda"


def test_lambda_handler_that_is_instrumented(run_python, receiver, attributes_of, tmp_path):
    pytest.importorskip("opentelemetry.distro")
    pytest.importorskip("opentelemetry.instrumentation.aws_lambda")
    (tmp_path / "shop_handler.py").write_text("def handle(event, context):\n    raise ValueError('boom')\n")
    run_python(
        """
        import importlib, os, types
        handle = importlib.import_module("shop_handler").handle
        arn = "arn:aws:lambda:eu-west-1:123456789012:function:shop"
        context = types.SimpleNamespace(function_name="shop", aws_request_id="1-2-3", invoked_function_arn=arn)
        try:
            handle({}, context)
        except ValueError:
            os._exit(0)  # frozen for ever
        """,
        launcher=(str(Path(sys.executable).with_name("opentelemetry-instrument")), sys.executable),
        **receiver.environment(),
        _HANDLER="shop_handler.handle",
        AWS_LAMBDA_FUNCTION_NAME="shop",
        PYTHONPATH=os.pathsep.join((str(tmp_path), os.environ.get("PYTHONPATH", ""))),
    )
    (span,) = receiver.spans().values()
    errors = [record for record in receiver.log_records() if record.event_name == "exception"]
    assert [(error.trace_id, error.span_id) for error in errors] == [(span.trace_id, span.span_id)]
    assert attributes_of(errors[0])["faas.invocation_id"] == "1-2-3"


def test_under_opentelemetry_instrument_without_a_line_of_code(run_python, receiver, attributes_of):
    pytest.importorskip("opentelemetry.distro")
    pytest.importorskip("opentelemetry.instrumentation.flask")
    done = run_python(
        """
        import threading, urllib.error, urllib.request
        from wsgiref.simple_server import make_server
        import flask

        app = flask.Flask("shop")

        @app.route("/items/<id>")
        def item(id):
            raise ValueError("boom")

        server = make_server("127.0.0.1", 0, app)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/items/7")
        except urllib.error.HTTPError as error:
            print(error.code)
        server.shutdown()
        """,
        launcher=(str(Path(sys.executable).with_name("opentelemetry-instrument")), sys.executable),
        **receiver.environment(),
    )
    assert done.stdout.strip() == "500"
    span = receiver.spans()["GET /items/<id>"]
    errors = [record for record in receiver.log_records() if record.event_name == "exception"]
    assert [(error.trace_id, error.span_id) for error in errors] == [(span.trace_id, span.span_id)]
    attributes = attributes_of(errors[0])
    assert attributes["otel_errors.mechanism"] == "flask"
    assert attributes["http.route"] == "/items/<id>"


def test_celery_worker_of_processes(run_python, receiver, attributes_of, tmp_path):
    pytest.importorskip("celery")
    done = run_python(
        """
        import os, signal, sys
        import celery
        from opentelemetry.sdk.trace import TracerProvider
        import otel_errors

        folder = os.path.dirname(__file__)
        shop = celery.Celery("shop", broker="filesystem://")
        shop.conf.broker_transport_options = {
            "data_folder_in": folder, "data_folder_out": folder, "control_folder": folder,
        }
        shop.conf.worker_hijack_root_logger = False

        @shop.task(name="shop.fail")
        def fail():
            os.kill(os.getppid(), signal.SIGTERM)  # the worker ends when this task has
            raise ValueError("boom")

        otel_errors.install(TracerProvider())
        fail.delay()
        shop.worker_main(["worker", "--concurrency=1", "--without-gossip", "--without-mingle", "--without-heartbeat"])
        """,
        **receiver.environment(),
        OTEL_BLRP_SCHEDULE_DELAY="60000",
    )
    errors = receiver.log_records()
    assert [attributes_of(error)["otel_errors.task.name"] for error in errors] == ["shop.fail"], done.stderr


def test_rq_worker_sends_what_waits_before_its_work_horse_ends(run_python, receiver, attributes_of):
    pytest.importorskip("rq")
    pytest.importorskip("fakeredis")
    done = run_python(
        """
        import fakeredis, rq
        from opentelemetry.sdk.trace import TracerProvider
        import otel_errors

        connection = fakeredis.FakeStrictRedis(version=7)  # the work horse has a copy of it
        otel_errors.install(TracerProvider())
        queue = rq.Queue("orders", connection=connection)
        queue.enqueue("tests.otel_errors.frameworks.jobs.fail")
        rq.Worker([queue], connection=connection).work(burst=True, logging_level="CRITICAL")
        """,
        **receiver.environment(),
        OTEL_BLRP_SCHEDULE_DELAY="60000",
    )
    assert done.returncode == 0, done.stderr
    (error,) = receiver.log_records()
    attributes = attributes_of(error)
    assert attributes["otel_errors.mechanism"] == "rq"
    assert attributes["otel_errors.task.name"] == "tests.otel_errors.frameworks.jobs.fail"
