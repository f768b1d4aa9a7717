"""The error lane decides: what the segments tell -> which of it are new occurrences, later sightings, re-deliveries.

told       what a segment tells, undecided                  collector.drain.segment_reader
decisions  new occurrence, later sighting, or re-delivery   collector.drain.occurrences
batch      what is to be stored of it, and how it counts
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collector.drain.occurrences import Occurrences
    from collector.drain.segment_reader import Told
    from collector.self_metrics import SelfMetrics


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorBatch:
    """What becomes of a segment's sightings, which are named by their places in what it told.

    `events` and `sightings` are (place, event id), `retractions` (place, event id, weight): each takes back the weight
    of an occurrence, stored with an earlier segment, that turned out to be part of another one (see
    `collector.drain.occurrences`).
    """

    events: tuple[tuple[int, str], ...]
    sightings: tuple[tuple[int, str], ...]
    retractions: tuple[tuple[int, str, int], ...]


class ErrorLane:
    """Decides on one segment after the other, in the order of their names.

    A segment may be decided on again, as long as none was after it. Belongs to one thread.
    """

    def __init__(self, *, occurrences: Occurrences, metrics: SelfMetrics) -> None:
        self._occurrences = occurrences
        self._metrics = metrics

    def decide(self, segment_name: str, told: Told) -> ErrorBatch:
        """Decide on all that a segment tells of.

        The answer depends on the segments before it, and on nothing else.
        """
        events: list[tuple[int, str]] = []
        sightings: list[tuple[int, str]] = []
        retractions: list[tuple[int, str, int]] = []
        for place, decision in enumerate(self._occurrences.decide(segment_name, told.undecided)):
            if decision.outcome == "event":
                events.append((place, decision.event_id))
            elif decision.outcome == "sighting":
                sightings.append((place, decision.event_id))
            if decision.retracted is not None:
                retractions.append((place, *decision.retracted))
        return ErrorBatch(events=tuple(events), sightings=tuple(sightings), retractions=tuple(retractions))

    def count(self, told: Told, batch: ErrorBatch) -> None:
        """Count what was decided: once, however often it was."""
        metrics, events, sightings = self._metrics, batch.events, batch.sightings
        for rule, count in told.dropped.items():
            # What a rule dropped is no event; its telemetry is stored by the other lane.
            metrics.dropped_errors.labels(rule).inc(count)
        for parser, count in told.parsers.items():
            metrics.stacks_parsed.labels(parser).inc(count)
        metrics.error_events.inc(len(events))
        metrics.error_sightings.inc(len(sightings))
        metrics.error_redeliveries.inc(len(told.undecided) - len(events) - len(sightings))
        if told.clamped:
            metrics.clamped_timestamps.inc(sum(place in told.clamped for place, _ in events))
