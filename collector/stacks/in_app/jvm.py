"""The JVM: a frame's qualified name tells package, class and method; its package tells whose it is.

Compilers and libraries write classes and methods of their own. Each way of a language to name them is a row below; what
is left is the class and the method as the source has them:

    com.shop.Orders.lambda$pay$0                     com.shop.Orders, pay         a lambda, Java
    com.shop.Orders$1.run                            com.shop.Orders, run         an anonymous class, Java
    com.shop.Orders$$Lambda$14/0x0000000800c03000    com.shop.Orders              generated, a bridge: not in-app
    com.shop.Orders$$SpringCGLIB$$0.pay              com.shop.Orders, pay         generated, a proxy: not in-app
    com.shop.OrdersKt$pay$1.invokeSuspend            com.shop.OrdersKt, pay       a lambda or continuation, Kotlin
    com.shop.OrdersKt.pay-0E7RQCE                    com.shop.OrdersKt, pay       a value class in the arguments, Kotlin
    com.shop.Orders$.$anonfun$pay$1                  com.shop.Orders, pay         a function in an object, Scala
    shop.orders$pay$fn__2041.invoke                  shop.orders, pay             a function, Clojure
    com.shop.Orders$_pay_closure1.doCall             com.shop.Orders, pay         a closure, Groovy
"""

from __future__ import annotations

import re

from collector.stacks.in_app.jvm_libraries import LIBRARIES, LIBRARY_SEGMENTS_MAX, NOT_LIBRARIES
from collector.stacks.remember import remember

NAMES_CACHED_MAX = 16384
"""Qualified names that are remembered, about 0.5 KB each: a program has some thousands, and they repeat."""

PACKAGES_CACHED_MAX = 2048
"""Packages that are remembered: a program and its libraries have some hundreds."""

_HIDDEN = re.compile(r"/(?:0x)?[0-9a-fA-F]{1,16}(?=\.)")  # of a class that has no name of its own
# What is generated at run time and passes a call on, behind the class that it stands for.
_GENERATED = re.compile(
    r"\$\$(?:Lambda|EnhancerBy|FastClassBy|SpringCGLIB|KeyFactoryBy|ExternalSynthetic|InternalSynthetic)|\$\$\$?_?Weld"
    r"|_\$\$_(?:jvst|javassist|Weld)|\$(?:ByteBuddy|MockitoMock|HibernateProxy|HibernateInstantiator|HibernateAccess)\$"
    r"|\$Proxy\$_\$\$|\$Definition(?:\$|$)|\$Intercepted$|\$auxiliary\$|_(?:ClientProxy|Subclass|Bean|Synthetic_)(?:\$|$)"
    r"|^(?:\$Proxy|-\$\$Lambda|Generated(?:Method|Constructor|SerializationConstructor)Accessor)[0-9$]"
)
_COUNTER = re.compile(r"[0-9]{1,9}$")
_SCRIPT = re.compile(r"((?:Console)?[Ss]cript)[0-9_]{1,24}")
_LAMBDA = re.compile(r"lambda\$(.{1,600}?)\$[0-9]{1,6}(?![^$])")
_KOTLIN_MANGLED = re.compile(r"-(?:impl[0-9]{0,3}|[A-Za-z0-9_-]{7})$")
_GROOVY_CLOSURE = re.compile(r"_(?:(.{1,300}?)_)?(?:closure|lambda)[0-9]{1,6}")
_CLOJURE_SUFFIX = re.compile(r"_{2}[0-9]{1,9}$")
_SCALA_WORDS = frozenset({"", "anonfun", "anon", "adapted", "DefaultImpls", "class"})
_CLOJURE_METHODS = frozenset({"invoke", "invokeStatic", "doInvoke", "invokePrim", "applyTo"})
_CALL_SITES = frozenset({"call", "callCurrent", "callStatic", "callConstructor", "callSafe", "callGetProperty"})
_SPECIAL = {"new": "<init>", "static": "<clinit>", "null": "lambda", "$init": "<init>"}


@remember(NAMES_CACHED_MAX)
def locate(name: str, file: str = "") -> tuple[str, str, bool]:
    """Tell module, function and in-app of a frame's name, `loader/module@version/package.Class.method`.

    `file` is the frame's, as sent. In-app is every package that is not one of the JDK, a language's runtime, a framework or
    a usual library.
    """
    if "/" in name:
        name = _HIDDEN.sub("", name).rpartition("/")[2]
    owner, _, method = name.rpartition(".")
    package, dot, simple = owner.rpartition(".")
    generated = False
    function = ""
    if "$" in simple or "_" in simple or "cript" in simple or "Accessor" in simple:
        simple, function, generated = _class(simple, method, is_generated=file == "Unknown Source")
    if not function:
        function = _method(method) if "$" in method or "-" in method else method
    module = f"{package}{dot}{simple}"
    in_app = not generated and (not _is_library(package) or module.startswith(NOT_LIBRARIES))
    return module, function, in_app


@remember(PACKAGES_CACHED_MAX)
def _is_library(package: str) -> bool:
    segments = package.split(".", LIBRARY_SEGMENTS_MAX)
    if segments[0] in LIBRARIES:
        return True
    return any(".".join(segments[:count]) in LIBRARIES for count in range(2, LIBRARY_SEGMENTS_MAX + 1))


def _class(simple: str, method: str, *, is_generated: bool) -> tuple[str, str, bool]:  # noqa: PLR0911 - one return a kind of name
    """A class's name without its package -> the class in the source, the method if the class names it, generated."""
    generated = _GENERATED.search(simple)
    if generated is not None:
        base = simple[: generated.start()].lstrip("$")
        return base or _COUNTER.sub("", simple), "", True
    script = _SCRIPT.fullmatch(simple.partition("$")[0])
    if script is not None:
        simple = script.group(1) + simple.partition("$")[1] + simple.partition("$")[2]
    first, _, rest = simple.partition("$")
    if not rest:
        return first or simple, "", False
    parts = rest.split("$")
    if is_generated and method in _CALL_SITES and parts[0][:1].islower():
        return first, parts[0], True  # a call site that Groovy generates
    is_clojure = (method in _CLOJURE_METHODS and first[:1].islower()) or _CLOJURE_SUFFIX.search(rest) is not None
    counted = is_clojure or any(part.isdigit() for part in parts) or "inlined" in parts
    names = [first]
    for part in parts:
        if part in _SCALA_WORDS or part.isdigit():
            continue
        closure = _GROOVY_CLOSURE.fullmatch(part)
        if closure is not None:
            return "$".join(names), closure.group(1) or "closure", False
        if is_clojure:
            named = _COUNTER.sub("", _CLOJURE_SUFFIX.sub("", part))
            return "$".join(names), "fn" if named == "eval" else named, False
        if counted and (part[0].islower() or part[0] == "_"):  # a function, whose lambda this class is
            return "$".join(names), _method(part), False
        names.append(part.lstrip("0123456789") or part)
    return "$".join(names), "", False


def _method(method: str) -> str:
    """A method's name as it is in the source."""
    found = _LAMBDA.match(method) if method.startswith("lambda$") else None
    if found is not None:
        method = found.group(1)
    elif "$anonfun" in method:
        before, _, after = method.partition("$anonfun")
        named = [part for part in after.split("$") if part not in _SCALA_WORDS and not part.isdigit()]
        method = named[0] if named else before.strip("$").rpartition("$$")[2] or "anonfun"
    elif method.startswith("access$"):
        method = method[7:]
        if method.isdigit():
            return "access"
    if method in _SPECIAL:
        return _SPECIAL[method]
    if "$$" in method[1:]:  # Scala puts the class before the name of what is private
        method = method.rpartition("$$")[2]
    cut = method.find("$", 1)
    if cut > 0 and method[0] != "$":
        method = method[:cut]
    if "-" in method:
        method = _KOTLIN_MANGLED.sub("", method)
    return method or "lambda"
