# ruff: noqa: F821, PLC0415, ARG002, S102 - fails on purpose, in old Pythons too
"""Fail in the ways that the golden stacks show: `shop.py CASE SEED` prints the views of one raise.

A view is a line "#### NAME" and the stack's text after it. SEED makes the ids in messages different.
"""

import asyncio
import concurrent.futures
import sys
import traceback

import gateway


def show(name, text):
    print("####", name)
    sys.stdout.write(text)


def seen(call, *arguments, name="seen"):
    """Show what an `except` in this function sees."""
    try:
        call(*arguments)
    except BaseException:
        show(name, traceback.format_exc())


def load(order):
    return gateway.get(order)


def handler(order):
    return load(order)


def nested_spans(seed):
    from opentelemetry.sdk.trace import TracerProvider

    spans = []

    class Keep:
        def on_start(self, span, parent_context=None):
            pass

        def _on_ending(self, span):
            pass

        def on_end(self, span):
            spans.append(span)

        def shutdown(self):
            pass

        def force_flush(self, timeout_millis=0):
            return True

    provider = TracerProvider()
    provider.add_span_processor(Keep())
    tracer = provider.get_tracer("shop")
    get = gateway.get

    def load_in_span(order):
        with tracer.start_as_current_span("middle"):
            return get(order)

    @tracer.start_as_current_span("outer")
    def handler_in_span(order):
        return load_in_span(order)

    @tracer.start_as_current_span("asynchronous")
    async def handler_async(order):
        await asyncio.sleep(0)
        return handler_in_span(order)

    inner = tracer.start_as_current_span("inner")
    gateway.get = inner(get)
    get = gateway.get
    seen(handler_in_span, seed, name="log_record")
    seen(lambda: asyncio.run(handler_async(seed)), name="log_record_async")
    for number, span in enumerate(spans):
        for event in span.events:
            show(f"span_{number}_{span.name}", event.attributes["exception.stacktrace"])


def views(seed):
    """One raise in `get`, seen from ever further away."""
    seen(gateway.get, seed, name="near")
    seen(load, seed, name="further")
    seen(handler, seed, name="far")


def other_function(seed):
    seen(gateway.refund, seed)


def cause(seed):
    seen(gateway.charge, seed)


def context(seed):
    seen(gateway.charge_carelessly, seed)


def cause_never_raised(seed):
    def wrap():
        raise gateway.PaymentError(f"payment {seed}") from gateway.GatewayDown("never raised")

    seen(wrap)


def library(seed):
    seen(gateway.parse, "{" * (seed + 1))


def raise_helper_a(seed):
    seen(gateway.fail, f"stock of item {seed} is negative")


def raise_helper_b(seed):
    seen(gateway.fail, f"currency {seed} is unknown")


def generic_a(seed):
    def refuse():
        raise RuntimeError(f"order {seed} for 'customer-{seed}' timed out after {seed}.5s")

    seen(refuse)


def generic_b(seed):
    def refuse():
        raise RuntimeError(f"no stock for item {seed}")

    seen(refuse)


def comprehension(seed):
    seen(gateway.total, ["1", f"x{seed}"])


def generator(seed):
    seen(gateway.total_lazily, ["1", f"x{seed}"])


def dictionary(seed):
    seen(gateway.settings, {"a": 0, "b": seed})


def recursion(seed):
    sys.setrecursionlimit(200 + seed)
    seen(gateway.down, 0)


def mutual_recursion(seed):
    sys.setrecursionlimit(200 + seed)
    seen(gateway.even, 0)


def message_lines(seed):
    def check():
        raise ValueError(f'2 fields are wrong\n  name: {seed} is short\n\n  File "a", line {seed}, in b\nend')

    seen(check)


def embedded(seed):
    """Quote another traceback in a message, as remote workers do."""

    def work():
        try:
            gateway.get(seed)
        except gateway.PaymentError:
            raise LookupError("worker failed:\n" + traceback.format_exc()) from None

    seen(work)


def notes(seed):
    def noted():
        try:
            gateway.get(seed)
        except gateway.PaymentError as error:
            if hasattr(error, "add_note"):
                error.add_note(f"while paying {seed}")
            raise

    seen(noted)


def syntax_error(seed):
    seen(lambda: compile(f"a{seed} = (1,\n", "/srv/shop/rules.py", "exec"))


def import_error(seed):
    def plugin():
        import importlib

        importlib.import_module("no_such_plugin")

    seen(plugin)


def executed(seed):
    def rule():
        exec(f"def check(x):\n    return x[{seed}]\ncheck({{}})")

    seen(rule)


def pool(seed):
    def submit():
        with concurrent.futures.ThreadPoolExecutor(1) as workers:
            workers.submit(gateway.get, seed).result()

    seen(submit)


def never_raised(seed):
    error = gateway.GatewayDown(f"probe {seed} failed")
    show("seen", "".join(traceback.format_exception(type(error), error, None)))


def long_call(seed):
    def call():
        return gateway.get(
            order=seed + 1,
        )

    seen(call)


def group(seed):
    def check_rows():
        errors = []
        for number in range(seed, seed + 3 + seed % 2):
            try:
                gateway.row(number)
            except (ValueError, KeyError) as error:
                errors.append(error)
        raise ExceptionGroup(f"{len(errors)} rows", errors)

    seen(check_rows)


def group_nested(seed):
    def check_all():
        errors = [OSError(f"{seed}")]
        try:
            try:
                gateway.row(3 * seed)
            except ValueError as error:
                raise ExceptionGroup("rows", [error, gateway.GatewayDown("x")]) from error
        except ExceptionGroup as found:
            errors.append(found)
        try:
            gateway.charge(seed)
        except gateway.PaymentError as error:
            errors.append(error)
        raise ExceptionGroup("all", errors)

    seen(check_all)


def group_wrapped(seed):
    def wrapped():
        try:
            raise ExceptionGroup("all", [ValueError(seed), TypeError(seed)])
        except ExceptionGroup as found:
            raise gateway.PaymentError("check failed") from found

    seen(wrapped)


def task_group(seed):
    async def work(number):
        await asyncio.sleep(0)
        gateway.row(number)

    async def every():
        async with asyncio.TaskGroup() as tasks:
            for number in range(seed, seed + 3):
                tasks.create_task(work(number))

    seen(lambda: asyncio.run(every()))


if __name__ == "__main__":
    globals()[sys.argv[1]](int(sys.argv[2]))
