"""How commands read a data folder that no collector owns: the engine runs in the command itself, read-only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from collector.failures import StoreRejected
from collector.store.read import Reader, in_its_own_words

if TYPE_CHECKING:
    from collections.abc import Iterator

_CODE = re.compile(r"Code: (\d{1,5})\.")
"""How the engine's messages begin."""


class FolderReader(Reader):
    """Rows come through clickhouse-connect; answers in a format of ClickHouse from the engine's own connection.

    The client could only write the format behind the statement, where one may be already.
    """

    def __init__(self, client: Any, engine: Any) -> None:
        super().__init__(client)
        self._engine = engine

    def stream(self, statement: str, fmt: str) -> Iterator[bytes]:
        """The whole answer, in one piece: the engine holds it anyway.

        Raises:
            StoreRejected: the statement was refused.
        """
        try:
            answer: bytes = self._engine.query(statement, fmt).bytes() or b""
        except Exception as failure:
            told = " ".join(str(failure).split())
            code = _CODE.search(told)
            raise in_its_own_words(StoreRejected(told, code=int(code[1]) if code else 0)) from failure
        yield answer

    def close(self) -> None:
        """Give both connections back."""
        self._engine.close()
        super().close()
