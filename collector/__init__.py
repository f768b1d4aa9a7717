"""The service: OTLP in, errors you can query out. The map, in the order in which an error meets the parts.

    receive/       network -> acknowledged bytes: OTLP over gRPC and HTTP, framed, admitted, answered
    journal/       acknowledged bytes -> segment files: fsync, then acknowledge; dead letters
    drain/         sealed segment -> ClickHouse, by two lanes: telemetry as it is, errors through the pipeline below
    decode/        OTLP bytes -> exception sightings; values that a column can't hold -> JSON text (pure)
    scrub.py       secrets out of texts, before anything is stored (pure)
    stacks/        stack text -> frames, one language family a file (pure)
    fingerprint/   what makes two errors the same error, by version (pure)
    severity.py    fatal, error, warning or info (pure)
    rules/         the owner's word: other fingerprints, in-app frames, severities, drops (pure)
    grouping/      scrub -> stack -> rules -> fingerprint -> group: the one composition (pure)
    store/         everything that speaks ClickHouse: schema, views, inserts, queries
    sqlport/       the ClickHouse HTTP interface over the embedded engine, read-only
    control/       the control socket: how commands reach the running service
    service.py     the wiring: the only file that knows all stages
    cli/           the commands

Under all of them lies one vocabulary: `model.py` (values), `settings.py`, `failures.py`, `clock.py`, `self_metrics.py`.
Imports go one way; `pyproject.toml` says which and `lint-imports` checks it.
"""
