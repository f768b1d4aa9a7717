"""A new version of the fingerprint starts where the old one left: groups go on, counts are right, nothing doubles."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf.internal.encoder import _VarintBytes

from collector.clock import SystemClock
from collector.drain import version_transition
from collector.drain.error_lane import ErrorLane
from collector.drain.error_rows import ErrorRowsLane
from collector.drain.occurrences import Occurrences
from collector.drain.recent_sightings import recent_sightings
from collector.drain.version_transition import VersionTransition
from collector.failures import StoreUnavailable
from collector.grouping import Grouper
from collector.journal.dead_letters import DeadLetters
from collector.journal.segment import Segment
from collector.self_metrics import SelfMetrics
from collector.store.alias_plan import Continuation
from collector.store.group_merges import GroupMerges
from collector.store.store import Store
from tests.next_version import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from collector.fingerprint.versions import FingerprintVersions
    from collector.store.embedded import EmbeddedConnection, EmbeddedEngine
    from collector.store.row_files import RowFiles

START_MS = 1_800_000_000_000


class KilledStore(Store):
    """A store whose next insert of events, or of aliases, is not there any more."""

    dies_before_events = False
    dies_before_aliases = False
    asked = 0

    def insert_errors(self, rows: RowFiles) -> None:
        if self.dies_before_events:
            raise StoreUnavailable("killed")
        super().insert_errors(rows)

    def continue_groups(self, continuations: Iterable[Continuation]) -> int:
        if self.dies_before_aliases:
            raise StoreUnavailable("killed")
        told = list(continuations)
        self.asked += len(told)
        return super().continue_groups(told)


@dataclass
class Program:
    """The drain of one process after the other, over one database."""

    connection: EmbeddedConnection
    folder: Path
    segments: int = 0
    pending: list[Segment] = field(default_factory=list)

    def start(self, versions: FingerprintVersions = TABLES["first"]) -> Program:
        """As a start does it: memory from the tables, less what is still to be drained."""
        self.metrics = SelfMetrics()
        occurrences = Occurrences(metrics=self.metrics)
        occurrences.restore(recent_sightings(self.connection, self.pending, now_ms=START_MS + self.segments))
        self.store = KilledStore(self.connection)
        self.lane = ErrorRowsLane(
            group=Grouper(versions=versions).group,
            error_lane=ErrorLane(occurrences=occurrences, metrics=self.metrics),
            store=self.store,
            dead_letters=DeadLetters(self.folder / "dead"),
            metrics=self.metrics,
            temporary=self.folder,
        )
        return self

    def segment(self, signal: str, *requests: bytes) -> Segment:
        number, self.segments = self.segments, self.segments + 1
        name = f"{START_MS + number:013d}-00c0ffee-{signal}"
        path = self.folder / f"{name}.segment"
        path.write_bytes(b"".join(_VarintBytes(len(request)) + request for request in requests))
        return Segment(name=name, signal=signal, sealed_ms=START_MS + number, path=path, size_bytes=path.stat().st_size)

    def drain(self, signal: str, *requests: bytes) -> Segment:
        segment = self.segment(signal, *requests)
        self.lane.store_segment(segment)
        return segment

    def errors(self) -> list[dict[str, Any]]:
        return self.connection.rows(
            "SELECT GroupId, Fingerprint, Events, toUnixTimestamp64Nano(FirstSeen) AS FirstNs, MergedGroups, Culprit "
            "FROM errors ORDER BY Events DESC, Culprit"
        )

    def events(self) -> list[int]:
        return [row["Events"] for row in self.errors()]

    def by_fingerprint(self) -> dict[str, int]:
        """How many events each version made."""
        rows = self.connection.rows(
            "SELECT splitByChar(':', Fingerprint)[1] AS v, sum(Weight) AS n FROM error_events GROUP BY v"
        )
        return {row["v"]: row["n"] for row in rows}

    def aliases(self) -> int:
        return self.connection.rows("SELECT count() AS n FROM error_group_aliases")[0]["n"]


@pytest.fixture
def drained(engine: EmbeddedEngine, connection: EmbeddedConnection, tmp_path: Path) -> Iterator[Program]:
    made = engine.connect()
    yield Program(made, tmp_path).start()
    made.close()


def load_cart() -> None:
    raise LookupError("no cart 1")


def load_user() -> None:
    raise LookupError("no user 1")


def save(number: int) -> None:
    raise OSError(f"disk {number} is full")


def on_buy() -> None:
    save(1)


def on_sell() -> None:
    save(2)


def failing(make_program: Any, *functions: Any) -> list[bytes]:
    """A request for each of these functions, that failed."""
    program = make_program()
    for function in functions:
        try:
            function()
        except (LookupError, OSError) as error:
            program.log(error)
    return program.log_requests()


def test_groups_go_on_under_a_new_version(drained: Program, make_program: Any) -> None:
    """With their ids, their first times and their counts; what is new to both versions is a group of its own."""
    drained.drain("logs", *failing(make_program, load_cart, load_cart, load_user))
    before = drained.errors()

    drained.start(TABLES["same"])
    drained.drain("logs", *failing(make_program, load_cart, on_buy))
    drained.drain("logs", *failing(make_program, load_cart, load_user))

    after = {row["GroupId"]: row for row in drained.errors()}
    cart, user = (after[row["GroupId"]] for row in before)
    assert [cart["Events"], user["Events"], len(after)] == [4, 2, 3]
    assert [row["FirstNs"] for row in before] == [cart["FirstNs"], user["FirstNs"]]
    assert cart["Fingerprint"].startswith("v1:")
    assert drained.by_fingerprint() == {"v1": 3, "v2": 4}
    assert drained.aliases() == 2
    assert drained.metrics.registry.get_sample_value("otel_errors_version_aliases_total") == 2

    # The transition ends: what is aliased stays so.
    drained.start(TABLES["ended"])
    drained.drain("logs", *failing(make_program, load_cart, load_user, on_buy))
    assert sorted(drained.events()) == [2, 3, 5]


def test_versions_may_be_passed_over(drained: Program, make_program: Any) -> None:
    drained.drain("logs", *failing(make_program, load_cart))
    drained.start(TABLES["same"]).drain("logs", *failing(make_program, load_user))

    drained.start(TABLES["third"]).drain("logs", *failing(make_program, load_cart, load_user))
    assert drained.events() == [2, 2]


def test_back_at_the_earlier_version_old_groups_go_on_and_what_began_meanwhile_is_put_together_later(
    drained: Program, make_program: Any
) -> None:
    drained.drain("logs", *failing(make_program, load_cart))
    drained.start(TABLES["same"]).drain("logs", *failing(make_program, load_cart, load_user))

    drained.start(TABLES["first"]).drain("logs", *failing(make_program, load_cart, load_user))
    assert drained.events() == [3, 1, 1]
    drained.start(TABLES["same"]).drain("logs", *failing(make_program, load_cart, load_user))
    assert drained.events() == [4, 3]


def test_what_people_merged_stays_merged_and_comes_apart_again(drained: Program, make_program: Any) -> None:
    drained.drain("logs", *failing(make_program, load_cart, load_cart, load_user))
    cart, user = (row["GroupId"] for row in drained.errors())
    merges = GroupMerges(drained.connection, clock=SystemClock())
    merges.merge(cart, [user])

    drained.start(TABLES["same"]).drain("logs", *failing(make_program, load_cart, load_user, load_user))
    assert drained.events() == [6]

    merges.unmerge(user)
    assert {row["GroupId"]: row["Events"] for row in drained.errors()} == {cart: 3, user: 3}
    drained.start(TABLES["same"]).drain("logs", *failing(make_program, load_cart, load_user))
    assert {row["GroupId"]: row["Events"] for row in drained.errors()} == {cart: 4, user: 4}


def test_a_new_group_that_was_taken_out_stays_out(drained: Program, make_program: Any) -> None:
    """The way to have what a finer version tells apart: not at once for all, but where somebody wants it."""
    drained.drain("logs", *failing(make_program, on_buy, on_sell))
    (old,) = drained.errors()

    drained.start(TABLES["finer"]).drain("logs", *failing(make_program, on_buy, on_sell, on_sell))
    (one,) = drained.errors()
    assert (one["GroupId"], one["Events"], len(one["MergedGroups"])) == (old["GroupId"], 5, 2)

    rows = drained.connection.rows("SELECT GroupId, sum(Weight) AS n FROM error_events GROUP BY GroupId")
    (sell,) = [row["GroupId"] for row in rows if row["n"] == 2 and row["GroupId"] != old["GroupId"]]
    GroupMerges(drained.connection, clock=SystemClock()).unmerge(sell)
    drained.start(TABLES["finer"]).drain("logs", *failing(make_program, on_buy, on_sell))
    assert {row["GroupId"]: row["Events"] for row in drained.errors()} == {old["GroupId"]: 4, sell: 3}


def test_groups_that_the_new_version_sees_as_one_become_one(drained: Program, make_program: Any) -> None:
    drained.drain("logs", *failing(make_program, load_cart, load_cart, load_user))
    first = drained.errors()[0]

    drained.start(TABLES["coarser"]).drain("logs", *failing(make_program, load_cart))
    assert drained.events() == [3, 1]
    drained.drain("logs", *failing(make_program, load_user))

    (row,) = drained.errors()
    assert (row["GroupId"], row["Events"], row["FirstNs"]) == (first["GroupId"], 5, first["FirstNs"])


@pytest.mark.parametrize("dies", ["dies_before_aliases", "dies_before_events"])
def test_a_kill_between_the_inserts_is_made_good_by_the_replay(drained: Program, make_program: Any, dies: str) -> None:
    drained.drain("logs", *failing(make_program, load_cart, load_user))
    drained.start(TABLES["same"])
    setattr(drained.store, dies, True)
    segment = drained.segment("logs", *failing(make_program, load_cart, load_user, load_user))
    drained.pending.append(segment)
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            drained.lane.store_segment(segment)
    assert drained.events() == [1, 1]

    for _ in range(2):
        drained.start(TABLES["same"]).lane.store_segment(segment)
        assert drained.events() == [3, 2]
        assert drained.aliases() == 2


def test_a_segment_that_the_old_version_stored_and_the_new_one_repeats_counts_once(
    drained: Program, make_program: Any
) -> None:
    """The old process was killed before it could finish the segment."""
    drained.drain("logs", *failing(make_program, load_user))
    segment = drained.drain("logs", *failing(make_program, load_cart, load_cart))
    drained.pending.append(segment)

    drained.start(TABLES["same"]).lane.store_segment(segment)
    assert drained.events() == [2, 1]
    drained.drain("logs", *failing(make_program, load_cart))
    assert drained.events() == [3, 1]


def test_what_is_taken_back_is_taken_back_from_the_old_group(drained: Program, make_program: Any) -> None:
    """Two spans told of one exception, as two occurrences; the span between them comes after the change of version."""
    program = make_program()
    with pytest.raises(LookupError), program.span("1"), program.span("2"), program.span("3"):
        load_cart()
    inner, between, outer = program.span_requests()
    drained.drain("traces", inner)
    drained.drain("traces", outer)
    assert drained.events() == [2]

    drained.start(TABLES["same"]).drain("traces", between)
    assert drained.events() == [1]


def test_without_a_transition_nothing_is_asked(drained: Program, make_program: Any) -> None:
    drained.store.dies_before_aliases = True
    drained.drain("logs", *failing(make_program, load_cart))
    drained.start(TABLES["ended"]).store.dies_before_aliases = True
    drained.drain("logs", *failing(make_program, load_cart))

    assert drained.events() == [1, 1]


def test_a_group_is_asked_about_once_and_the_memory_of_it_is_bounded(
    drained: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(version_transition, "CONTINUATIONS_KEPT_MAX", 3)
    transition = VersionTransition(store=drained.store, metrics=drained.metrics)
    told = [Continuation(f"{n:016x}", (f"{n + 9:016x}",)) for n in range(4)]

    transition.continue_groups(told[:3])
    transition.continue_groups(told[:3])
    assert drained.store.asked == 3
    transition.continue_groups(told[3:])
    transition.continue_groups(told)
    assert drained.store.asked == 3 + 1 + 1
