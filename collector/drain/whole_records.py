"""The records of a segment, and what to do when a medium has damaged the file."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from collector.journal.record import RecordTorn, iter_records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from collector.journal.dead_letters import DeadLetters
    from collector.journal.segment import Segment

logger = logging.getLogger(__name__)

REMAINDER_BYTES_MAX = 64 * 2**20
"""What is kept of an unreadable remainder: as much as one request may have."""


class WholeRecords:
    """Iterates over a segment's records; what follows the last whole one goes to the dead letters, told by `torn`.

    A sealed segment was whole when it was sealed, so only the medium can have damaged it: trying again can't help.
    """

    def __init__(self, segment: Segment, dead_letters: DeadLetters) -> None:
        self._segment = segment
        self._dead_letters = dead_letters
        self.torn = False

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from iter_records(self._segment.path)
        except RecordTorn as damage:
            self.torn = True
            logger.error("%s; the rest is a dead letter", damage)  # noqa: TRY400  the failure says it all
            with self._segment.path.open("rb") as file:
                file.seek(damage.offset)
                rest = file.read(REMAINDER_BYTES_MAX)
            self._dead_letters.put(
                self._segment.signal, rest, reason=str(damage), segment=self._segment.name, kind="request"
            )
