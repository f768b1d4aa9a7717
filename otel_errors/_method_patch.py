"""One method of a class (or function of a module), replaced for as long as somebody needs it.

The SDK has no hook for `record_exception`: a span processor sees the event only after the span
ended, as text. So the method is replaced on the class, once (wrapping each span's would cost 2 us a
span and a reference cycle), and put back when the last holder lets go. When another library has
wrapped ours meanwhile, it stays in place and passes through.
"""

from __future__ import annotations

import functools
import threading
import weakref
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

_LOCK: Final = threading.Lock()


class _Replaced(NamedTuple):
    """What was put in place of what, and who needs it."""

    replacement: Callable[..., Any]
    original: Any
    holders: weakref.WeakSet[Any]


_REPLACED: Final[dict[tuple[type | ModuleType, str], _Replaced]] = {}


def hold(
    owner: type | ModuleType,
    name: str,
    holder: object,
    replace: Callable[[Callable[..., Any]], Callable[..., Any]],
) -> None:
    """Put `replace(original)` in place of `owner.name`, unless it is there.

    `holder` needs it until `release`.
    """
    with _LOCK:
        current = owner.__dict__[name]
        known = _REPLACED.get((owner, name))
        if known is not None and known.replacement is current:
            if known.holders:
                known.holders.add(holder)
                return
            current = known.original  # the replacement was made for a holder that is gone
        replacement = functools.wraps(current)(
            replace(current if isinstance(owner, ModuleType) else _as_function(current))
        )
        setattr(owner, name, replacement)
        _REPLACED[owner, name] = _Replaced(replacement, current, weakref.WeakSet((holder,)))


def release(owner: type | ModuleType, name: str, holder: object) -> None:
    """`holder` no longer needs the replacement; the last one to say so brings the original back."""
    with _LOCK:
        known = _REPLACED.get((owner, name))
        if known is None:
            return
        known.holders.discard(holder)
        if not known.holders and owner.__dict__[name] is known.replacement:
            setattr(owner, name, known.original)
            del _REPLACED[owner, name]


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
