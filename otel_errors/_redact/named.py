"""What the owner named: `redact_keys`, as keys of attributes and variables and as names before a value in a text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from otel_errors._redact.secrets import REDACTED

if TYPE_CHECKING:
    from collections.abc import Iterable

_SAYS_SOMETHING: Final = re.compile(r"[^\W_]")
# A value that is hidden already stays as it is.
_VALUE: Final = (
    r"""(?!\*\*\*|\[redacted\]|\[email\])"""
    r"""(?:"(?:[^"\\\n]|\\.){1,8192}"?|'(?:[^'\\\n]|\\.){1,8192}'?|[^\s"',;&)}\]>\\=][^\s"',;&)}\]>\\]{0,8191})"""
)


class NamedKeys:
    """Hides the values of these names, in any case of their letters; `-`, `_` and `.` are the same in them."""

    def __init__(self, names: Iterable[str]) -> None:
        plain = sorted({name.strip().lower() for name in names if _SAYS_SOMETHING.search(name)}, key=len, reverse=True)
        self._any = bool(plain)
        words = "|".join(re.sub(r"(?:\\?[-_.])", "[-_.]", re.escape(name)) for name in plain)
        self._key = re.compile(rf"(?:^|[._-])(?:{words})$", re.IGNORECASE)
        self._text = re.compile(
            rf"""((?<![^\W_])(?:{words})\\{{0,3}}["']?[ \t]{{0,4}}(?:=>|={{1,2}}|:)[ \t]{{0,4}}"""
            rf"""(?:[bfru]{{1,2}}(?=["']))?){_VALUE}""",
            re.IGNORECASE,
        )

    def denies(self, key: str) -> bool:
        """Whether the value of `key` is to be hidden whole."""
        return self._any and self._key.search(key) is not None

    def hide(self, text: str) -> str:
        """Replace the values that follow one of the names in `text`."""
        return self._text.sub(rf"\g<1>{REDACTED}", text) if self._any else text
