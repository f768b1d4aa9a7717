"""The telemetry lane: a segment's bytes go to ClickHouse as they are.

No span is touched in Python, with two exceptions that cost only the requests that need them: a value that holds an
array or a map is turned into JSON text first (`decode/flatten.py`), and when the engine refuses a segment, the guilty
span, record or metric is found, goes to the dead letters, and the rest is stored under the segment's own name.
"""

from __future__ import annotations

import logging
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from google.protobuf.internal.encoder import _VarintBytes  # type: ignore[attr-defined]  # the only varint writer in C

from collector.decode.flatten import flatten
from collector.decode.framing import expanded_bytes, single_item_requests
from collector.drain.find_bad_record import find_refused
from collector.drain.whole_records import WholeRecords
from collector.failures import StoreRejected, StoreUnavailable
from collector.journal.record import iter_records

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from collector.journal.dead_letters import DeadLetters, Kind
    from collector.journal.segment import Segment
    from collector.self_metrics import SelfMetrics
    from collector.store.store import Store

logger = logging.getLogger(__name__)

EXPANDED_BYTES_AN_INSERT = 128 << 20
"""What the rows of one insert may take: in a row a resource is repeated, so a small segment can be many rows' worth of it."""


class TelemetryLane:
    """Stores the telemetry of one segment after the other. Belongs to one thread."""

    def __init__(self, *, store: Store, dead_letters: DeadLetters, metrics: SelfMetrics, temporary: Path) -> None:
        self._store = store
        self._dead_letters = dead_letters
        self._metrics = metrics
        self._temporary = temporary

    def store_segment(self, segment: Segment, following: Segment | None = None) -> None:  # noqa: ARG002  a Lane's shape
        """Store a segment's rows; may be repeated.

        Raises:
            StoreUnavailable: nothing or all of it may be stored; repeat it.
        """
        with ExitStack() as files:
            for number, path in enumerate(self._inserts(segment, files)):
                token = f"{segment.name}.{number}" if number else segment.name
                self._insert(segment, path, token, files)

    def _insert(self, segment: Segment, path: Path, token: str, files: ExitStack) -> None:
        try:
            self._store.insert_segment(segment.signal, path, segment=token)
        except StoreRejected as refusal:
            clean = self._without_refused(segment, path, refusal, files)
            try:
                self._store.insert_segment(segment.signal, clean, segment=token)
            except StoreRejected as again:
                # The engine reads every record and still refuses the whole: not the data's fault.
                raise StoreUnavailable(f"segment {segment.name} is refused: {again}", code=again.code) from again

    def _inserts(self, segment: Segment, files: ExitStack) -> list[Path]:
        """The files to insert: the segment's own, or temporary ones in its place.

        Temporary when records had to change, or when the rows would take too much memory at once: then there are
        several, the same ones whenever the segment is repeated.
        """
        changed = False
        batches: list[list[bytes]] = [[]]
        expanded = 0
        whole = WholeRecords(segment, self._dead_letters)
        for request in whole:
            flat = flatten(segment.signal, request)
            for damaged in flat.damaged:
                self._bury(segment, damaged.data, damaged.reason, kind=damaged.kind)
            changed = changed or flat.request is not request
            size = expanded_bytes(flat.request)
            if expanded + size > EXPANDED_BYTES_AN_INSERT and batches[-1]:
                batches.append([])
                expanded = 0
            expanded += size
            batches[-1].append(flat.request)
        if not changed and not whole.torn and len(batches) == 1:
            return [segment.path]
        return [self._write(records, files) for records in batches]

    def _without_refused(self, segment: Segment, path: Path, refusal: StoreRejected, files: ExitStack) -> Path:
        records = list(iter_records(path))

        def refuses(pieces: Sequence[bytes]) -> bool:
            with ExitStack() as attempt:
                try:
                    self._store.check_file(segment.signal, self._write(pieces, attempt))
                except StoreRejected:
                    return True
            return False

        guilty = find_refused(records, refuses)
        if not guilty:
            raise StoreUnavailable(f"segment {segment.name} is refused: {refusal}", code=refusal.code) from refusal
        logger.warning(
            "segment %s: %d of %d requests hold something refused: %s", segment.name, len(guilty), len(records), refusal
        )
        for position in guilty:
            items = single_item_requests(records[position])
            refused = set(find_refused(items, refuses))
            for number in refused:
                self._bury(segment, items[number], str(refusal), kind="request")
            # Requests written one after the other are one merged request.
            records[position] = b"".join(item for number, item in enumerate(items) if number not in refused)
        return self._write(records, files)

    def _write(self, records: Iterable[bytes], files: ExitStack) -> Path:
        file = files.enter_context(
            tempfile.NamedTemporaryFile(dir=self._temporary, suffix=".records")  # noqa: SIM115  `files` closes it
        )
        for record in records:
            if record:
                file.write(_VarintBytes(len(record)))
                file.write(record)
        file.flush()
        return Path(file.name)

    def _bury(self, segment: Segment, data: bytes, reason: str, *, kind: Kind) -> None:
        self._dead_letters.put(segment.signal, data, reason=reason, segment=segment.name, kind=kind)
        self._metrics.dead_letters.labels(segment.signal).inc()
