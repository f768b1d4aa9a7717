"""One method of a class, replaced for as long as somebody needs it.

The SDK has no hook for `record_exception`: a span processor sees the event only after the span
ended, as text. So the method is replaced on the class, once (wrapping each span's would cost 2 us a
span and a reference cycle), and put back when the last holder lets go. When another library has
wrapped ours meanwhile, it stays in place and passes through.
"""

from __future__ import annotations

import functools
import threading
import weakref
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_HOLDERS: Final = "_otel_errors_holders"  # on the replacement: itself, and who needs it
_LOCK: Final = threading.Lock()


def hold(
    owner: type,
    name: str,
    holder: object,
    replace: Callable[[Callable[..., Any]], Callable[..., Any]],
) -> None:
    """Put `replace(original)` in place of `owner.name`, unless it is there.

    `holder` needs it until `release`.
    """
    with _LOCK:
        current = owner.__dict__[name]
        holders = _holders_of(current)
        if holders is None:
            holders = weakref.WeakSet()
            replacement = functools.wraps(current)(replace(_as_function(current)))
            setattr(replacement, _HOLDERS, (replacement, holders))
            setattr(owner, name, replacement)
        holders.add(holder)


def release(owner: type, name: str, holder: object) -> None:
    """`holder` no longer needs the replacement; the last one to say so brings the original back."""
    with _LOCK:
        current = owner.__dict__[name]
        holders = _holders_of(current)
        if holders is None:
            return
        holders.discard(holder)
        if not holders:
            setattr(owner, name, current.__wrapped__)


def _as_function(method: Any) -> Callable[..., Any]:
    """Return `method` as a function of the instance and the arguments.

    A wrapper of another kind (wrapt's) tells a method from a function by how it was looked up.
    """
    if type(method) is FunctionType:  # what wraps a function says that it is one, too
        return method

    @functools.wraps(method)
    def call(instance: Any, /, *args: Any, **kwargs: Any) -> Any:
        return method.__get__(instance, type(instance))(*args, **kwargs)

    return call


def _holders_of(method: Any) -> weakref.WeakSet[Any] | None:
    """Return who needs `method`, or None when it is not our replacement.

    Another library's wrapper of ours may carry a copy of our attribute: `functools.wraps` copies
    them all. So the attribute says whose it is.
    """
    replacement, holders = getattr(method, _HOLDERS, (None, None))
    return holders if replacement is method else None
