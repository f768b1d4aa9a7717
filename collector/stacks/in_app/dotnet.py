""".NET: a method's qualified name tells namespace, class and method; its namespace tells whose it is."""

from __future__ import annotations

import re

from collector.stacks.remember import remember

NAMES_CACHED_MAX = 8192
"""Method names that are remembered, about 0.5 KB each: a program has some thousands, and they repeat."""

LIBRARIES = (
    "Akka.",
    "Amazon.",
    "Autofac.",
    "AutoMapper.",
    "Azure.",
    "Castle.",
    "Confluent.",
    "Dapper.",
    "Datadog.",
    "DotNetty.",
    "Elastic.",
    "Elasticsearch.",
    "FluentValidation.",
    "Flurl.",
    "FSharp.",
    "Giraffe.",
    "Google.Api.",
    "Google.Apis.",
    "Google.Cloud.",
    "Google.Protobuf.",
    "GraphQL.",
    "Grpc.",
    "Hangfire.",
    "HotChocolate.",
    "IdentityModel.",
    "IdentityServer4.",
    "Internal.",
    "Interop.",
    "MassTransit.",
    "MediatR.",
    "MessagePack.",
    "Microsoft.",
    "Mono.",
    "MongoDB.",
    "Moq.",
    "MS.",
    "MySql.",
    "MySqlConnector.",
    "Newtonsoft.",
    "NHibernate.",
    "NLog.",
    "Npgsql.",
    "NServiceBus.",
    "NUnit.",
    "OpenTelemetry.",
    "Oracle.",
    "Orleans.",
    "Polly.",
    "Quartz.",
    "RabbitMQ.",
    "Refit.",
    "RestSharp.",
    "Sentry.",
    "Serilog.",
    "ServiceStack.",
    "StackExchange.",
    "Suave.",
    "Swashbuckle.",
    "System.",
    "Unity.",
    "UnityEditor.",
    "UnityEngine.",
    "UnityEngineInternal.",
    "Windows.",
    "Xunit.",
    "log4net.",
)
"""Namespaces of the runtime and of packages that most servers and games carry; all else is taken as the user's."""

# Classes without a namespace that runtimes make: compiled expressions, call sites of `dynamic`, Mono's wrappers.
_GENERATED_MODULES = frozenset({"", "CallSite", "<Module>", "DynamicClass", "(dynamic-class)"})

_WRAPPER = re.compile(r"\(wrapper [^)]{1,80}\) ?")
_ARGUMENTS = re.compile(r"\[[^\[\]]*\]")  # List`1[T], innermost first
_ARITY = re.compile(r"`[0-9]{1,3}")
_OF_TYPES = re.compile(r"(?<=\w)<[^<>]*>")  # IEnumerable<T> of an explicit interface member
_MODIFIERS = re.compile(
    r"(?:async |static |unsafe |ref |readonly )*[\w.,?*\[\]]{1,200} (?=[^\W\d][\w.+<>$|]{0,300}$)(?=[^.]{1,200}\.)"
)
_COUNTER = re.compile(r"(?<=lambda_method)[0-9]{1,9}$")
_GENERATED = re.compile(r"(?:^|\.)<")
_ENCLOSING = re.compile(r"<([^<>]{1,300})>")
_LOCAL = re.compile(r"g__([^|<>]{1,200})\|")
_BASIC_STATE = re.compile(r"VB\$StateMachine_[0-9]{1,9}_(\w{1,200})\.")
_BASIC_CLOSURE = re.compile(r"(?:^|\.)_(?:Closure\$__|Lambda\$__)")
LAMBDA = "<lambda>"
"""The function of a lambda whose compiler does not name the method around it (VB, nameless F# closures)."""


@remember(NAMES_CACHED_MAX)
def locate(name: str) -> tuple[str, str, bool]:
    """Tell module (namespace and class) and function of a method as a frame names it, and whether it is in-app.

    What compilers generate leads back to the method in the source: state machines and iterators
    (`Pay.<Charge>d__5.MoveNext`), lambdas (`Pay.<>c__DisplayClass3_0.<Charge>b__1`), local functions
    (`Pay.<Charge>g__Check|3_0` is `Charge.Check`), F# closures (`Pay.charge@12-3.Invoke`). Type arguments and their
    number are dropped; nested classes are joined by dots on every runtime.
    """
    if name.startswith("("):
        name = _WRAPPER.sub("", name, count=1)
    for _ in range(3 if "[" in name else 0):
        name = _ARGUMENTS.sub("", name)
    name = name.strip()
    if " " in name:
        name = _after_modifiers(name)
    name = name.replace("+", ".").replace("/", ".")
    if "`" in name:
        name = _ARITY.sub("", name)
    module, function = _split(name)
    in_app = not module.startswith(LIBRARIES) and f"{module}." not in LIBRARIES and module not in _GENERATED_MODULES
    return module, function, in_app


def _after_modifiers(name: str) -> str:
    """Take off what Ben.Demystifier writes before a name: `async Task<Order> Shop.Pay.Charge`."""
    plain = name
    for _ in range(3):
        plain = _OF_TYPES.sub("", plain)
    found = _MODIFIERS.match(plain)  # a method's name may have blanks in F#
    return plain[found.end() :] if found else name


def _split(name: str) -> tuple[str, str]:
    """Find class and method, through all that is generated."""
    if name.startswith("<StartupCode$"):  # F#: the body of a file, with the program's name
        name = name.partition(">.")[2].replace("$", "")
    if "<" in name:
        name = _OF_TYPES.sub("", name)
        generated = _GENERATED.search(name)
        if generated is not None:
            return _split_generated(name, generated.start())
    if "$" in name:
        state = _BASIC_STATE.search(name)
        if state is not None:
            return name[: state.start()].rstrip("."), state.group(1)
        closure = _BASIC_CLOSURE.search(name)
        if closure is not None:
            return name[: closure.start()], LAMBDA
    if "@" in name:
        module, _, function = name.partition("@")[0].rpartition(".")
        return module, function if function.isidentifier() and function != "clo" else LAMBDA
    if name.endswith((".ctor", ".cctor")):
        module, _, function = name.rpartition("..")
        return module, "." + function
    module, _, function = name.rpartition(".")
    return module, _COUNTER.sub("", function)


def _split_generated(name: str, start: int) -> tuple[str, str]:
    """C#: the innermost name in angle brackets is the method around the generated class or method."""
    module, rest = name[:start], name[start:].lstrip(".")
    enclosing = _ENCLOSING.search(rest)
    local = _LOCAL.search(rest)
    if enclosing is None:  # no method around it: anonymous types and the like
        return module or rest.partition(".")[0], rest.rpartition(".")[2]
    function = enclosing.group(1).rpartition(".")[2]
    return module, f"{function}.{local.group(1)}" if local else function
