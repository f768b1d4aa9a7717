"""A connection to the embedded engine, for one request.

chDB gives any number of connections to its one engine; each has its own current database and settings, and takes one
statement at a time.
"""

from __future__ import annotations

import json
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from chdb import ChdbError

from collector.failures import StoreRejected
from collector.sqlport.request import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

_QUERIES: Final = Path(__file__).with_name("queries")
_CODE: Final = "Code: "
_SAYS: Final = ". DB::Exception: "
_VERSION: Final = " (version "
_STREAM: Final = "Streaming query failed: "


@cache
def _query(name: str) -> str:
    return (_QUERIES / f"{name}.sql").read_text()


class EngineConnection:
    """One connection; belongs to one request. All methods raise `StoreRejected` with ClickHouse's number."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connection = connect()

    def use(self, database: str) -> None:
        """Make this the current database."""
        self.run("USE {database:Identifier}", {"database": escape(database)})

    def set(self, settings: Mapping[str, str]) -> None:
        """Give the connection settings. Names must be the caller's own, or checked: they are part of the text."""
        if settings:
            text = ", ".join(f"{name} = {{{name}:String}}" for name in settings)
            self.run(f"SET {text}", {name: escape(value) for name, value in settings.items()})

    def ask(self, query: str, **values: str) -> list[Any]:
        """Run one of our own queries, from its file; give its first row."""
        result = self.run(
            _query(query),
            {name: escape(value) for name, value in values.items()},
            "JSONCompactEachRow",
        )
        row: list[Any] = json.loads(result.bytes().partition(b"\n")[0] or b"[]")
        return row

    def run(self, statement: str, parameters: Mapping[str, str] | None = None, form: str = "Null") -> Any:
        """Run a statement; give chDB's result, whole. Values are in escaped form."""
        try:
            return self._connection.query(statement, form, params=dict(parameters or {}))
        except (ChdbError, RuntimeError) as error:
            raise as_rejected(error) from error

    def stream(self, statement: str, parameters: Mapping[str, str], form: str) -> Generator[Any]:
        """Run a statement; give chDB's results block by block, as they come. Closing it stops the statement."""
        try:
            stream = self._connection.send_query(statement, form, params=dict(parameters))
            with suppress(StopIteration), stream:
                while True:
                    yield next(stream)
        except (ChdbError, RuntimeError) as error:
            raise as_rejected(error) from error

    def close(self) -> None:
        """Give the connection back; what it runs is stopped."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def as_rejected(error: Exception) -> StoreRejected:
    """Read the number and the text out of the engine's message.

    Messages come wrapped: `Code: 73. DB::Exception: Code: 73. DB::Exception: ... (UNKNOWN_FORMAT) (version ...).`
    """
    message = str(error).removeprefix(_STREAM)
    code = 0
    while message.startswith(_CODE):
        number, says, rest = message.removeprefix(_CODE).partition(_SAYS)
        if not says or not number.isdigit():
            break
        code, message = int(number), rest
    return StoreRejected(message.partition(_VERSION)[0].strip(), code=code)
