"""OTLP bytes -> what they say. Pure: no socket, no file, no clock.

In: Export requests as they were sent. Out: the outline of a request with the bytes of its items
(`framing`), and from items that carry exceptions, the exception sightings (`spans`, `logs`).

Promised: nothing here raises anything but the failures that a function names, whatever the bytes
are; every loop is bounded by the size of its input.
"""
