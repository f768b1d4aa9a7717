"""The memory of occurrences follows from stored rows: whoever restores it decides as before."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from collector.drain.occurrences import WINDOW_MS, Occurrences, RememberedSighting
from collector.drain.propagation import SKEW_NS_MAX
from collector.self_metrics import SelfMetrics

METRICS = SelfMetrics()
START_MS = 1_800_000_000_000
SPANS = ["", "a", "b", "c", "d"]


def sighting(span="a", parent="", time=1, mark="recorded", **fields):
    defaults = {
        "event_id": "",
        "segment": "",
        "original_timestamp_ns": time,
        "service_namespace": "",
        "service_name": "shop",
        "trace_id": "t" if span else "",
        "span_id": span,
        "parent_span_id": parent,
        "seen_in": "log_record" if mark == "logged" else "span_event",
        "ordinal": 0,
        "sighting_key": f"{'0' * 32}.{mark}",
        "sdk_event_id": "",
        "weight": 1,
    }
    return RememberedSighting(**(defaults | fields))


@st.composite
def sightings(draw):
    mark = draw(st.sampled_from(["recorded", "left", "escaped", "logged"]))
    span = draw(st.sampled_from(SPANS))
    return sighting(
        span,
        draw(st.sampled_from(SPANS)) if span and mark != "logged" else "",
        draw(st.integers(1, 5)) * SKEW_NS_MAX,
        mark,
        trace_id=draw(st.sampled_from(["t", "u"])) if span else "",
        service_name=draw(st.sampled_from(["shop", "shop", "pay"])),
        sighting_key=f"{draw(st.sampled_from('kkkl')) * 32}.{mark}",
        ordinal=draw(st.sampled_from([0, 0, 0, 1])),
        sdk_event_id=draw(st.sampled_from(["", "", "", "i", "j"])),
        weight=draw(st.sampled_from([1, 1, 100])),
    )


SEGMENTS = st.lists(
    st.tuples(st.sampled_from([1, 1000, WINDOW_MS // 2, WINDOW_MS + 1]), st.lists(sightings(), max_size=8)),
    min_size=1,
    max_size=6,
)


def named(segments):
    """Give each segment its name: (pause before it, rows) -> (name, rows)."""
    now_ms = START_MS
    for pause_ms, rows in segments:
        now_ms += pause_ms
        name = f"{now_ms:013d}-00c0ffee-traces"
        yield name, [row._replace(segment=name) for row in rows]


def stored(rows, decisions):
    """Return the rows that a segment leaves in the tables, as they are read back."""
    for row, decision in zip(rows, decisions, strict=True):
        if decision.outcome == "redelivery":
            continue
        weight = row.weight if decision.outcome == "event" else 0
        yield row._replace(event_id=decision.event_id, weight=weight)
        if decision.retracted:
            event_id, weight = decision.retracted
            yield row._replace(event_id=event_id, weight=-weight, sdk_event_id="")


@settings(max_examples=150, deadline=None)
@given(SEGMENTS, st.sampled_from([1, 5, 1000]), st.randoms(use_true_random=False))
def test_replay_decides_as_before(segments, sightings_max, random):
    """Whichever segment a restart falls on, the rest is decided to the byte as without the restart."""
    live = Occurrences(metrics=METRICS, sightings_max=sightings_max)
    history = []
    for name, rows in named(segments):
        decisions = live.decide(name, rows)
        history.append((name, rows, decisions))
    tables = []
    for k in range(len(history)):
        restored = Occurrences(metrics=METRICS, sightings_max=sightings_max)
        random.shuffle(tables)
        restored.restore(tables)
        for name, rows, decisions in history[k:]:
            assert decisions == restored.decide(name, rows)
        tables += stored(history[k][1], history[k][2])


@settings(max_examples=100, deadline=None)
@given(SEGMENTS, st.sampled_from([1, 5, 1000]))
def test_reading_a_segment_again_decides_as_before(segments, sightings_max):
    """A segment whose insert failed may be read again: the answer is the same, and so is what follows."""
    once = Occurrences(metrics=METRICS, sightings_max=sightings_max)
    twice = Occurrences(metrics=METRICS, sightings_max=sightings_max)
    for name, rows in named(segments):
        decisions = once.decide(name, rows)
        twice.decide(name, rows)

        assert decisions == twice.decide(name, rows)


@settings(max_examples=100, deadline=None)
@given(SEGMENTS)
def test_every_occurrence_has_one_row(segments):
    """Each event id has one row that counts, and it is stored before or with its later sightings."""
    memory = Occurrences(metrics=METRICS)
    founded = set()
    retracted = set()
    for name, rows in named(segments):
        decisions = memory.decide(name, rows)
        new = [d.event_id for d in decisions if d.outcome == "event"]
        if all(pause < WINDOW_MS // 2 for pause, _ in segments):
            assert len(new) == len(set(new))
            assert founded.isdisjoint(new)
        founded.update(new)
        for decision in decisions:
            if decision.outcome == "sighting":
                assert decision.event_id in founded
            if decision.retracted:
                assert decision.retracted[0] in founded
                assert decision.retracted[0] not in retracted
                retracted.add(decision.retracted[0])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_counts_do_not_depend_on_the_order(depths, random):
    """Retries of different depths under one root are counted right in any order, split in any way."""
    rows = []
    for retry, depth in enumerate(depths):
        for level in range(depth):
            parent = f"{retry}.{level - 1}" if level else "root"
            rows.append(sighting(f"{retry}.{level}", parent, 1000 * retry + 10 - level, "left"))
    rows.append(sighting("root", "", 1000 * len(depths), "left"))
    random.shuffle(rows)
    memory = Occurrences(metrics=METRICS)
    total = 0
    cuts = sorted(random.sample(range(len(rows) + 1), min(3, len(rows))))
    for number, (start, end) in enumerate(zip([0, *cuts], [*cuts, len(rows)], strict=True)):
        for decision in memory.decide(f"{START_MS + number:013d}-00c0ffee-traces", rows[start:end]):
            total += decision.outcome == "event"
            total -= decision.retracted[1] if decision.retracted else 0

    assert len(depths) == total


def test_a_sighting_is_forgotten_after_ten_minutes():
    """Segment time decides: at the window's edge a second delivery is known, a millisecond later it is not."""
    for pause_ms, outcome in ((WINDOW_MS, "redelivery"), (WINDOW_MS + 1, "event")):
        memory = Occurrences(metrics=METRICS)
        memory.decide(f"{START_MS:013d}-00c0ffee-logs", [sighting()])
        (decision,) = memory.decide(f"{START_MS + pause_ms:013d}-00c0ffee-logs", [sighting()])

        assert outcome == decision.outcome


def test_overflow_forgets_the_oldest_and_counts_it():
    """Above the limit the oldest sightings go, and are counted."""
    metrics = SelfMetrics()
    memory = Occurrences(metrics=metrics, sightings_max=2)
    memory.decide(f"{START_MS:013d}-00c0ffee-logs", [sighting(time=t) for t in (3, 1, 2)])
    decisions = memory.decide(f"{START_MS + 1:013d}-00c0ffee-logs", [sighting(time=t) for t in (1, 2, 3)])

    assert [d.outcome for d in decisions] == ["event", "redelivery", "redelivery"]
    assert metrics.registry.get_sample_value("otel_errors_occurrence_overflows_total") == 1


def test_event_ids_pair_first():
    """One `otel_errors.event_id` is one occurrence, whatever else differs, but only within its service."""
    rows = [
        sighting("a", time=1, sdk_event_id="x"),
        sighting("b", time=2, sdk_event_id="x", trace_id="other", sighting_key="9" * 32 + ".logged"),
        sighting("c", time=3, sdk_event_id="x", service_name="pay"),
        sighting("a", time=4, mark="logged", sdk_event_id="y"),
    ]
    decisions = Occurrences(metrics=METRICS).decide(f"{START_MS:013d}-00c0ffee-logs", rows)

    assert [d.outcome for d in decisions] == ["event", "sighting", "event", "event"]
    assert decisions[0].event_id == decisions[1].event_id


def test_a_weight_counts_once():
    """An occurrence that stands for a hundred is taken back with a hundred."""
    memory = Occurrences(metrics=METRICS)
    memory.decide(f"{START_MS:013d}-1", [sighting("outer", "", 3, "left", weight=100)])
    memory.decide(f"{START_MS + 1:013d}-1", [sighting("inner", "middle", 1, "left", weight=100)])
    (decision,) = memory.decide(f"{START_MS + 2:013d}-1", [sighting("middle", "outer", 2, "left", weight=100)])

    assert decision.outcome == "sighting"
    assert decision.retracted[1] == 100


@settings(max_examples=200, deadline=None)
@given(st.permutations(range(8)), st.integers(0, 8), st.integers(0, 8))
def test_children_are_paired_with_their_parents_events(moments, children, before):
    """As many children's events as possible go on in an event of the parent, wherever it comes in."""
    inner, outer = moments[:children], moments[children:]
    memory = Occurrences(metrics=METRICS)
    rows = [[sighting(f"child{m}", "parent", m * 2 * SKEW_NS_MAX)] for m in inner]
    rows.insert(before, [sighting("parent", "", m * 2 * SKEW_NS_MAX) for m in outer])
    total = 0
    for number, segment in enumerate(rows):
        for decision in memory.decide(f"{START_MS + number:013d}-1", segment):
            total += (decision.outcome == "event") - bool(decision.retracted)

    assert len(inner) + len(outer) - most_pairs(inner, outer) == total


def most_pairs(inner, outer):
    """Walk through time; each outer event takes one of the inner ones before it."""
    pairs = waiting = 0
    for moment in sorted([*inner, *outer]):
        if moment in inner:
            waiting += 1
        elif waiting:
            waiting -= 1
            pairs += 1
    return pairs
