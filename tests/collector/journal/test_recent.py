"""The memory of recent requests: the window, the bound, and what is counted when the bound is reached."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter

from collector.journal.recent import RecentRequests

WINDOW_SECONDS = 10.0
STEPS = st.lists(st.tuples(st.integers(0, 6), st.floats(0, 8, allow_nan=False)), max_size=60)


def memory(requests_max: int) -> tuple[RecentRequests, Counter]:
    overflows = Counter("overflows", "Overflows.", registry=CollectorRegistry())
    return (
        RecentRequests(window_seconds=WINDOW_SECONDS, overflows=overflows, requests_max=requests_max),
        overflows,
    )


@given(STEPS)
def test_it_remembers_exactly_the_window(steps):
    """A request is known if and only if it was kept within the window; compared with a list of all."""
    recent, overflows = memory(1000)
    kept: list[tuple[float, bytes]] = []
    now = 0.0
    for number, pause in steps:
        now += pause
        digest = b"%d" % number
        known = any(now - at <= WINDOW_SECONDS for at, other in kept if other == digest)
        assert recent.holds(digest, now) == known
        if not known:
            recent.keep(digest, now)
            kept.append((now, digest))
    assert overflows._value.get() == 0


@given(STEPS, st.integers(1, 4))
def test_it_never_holds_more_than_its_bound(steps, requests_max):
    """Beyond the bound the oldest is forgotten, and each one forgotten too early is counted."""
    recent, overflows = memory(requests_max)
    now = 0.0
    for number, pause in steps:
        now += pause
        if not recent.holds(b"%d" % number, now):
            recent.keep(b"%d" % number, now)
        assert len(recent) <= requests_max
        assert recent.holds(b"%d" % number, now)
    if len({number for number, _ in steps}) <= requests_max:
        assert overflows._value.get() == 0


def test_a_forgotten_request_is_new_again():
    recent, overflows = memory(2)
    for digest in (b"a", b"b", b"c"):
        recent.keep(digest, 0.0)

    assert [recent.holds(digest, 0.0) for digest in (b"a", b"b", b"c")] == [False, True, True]
    assert overflows._value.get() == 1
