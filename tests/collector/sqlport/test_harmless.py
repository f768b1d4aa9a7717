"""Statements of an analyst's day: none of them is refused."""

from __future__ import annotations

import pytest

PASSES = [
    "SELECT 1",
    "SELECT 1;",
    "SELECT 1 -- comment\n/* another */",
    "select service, count() from events group by service order by service",
    "SELECT * FROM busy",
    "SELECT * FROM events_of(service = 'pay') LIMIT 1",
    "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 3) SELECT * FROM r",
    "SELECT id, count() FROM events GROUP BY id WITH ROLLUP HAVING id > 1 ORDER BY id DESC NULLS FIRST LIMIT 1",
    "SELECT id, row_number() OVER (PARTITION BY service ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM events",
    "SELECT sum(id) OVER w FROM events WINDOW w AS (PARTITION BY service)",
    "SELECT id FROM events ORDER BY id WITH FILL STEP 1 LIMIT 2",
    "SELECT * FROM events ANY LEFT JOIN events AS e USING (id)",
    "SELECT * FROM events AS a ASOF JOIN events AS b ON a.service = b.service AND a.id <= b.id",
    "SELECT * EXCEPT (at) REPLACE (id + 1 AS id) FROM events",
    "SELECT COLUMNS('^id') APPLY(sum) FROM events",
    "SELECT e.COLUMNS('id') FROM events AS e",
    "SELECT arrayMap(x -> x + 1, [1, 2]), arraySort((x, y) -> y, [1, 2], [2, 1])",
    "SELECT count() FROM events WHERE id IN (SELECT id FROM events) AND id NOT IN (1) AND id IN (1, 2)",
    "SELECT if(id = 1, 'x', NULL), multiIf(id = 1, 1, 2), CASE id WHEN 1 THEN 2 ELSE 3 END FROM events",
    "SELECT toStartOfInterval(at, INTERVAL 5 MINUTE), at - INTERVAL 1 HOUR, date '2020-01-01' FROM events",
    "SELECT quantiles(0.5, 0.9)(id), uniqCombined64(service), sumIf(id, id > 1), countDistinct(id) FROM events",
    "SELECT finalizeAggregation(uniqState(id)) FROM events",
    "SELECT 1 UNION ALL SELECT 2 EXCEPT SELECT 3 INTERSECT SELECT 4",
    "SELECT DISTINCT ON (service) id FROM events",
    "SELECT id FROM events PREWHERE id = 1 WHERE service = 'pay'",
    "SELECT id FROM events ARRAY JOIN [1, 2] AS x LIMIT 3 BY service",
    "SELECT id FROM events GROUP BY GROUPING SETS ((id), (id, service))",
    "SELECT id FROM events QUALIFY row_number() OVER (ORDER BY id) = 1",
    "SELECT * FROM (VALUES (1, 'a'), (2, 'b'))",
    "SELECT * FROM generateSeries(1, 3) AS a, numbers(2) AS b, view(SELECT 1 AS one) AS c",
    "SELECT m['a'], t.1, t.2, j.a.:String FROM (SELECT map('a', 'b') AS m, (1, 2) AS t, '{}'::JSON AS j)",
    "SELECT service LIKE '%a' AND NOT service ILIKE 'b' OR service IS NOT NULL FROM events",
    "SELECT 'it''s \\n \\\\ é', $$text$$, 0xff, 1.5e10, -1, NULL, true, [1, NULL], 1 <=> NULL, 7 DIV 2, 'a' || 'b'",
    "SELECT `id` AS `a b`, events.id FROM events",
    "SELECT EXISTS (SELECT 1), (SELECT max(id) FROM events) AS m",
    "SELECT file FROM (SELECT 'a.py' AS file) WHERE file = 'a.py'",
    "SELECT upper(q.file) FROM (SELECT 'a.py' AS file) AS q",
    "SELECT url, s3 FROM (SELECT 'http://x' AS url, 1 AS s3) WHERE domain(url) = 'x'",
    "SELECT format('{} {}', 'a', 'b')",
    "SELECT substring('abc' FROM 2 FOR 1), extract(YEAR FROM now()), position('a' IN 'ba'), trim(LEADING 'a' FROM 'aab')",
    "SELECT (a).1, ((1)), NOT (a.2 = 1) FROM (SELECT (1, 2) AS a)",
    "SELECT name, value, readonly FROM system.settings LIMIT 10000",
    "SELECT name, type, table FROM system.columns WHERE database = currentDatabase() AND table = 'events'",
    "SELECT * FROM information_schema.tables LIMIT 1",
    "SHOW TABLES",
    "SHOW TABLES LIKE 'e%' LIMIT 3",
    "SHOW DATABASES",
    "SHOW FULL COLUMNS FROM events",
    "SHOW CREATE TABLE events",
    "SHOW CREATE VIEW busy",
    "SHOW FUNCTIONS LIKE 'count%'",
    "SHOW SETTINGS LIKE 'max_threads'",
    "SHOW INDEX FROM events",
    "SHOW PROCESSLIST",
    "EXISTS TABLE events",
    "EXISTS DATABASE system",
    "DESCRIBE TABLE events",
    "DESC system.tables",
    "EXPLAIN SELECT * FROM events",
    "EXPLAIN indexes = 1, actions = 1 SELECT * FROM events WHERE id = 1",
    "EXPLAIN AST SELECT 1",
    "EXPLAIN SYNTAX SELECT * FROM events",
    "EXPLAIN PIPELINE graph = 1 SELECT 1",
    "EXPLAIN ESTIMATE SELECT * FROM events",
    "SELECT version(), timezone(), currentDatabase(), displayName(), revision()",
]


@pytest.mark.parametrize("statement", PASSES)
def test_a_statement_that_only_reads_the_database_is_answered(ask, statement):
    answer = ask(statement)
    assert answer.status == 200, answer.text


@pytest.mark.parametrize("ending", ["JSON", "CSVWithNames", "Native", "Parquet", "Vertical"])
@pytest.mark.parametrize(
    "statement", ["SELECT * FROM events", "SHOW TABLES", "DESCRIBE events", "EXISTS events", "SHOW CREATE TABLE events"]
)
def test_the_format_that_the_statement_names_is_told(ask, statement, ending):
    answer = ask(f"{statement} FORMAT {ending}")
    assert (answer.status, answer.headers["x-clickhouse-format"]) == (200, ending)
