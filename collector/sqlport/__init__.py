"""The SQL port: the ClickHouse HTTP interface over the embedded engine, read-only.

In comes an HTTP request as clickhouse-connect, curl, Grafana's plugin or a BI tool sends it to a ClickHouse server;
out goes what a server would answer: rows in the format asked for, or `Code: N. DB::Exception: ...` with the status.

    server.py        the port: its socket, its thread
    application.py   one HTTP request -> one HTTP answer
    request.py       URL, headers and body -> what is asked (pure)
    settings.py      which settings a request may give (pure)
    run.py           one statement on its own connection, from the check to the last byte
    tree.py          the statement's syntax tree, from the engine
    refuse.py        what a statement may hold (pure)
    outline.py       the same for statements whose tree the engine only prints (pure)
    writing.py       statements that write, for the hidden writable mode
    engine.py        a connection to the embedded engine
    answer.py        headers, statuses, error texts (pure)
    coding.py        compression, both ways (pure)

Promised: a statement that writes, reaches a file or another host, or is more than one, is not run. Two locks stand
behind one another: the tree of the statement is checked before it runs, and it runs on a connection with `readonly=1`.
Time, memory, result and statements at once are bounded. Nothing outlives its request: no session, no temporary table.
"""
