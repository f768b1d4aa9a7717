"""What the SDK says of the release on an error's attributes counts as the resource's, where that says nothing."""

from __future__ import annotations

import pytest

SAID = {"service.version": "1.4", "deployment.environment.name": "staging"}


def tell(program, **attributes):
    with program.span("order"):
        program.log(ValueError("no stock"), **attributes)


def test_release_of_the_sdk_is_the_resources(program, collector):
    tell(program, **{"otel_errors.event_id": "a" * 32}, **SAID)
    tell(program, **{"otel_errors.event_id": "b" * 32}, **SAID)
    tell(program, **{"otel_errors.event_id": "c" * 32})
    first, second, plain = collector.read_each(program.requests()).events
    assert first.sighting.resource.items() >= SAID.items()
    assert first.sighting.resource["service.name"] == "shop"
    assert second.sighting.resource is first.sighting.resource
    assert not SAID.keys() & plain.sighting.resource.keys()


def test_what_the_resource_says_comes_first(make_program, collector):
    program = make_program(**{"service.version": "2.0"})
    tell(program, **{"otel_errors.event_id": "a" * 32}, **SAID)
    (event,) = collector.read_each(program.requests()).events
    assert event.sighting.resource["service.version"] == "2.0"
    assert event.sighting.resource["deployment.environment.name"] == "staging"


@pytest.mark.parametrize("attributes", [SAID, {"otel_errors.event_id": "a" * 32, "service.version": ""}])
def test_attributes_of_others_are_theirs(program, collector, attributes):
    tell(program, **attributes)
    (event,) = collector.read_each(program.requests()).events
    assert not SAID.keys() & event.sighting.resource.keys()
