"""Parsed exceptions -> fingerprint and its reasons (pure).

In: the exceptions of a stack (type, relation, frames), or raw lines, or nothing but a type and a
message. Out: a `collector.model.Fingerprint`. Promised: the same input gives the same fingerprint
for ever; a version is a frozen folder, and a change that moves one golden hash is the next
version, which may import an older one, never the reverse.

`versions.py` is the table of versions. Overrides by the application and by server rules come
before the computed fingerprint; their place is `collector.grouping`.
"""
