"""The process that reads segments of errors for the collector while there is a backlog.

    python -m collector.drain.reading_child FD         FD: a socket to the collector, inherited

It has the pure part of the error lane and writes files of rows; no engine, no journal, no memory of occurrences. It
answers one message after the other, and ends when the collector closes the socket or is no more.
"""

from __future__ import annotations

import gc
import signal
import sys
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from collector.drain.reading_messages import Read, Write
from collector.drain.segment_reader import SegmentReader
from collector.drain.segment_rows import write_rows
from collector.grouping import Grouper, RulesInUse
from collector.journal.record import RecordTorn, iter_records
from collector.store.rows import Row, RowEncoder

if TYPE_CHECKING:
    from collector.drain.segment_reader import Reading
    from collector.rules.rule import Rules

GC_THRESHOLDS = (100_000, 50, 100)
"""As in the collector (`collector/cli/serve.py`)."""


class _Child:
    """What is kept between messages."""

    def __init__(self) -> None:
        self._encoder = RowEncoder()
        self._rules: Rules | None = None
        self._in_use: RulesInUse | None = None
        self._reader = self._make_reader()
        self._reading: tuple[str, Reading[Row]] | None = None

    def answer(self, asked: Read | Write) -> object:
        """Do it."""
        if isinstance(asked, Read):
            return self._read(asked)
        if self._reading is None or self._reading[0] != asked.name:
            return False
        try:
            write_rows(asked.folder, asked.name, self._reading[1].kept, asked.batch, self._encoder)
        except OSError:
            return False  # The disk: the collector meets it too, and says so.
        finally:
            self._reading = None
        return True

    def _read(self, asked: Read) -> object:
        self._reading = None
        if asked.rules != self._rules:
            self._rules = asked.rules
            self._in_use = RulesInUse(asked.rules) if asked.rules is not None else None
            self._reader = self._make_reader()
        try:
            reading = self._reader.read(asked.name, asked.signal, asked.sealed_ms, iter_records(asked.path))
        except (RecordTorn, OSError):
            return None
        self._reading = asked.name, reading
        return reading.told

    def _make_reader(self) -> SegmentReader[Row]:
        return SegmentReader(group=Grouper(self._in_use).group, keep=self._encoder.row)


def main(descriptor: int) -> None:
    """Answer until the other end is closed."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # They are for the collector, which then closes the socket.
    child = _Child()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    with Connection(descriptor) as connection:
        try:
            connection.send(None)  # ready
            while True:
                connection.send(child.answer(connection.recv()))
        except (EOFError, BrokenPipeError, ConnectionResetError):
            return


if __name__ == "__main__":
    main(int(sys.argv[1]))
