"""The journal: acknowledged bytes -> segment files, in the order in which they are to be drained.

In: OTLP requests, as bytes whose framing has been checked, from any number of threads
(`Journal.append`).
Out: sealed segments, oldest first (`Journal.next_sealed`), until each is drained
(`Journal.finish`).

Promised:
- `append` returns only after the request is on disk (fsync). What it refuses was not kept.
- Every acknowledged request is in exactly one segment, whole, also after kill -9 and after a power
  cut.
- A segment's bytes and name never change once it has been handed out; a name is never used again. A
  replay is therefore the same insert under the same deduplication token.
- A byte-identical request delivered again within the duplicate window is acknowledged and not kept
  again.

May be repeated: `finish`; handing a segment out (after a restart, until it is finished).

The files are described in `docs/journal.md`. Read next: `journal.py` (the parts), `writer.py`
(group commit), `recovery.py` (what a crash leaves behind).
"""

from __future__ import annotations

from collector.journal.dead_letters import DeadLetter, DeadLetters
from collector.journal.journal import Journal
from collector.journal.record import RecordTorn, iter_records
from collector.journal.segment import Segment

__all__ = ["DeadLetter", "DeadLetters", "Journal", "RecordTorn", "Segment", "iter_records"]
