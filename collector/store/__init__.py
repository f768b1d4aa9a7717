"""Everything that speaks ClickHouse: the schema, and what goes in and comes out.

In: a journal segment (telemetry, as it is), or error events and sightings of one segment. Out: rows.
Promised: an insert under a segment's name happens once, however often it is repeated (the name is the deduplication
token of every table that the insert reaches). The same code drives the embedded engine and a server, through
clickhouse-connect; the only difference is how a file's bytes get there (`embedded.py`, `server.py`).

The statements are in `schema/` (tables, numbered, run once), `ingest/` (the way in: replaced when their text changes),
`views/` (the product's API, likewise) and `queries/` (what our own commands ask).
"""
