"""Statements that write: the hidden writable mode, by which the remote mode is tested against another collector.

An INSERT's data goes to a file and the engine reads it from there (`FROM INFILE`), the way the embedded mode inserts.
The data is the body when the URL has the statement, else what stands behind the statement's line in the body.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from collector.failures import QueryRefused, StoreRejected
from collector.sqlport import tree
from collector.sqlport.answer import QUERY_TOO_LARGE
from collector.sqlport.limits import INSERT_BYTES_MAX, STATEMENT_BYTES_MAX
from collector.sqlport.request import INCORRECT_DATA
from collector.sqlport.settings import TRANSPORT, UNKNOWN_SETTING
from collector.store.render import quote_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from collector.sqlport.coding import Decoder
    from collector.sqlport.engine import EngineConnection

_HEAD_BYTES: Final = 64 << 10
_HEAD_LINES_MAX: Final = 32
"""How far into a body its statement may reach: columns of a wide table, one a line, and each line is a try."""
_INSERT: Final = b"INSERT"


class Body:
    """A body on its way to disk, mode 0600, in a folder of its own."""

    def __init__(self, decoder: Decoder, *, bytes_max: int = INSERT_BYTES_MAX) -> None:
        self._decoder = decoder
        self._bytes_max = bytes_max
        self._folder = tempfile.TemporaryDirectory(prefix="otel-errors-insert-")
        self.folder = Path(self._folder.name)
        self.path = self.folder / "body"
        self._file = _new_file(self.path)
        self.size = 0

    def feed(self, data: bytes) -> None:
        """Take the next bytes as they came. Raises `QueryRefused`: not decodable, or too much."""
        for piece in self._decoder.feed(data):
            self.size += len(piece)
            if self.size > self._bytes_max:
                raise QueryRefused(
                    f"The body is larger than {self._bytes_max} bytes; send it in parts", code=QUERY_TOO_LARGE
                )
            self._file.write(piece)

    def finish(self) -> None:
        """Take note of the end. Raises `QueryRefused` when it comes too early."""
        self._decoder.finish()
        self._file.close()

    def close(self) -> None:
        """Remove the file."""
        self._file.close()
        self._folder.cleanup()


@dataclass(frozen=True, slots=True, kw_only=True)
class Insert:
    """An INSERT with its data in a file. `tree` is its syntax tree, without the data."""

    tree: Mapping[str, Any]
    data: Path
    folder: Path


def plan(engine: EngineConnection, statement: str, body: Body) -> Insert | str:
    """Tell an INSERT with data from any other statement, which is given back as text.

    Raises `QueryRefused`, `StoreRejected`.
    """
    parsed: Mapping[str, Any] | None = None
    if statement:
        with suppress(StoreRejected):  # it may go on in the body; what is wrong with it is told when it runs
            parsed = _insert_of(engine, statement)
        if parsed is not None:
            return Insert(tree=parsed, data=body.path, folder=body.folder)
    else:
        with body.path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
        if head.lstrip()[: len(_INSERT)].upper() == _INSERT:
            found = _split(engine, head)
            if found is not None:
                parsed, offset = found
                return Insert(tree=parsed, data=_without_head(body, offset), folder=body.folder)
    if body.size > STATEMENT_BYTES_MAX:
        raise QueryRefused(
            f"The statement is larger than {STATEMENT_BYTES_MAX} bytes; an INSERT's data comes after FORMAT and a line "
            "break, or alone with the statement in the URL",
            code=QUERY_TOO_LARGE,
        )
    try:
        text = body.path.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise QueryRefused(f"The statement is not UTF-8 (byte {error.start})", code=INCORRECT_DATA) from error
    return "\n".join(part for part in (statement, text) if part)


def insert(engine: EngineConnection, planned: Insert, settings: Mapping[str, str]) -> Any:
    """Insert a file's data; give chDB's result. Raises `StoreRejected`."""
    engine.set(writing_settings(settings, folder=planned.folder))
    given = dict(planned.tree)
    if clause := given.pop("settings_ast", None):
        engine.set(_settings_of(clause))
    # Without its settings the statement ends with the format, so the file's name can go before that.
    text = str(engine.ask("text_of_tree", tree=json.dumps(given))[0])
    target, _, form = text.rpartition(" FORMAT ")
    return engine.run(f"{target} FROM INFILE {quote_text(str(planned.data))} COMPRESSION 'none' FORMAT {form}")


def writing_settings(given: Mapping[str, str], *, folder: Path | None = None) -> dict[str, str]:
    """Take the settings of a request that may write: all but those of the transport.

    A schema given as text becomes a file: the embedded engine would write it to the working directory. Raises
    `QueryRefused` for what is no name of a setting.
    """
    taken = {name: value for name, value in given.items() if name not in TRANSPORT}
    for name in taken:
        if not (name.isascii() and name.isidentifier()):
            raise QueryRefused(f"Unknown setting {name[:100]!r}", code=UNKNOWN_SETTING)
    if taken.get("format_schema_source") == "string" and folder is not None:
        del taken["format_schema_source"]
        path = folder / "given.proto"
        path.write_text(taken.get("format_schema", ""))
        taken["format_schema"] = f"{path}:{taken.pop('format_schema_message_name', '')}"
    return taken


def _insert_of(engine: EngineConnection, statement: str) -> Mapping[str, Any] | None:
    """The tree of an INSERT that waits for its data; None for any other statement."""
    parsed = tree.parse(engine, statement, {})
    if parsed.kind != tree.INSERT or parsed.tree is None:
        return None
    return parsed.tree if parsed.tree.get("format") and "select" not in parsed.tree else None


def _split(engine: EngineConnection, head: bytes) -> tuple[Mapping[str, Any], int] | None:
    """Find the line break behind the statement: the first one up to which the text is an INSERT with a format."""
    offset = -1
    for _ in range(_HEAD_LINES_MAX):
        offset = head.find(b"\n", offset + 1)
        if offset < 0:
            return None
        try:
            parsed = _insert_of(engine, head[:offset].decode())
        except (StoreRejected, QueryRefused, UnicodeDecodeError):
            continue
        if parsed is not None:
            return parsed, offset + 1
    return None


def _without_head(body: Body, offset: int) -> Path:
    data = body.folder / "data"
    with body.path.open("rb") as source, _new_file(data) as target:
        source.seek(offset)
        shutil.copyfileobj(source, target)
    return data


def _settings_of(clause: Mapping[str, Any]) -> dict[str, str]:
    changes = {str(change["name"]): str(change["value"].get("value", "")) for change in clause.get("changes", ())}
    return writing_settings(changes)


def _new_file(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
