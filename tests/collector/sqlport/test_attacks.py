"""What an attacker tries on the real engine: nothing is read, reached, written or changed that is not the database."""

from __future__ import annotations

import pytest

from tests.collector.sqlport.conftest import ROWS, SECRET

FILE = "file('{secret}')"
READS_A_FILE = [
    "SELECT file('{secret}')",
    "SELECT FILE('{secret}')",
    "SELECT `file`('{secret}')",
    "SELECT \"file\"('{secret}')",
    "SELECT/**/file/*x*/(\n'{secret}')",
    "select -- comment\nfile('{secret}')",
    "WITH file('{secret}') AS x SELECT x",
    "WITH x AS (SELECT file('{secret}')) SELECT * FROM x",
    "WITH (p -> file(p)) AS f SELECT f('{secret}')",
    "SELECT * FROM (SELECT * FROM (SELECT file('{secret}')))",
    "SELECT 1 UNION ALL SELECT file('{secret}')",
    "SELECT 'a' EXCEPT SELECT file('{secret}')",
    "SELECT * FROM view(SELECT file('{secret}'))",
    "SELECT arrayMap(p -> file(p), ['{secret}'])",
    "SELECT arrayMap(file, ['{secret}'])",
    "SELECT arrayMap(`file`, ['{secret}'])",
    "SELECT arrayMap(file AS f, ['{secret}'])",
    "SELECT * APPLY(file) FROM (SELECT '{secret}')",
    "SELECT * APPLY file FROM (SELECT '{secret}')",
    "SELECT * APPLY(p -> file(p)) FROM (SELECT '{secret}')",
    "SELECT COLUMNS('.') APPLY(file) FROM (SELECT '{secret}')",
    "SELECT q.* APPLY(file) FROM (SELECT '{secret}') AS q",
    "SELECT * REPLACE (file('{secret}') AS id) FROM events",
    "SELECT sum(1) OVER (PARTITION BY file('{secret}')) FROM events",
    "SELECT sum(1) OVER w FROM events WINDOW w AS (ORDER BY file('{secret}'))",
    "SELECT id FROM events ORDER BY id WITH FILL TO length(file('{secret}'))",
    "SELECT id, service FROM events ORDER BY id WITH FILL INTERPOLATE (service AS file('{secret}'))",
    "SELECT id FROM events LIMIT length(file('{secret}'))",
    "SELECT id FROM events LIMIT 1 BY file('{secret}')",
    "SELECT id FROM events GROUP BY GROUPING SETS ((id, file('{secret}')))",
    "SELECT id FROM events QUALIFY file('{secret}') = ''",
    "SELECT id FROM events PREWHERE file('{secret}') = ''",
    "SELECT 1 FROM events JOIN events AS e ON file('{secret}') = e.service",
    "SELECT x FROM events ARRAY JOIN [file('{secret}')] AS x",
    "SELECT DISTINCT ON (file('{secret}')) id FROM events",
    "SELECT CASE file('{secret}') WHEN '' THEN 1 ELSE 2 END",
    "SELECT quantile(length(file('{secret}')) / 1000)(id) FROM events",
    "SELECT sum(id) FILTER (WHERE file('{secret}') != '') FROM events",
    "SELECT * FROM events_of(service = file('{secret}'))",
    "SELECT * FROM numbers(length(file('{secret}')))",
    "SELECT 1 IN (file('{secret}'))",
    "SELECT id FROM events WHERE service IN (SELECT file('{secret}'))",
    "SELECT * FROM (VALUES (file('{secret}'), 1))",
    "SELECT throwIf(1, file('{secret}'))",
    "SHOW TABLES WHERE name = file('{secret}')",
    "SHOW TABLES LIMIT length(file('{secret}'))",
    "SHOW COLUMNS FROM events WHERE field = file('{secret}')",
    "SHOW INDEX FROM events WHERE column = file('{secret}')",
    "EXPLAIN SELECT file('{secret}')",
    "EXPLAIN QUERY TREE SELECT file('{secret}')",
    "EXPLAIN SYNTAX SELECT file('{secret}')",
    "EXPLAIN AST SELECT file('{secret}')",
    "EXPLAIN indexes = 1 SELECT * FROM events WHERE service = file('{secret}')",
    "SELECT * FROM (EXPLAIN SELECT file('{secret}'))",
    "SELECT * FROM viewExplain('EXPLAIN', '', (SELECT file('{secret}')))",
    "DESCRIBE (SELECT file('{secret}'))",
    "DESCRIBE TABLE view(SELECT file('{secret}'))",
    "SELECT * FROM file('{secret}')",
    "SELECT * FROM file('{secret}', CSV, 'x String')",
    "SELECT 1 IN file('{secret}', CSV, 'x String')",
    "SELECT * FROM fileCluster('default', '{secret}', CSV, 'x String')",
    "SELECT * FROM filesystem('{secret}')",
    "SELECT * FROM sqlite('{secret}', 't')",
    "SELECT * FROM icebergLocal('{secret}')",
    "SELECT * FROM executable('cat {secret}', CSV, 'x String')",
    "SELECT * FROM eval('SELECT file(''{secret}'')')",
    # The structure is a text, and what stands in it is run.
    "SELECT x FROM values('a UInt8, x String ALIAS file(\\'{secret}\\')', 1)",
    "SELECT x FROM generateRandom('a UInt8, x String ALIAS file(\\'{secret}\\')') LIMIT 1",
    "SELECT x FROM null('a UInt8, x String ALIAS file(\\'{secret}\\')')",
    "SELECT x FROM format(JSONEachRow, 'a UInt8, x String ALIAS file(\\'{secret}\\')', '{{\"a\":1}}')",
    # chDB's database `default` is the file system.
    "SELECT * FROM default.`{secret}`",
    "SELECT 1 IN default.`{secret}`",
    "SELECT * FROM events JOIN default.`{secret}` AS f ON 1",
    "DESCRIBE TABLE default.`{secret}`",
    "DESCRIBE default.`{secret}` FORMAT JSON",
    "EXISTS TABLE default.`{secret}`",
    "EXISTS default.`{secret}` FORMAT CSV",
    "SHOW CREATE TABLE default.`{secret}`",
    "SELECT hasColumnInTable('default', '{secret}', 'c1')",
    "SELECT joinGet('default.{secret}', 'c1', 1)",
    "SELECT loop(default.`{secret}`)",
    "SELECT * FROM loop(default, `{secret}`)",
    "SELECT * FROM merge('default', '.*')",
    "SELECT * FROM Python(SECRET)",
    "SELECT * FROM PYTHON(self)",
    "DESCRIBE TABLE Python(SECRET)",
]
REACHES_A_HOST = [
    "SELECT * FROM url('http://127.0.0.1:{outside}/x', CSV, 'x String')",
    "SELECT * FROM URL('http://127.0.0.1:{outside}/x', CSV, 'x String')",
    "SELECT 1 IN url('http://127.0.0.1:{outside}/x', CSV, 'x String')",
    "DESCRIBE TABLE url('http://127.0.0.1:{outside}/x.csv')",
    "DESCRIBE url('http://127.0.0.1:{outside}/x.csv')",
    "DESCRIBE (SELECT * FROM url('http://127.0.0.1:{outside}/x.csv'))",
    "EXPLAIN SELECT * FROM url('http://127.0.0.1:{outside}/x.csv')",
    "EXPLAIN TABLE OVERRIDE mysql('127.0.0.1:{outside}', 'a', 'b', 'c', 'd') PARTITION BY x",
    "SELECT * FROM view(SELECT * FROM url('http://127.0.0.1:{outside}/x.csv'))",
    "SELECT * FROM s3('http://127.0.0.1:{outside}/b/x.csv')",
    "SELECT * FROM gcs('http://127.0.0.1:{outside}/b/x.csv')",
    "SELECT * FROM remote('127.0.0.1:{outside}', system.one)",
    "SELECT * FROM remoteSecure('127.0.0.1:{outside}', system.one)",
    "SELECT * FROM cluster('default', system.one)",
    "SELECT * FROM mysql('127.0.0.1:{outside}', 'a', 'b', 'c', 'd')",
    "SELECT * FROM postgresql('127.0.0.1:{outside}', 'a', 'b', 'c', 'd')",
    "SELECT * FROM mongodb('127.0.0.1:{outside}', 'a', 'b', 'c', 'd', 'x String')",
    "SELECT * FROM redis('127.0.0.1:{outside}', 'k', 'k String, v String')",
    "SELECT * FROM jdbc('x', 'y', 'z')",
    "SELECT * FROM hdfs('hdfs://127.0.0.1:{outside}/x', CSV, 'x String')",
    "SELECT * FROM default.`http://127.0.0.1:{outside}/x.csv`",
    "SELECT aiGenerate('http://127.0.0.1:{outside}', 'x')",
    "SELECT AIEmbed('x')",
    "SELECT * FROM (SELECT * FROM url('http://127.0.0.1:{outside}/x', CSV, 'x String') SETTINGS readonly = 0)",
]
WRITES = [
    "SELECT 1 INTO OUTFILE '{out}'",
    "SELECT 1 INTO OUTFILE '{out}' FORMAT CSV",
    "SELECT 1 INTO OUTFILE '{out}' APPEND COMPRESSION 'gzip' LEVEL 1 FORMAT CSV",
    "SELECT 1 INTO OUTFILE '{out}' AND STDOUT FORMAT CSV",
    "SELECT 1 UNION ALL SELECT 2 INTO OUTFILE '{out}'",
    "(SELECT 1) INTO OUTFILE '{out}'",
    "SHOW TABLES INTO OUTFILE '{out}'",
    "SHOW CREATE TABLE events INTO OUTFILE '{out}'",
    "DESCRIBE TABLE events INTO OUTFILE '{out}'",
    "EXISTS events INTO OUTFILE '{out}'",
    "EXPLAIN SELECT 1 INTO OUTFILE '{out}'",
    "SHOW PROCESSLIST INTO OUTFILE '{out}'",
    "INSERT INTO events VALUES (1, 'x', 0)",
    "INSERT INTO events SELECT * FROM events",
    "INSERT INTO events FORMAT CSV\n1,x,0",
    "INSERT INTO events VALUES (1, 'x', 0); SELECT file('{secret}')",
    "INSERT INTO FUNCTION file('{out}', CSV, 'x UInt8') SELECT 1",
    "EXPLAIN INSERT INTO events SELECT * FROM events",
    "CREATE TABLE stolen ENGINE = File(CSV, '{out}') AS SELECT 1",
    "CREATE TEMPORARY TABLE stolen (x UInt8)",
    "CREATE FUNCTION stolen AS (x) -> file(x)",
    "EXPLAIN CREATE TABLE stolen (x UInt8) ENGINE = Memory",
    "DROP TABLE events",
    "TRUNCATE TABLE events",
    "RENAME TABLE events TO stolen",
    "ALTER TABLE events DELETE WHERE 1",
    "DELETE FROM events WHERE 1",
    "UPDATE events SET service = '' WHERE 1",
    "OPTIMIZE TABLE events FINAL",
    "CHECK TABLE events",
    "BACKUP TABLE events TO File('{out}')",
    "ATTACH TABLE stolen FROM '{out}' (x UInt8) ENGINE = Memory",
    "SYSTEM RELOAD CONFIG",
    "SYSTEM SHUTDOWN",
    "SYSTEM STOP MERGES",
    "KILL QUERY WHERE 1",
    "KILL QUERY WHERE query = file('{secret}') SYNC",
    "SET readonly = 0",
    "SET max_threads = 1",
    "USE system",
    "GRANT ALL ON *.* TO default",
    "CREATE USER mallory",
    "EXECUTE AS default SELECT 1",
    "BEGIN TRANSACTION",
    "SELECT 1 PARALLEL WITH DROP TABLE events",
    "SELECT 1; DROP TABLE events",
    "SELECT 1;\n-- \n; SELECT file('{secret}')",
    "SELECT 1; SELECT 1 INTO OUTFILE '{out}'",
    "DESCRIBE events; SELECT file('{secret}')",
    "EXISTS events; SELECT 1 INTO OUTFILE '{out}'",
    "SHOW CREATE TABLE events; DROP TABLE events",
    "SELECT 1 SETTINGS readonly = 0",
    "SELECT 1 FORMAT CSV SETTINGS readonly = 0",
    "SELECT * FROM (SELECT 1 SETTINGS readonly = 0)",
    "SELECT 1 IN (SELECT 1 SETTINGS max_memory_usage = 0)",
    "SELECT * FROM view(SELECT 1 SETTINGS max_execution_time = 0)",
    "EXPLAIN SELECT 1 SETTINGS readonly = 0",
    "DESCRIBE events SETTINGS readonly = 0",
    "SHOW TABLES SETTINGS readonly = 0",
    "SELECT count() FROM system.stack_trace",
    "SELECT * FROM system.`stack_trace`",
]


@pytest.fixture
def try_it(ask, secret_file, outside, tmp_path):
    """Tries an attack, and looks at everything that it could have done."""
    number, came = outside

    def tried(statement, **more):
        out = tmp_path / "out.csv"
        filled = statement.format(secret=secret_file, outside=number, out=out)
        answer = ask(filled, **more)
        assert answer.status >= 400, answer.text
        assert SECRET not in answer.text
        assert not came, "a connection was made"
        assert not out.exists(), "a file was written"
        assert ask("SELECT count(), countIf(service IN ('pay', 'shop')) FROM events").text == f"{ROWS}\t{ROWS}\n"
        return answer

    return tried


@pytest.mark.parametrize("statement", READS_A_FILE)
def test_a_statement_that_would_read_a_file_is_refused(try_it, statement):
    assert try_it(statement).code in (36, 46, 62, 164, 497)


@pytest.mark.parametrize("statement", REACHES_A_HOST)
def test_a_statement_that_would_reach_another_host_is_refused(try_it, statement):
    assert try_it(statement).code in (62, 164, 497)


@pytest.mark.parametrize("statement", WRITES)
def test_a_statement_that_would_change_something_is_refused(try_it, statement):
    assert try_it(statement).code in (62, 164, 497)


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        ("SELECT arrayMap({f:Identifier}, ['{{secret}}'])", {"f": "file"}),
        ("SELECT arrayMap({f:Identifier}, ['{{secret}}'])", {"f": "FILE"}),
        ("SELECT arrayMap({f:Identifier}, ['{{secret}}'])", {"f": "fil\\x65"}),
        ("SELECT {f:Identifier}('{{secret}}')", {"f": "file"}),
        ("SELECT * FROM {f:Identifier}('{{secret}}')", {"f": "file"}),
        ("SELECT * FROM {d:Identifier}.{t:Identifier}", {"d": "default", "t": "{secret}"}),
        ("SELECT * FROM {d:Identifier}.{t:Identifier}", {"d": "defaul\\x74", "t": "{secret}"}),
        ("SELECT 1 IN {d:Identifier}.{t:Identifier}", {"d": "default", "t": "{secret}"}),
        ("DESCRIBE {d:Identifier}.{t:Identifier}", {"d": "default", "t": "{secret}"}),
        ("EXISTS {d:Identifier}.{t:Identifier}", {"d": "default", "t": "{secret}"}),
        ("SHOW CREATE TABLE {d:Identifier}.{t:Identifier}", {"d": "default", "t": "{secret}"}),
        ("SELECT count() FROM system.{t:Identifier}", {"t": "stack_trace"}),
        ("SELECT 1 INTO OUTFILE {o:String}", {"o": "{out}"}),
        ("SELECT * FROM url({u:String}, CSV, 'x String')", {"u": "http://127.0.0.1:{outside}/"}),
    ],
)
def test_a_parameter_does_not_smuggle_a_name(try_it, secret_file, outside, tmp_path, statement, values):
    filled = {
        f"param_{name}": value.format(secret=secret_file, outside=outside[0], out=tmp_path / "out.csv")
        for name, value in values.items()
    }
    statement = statement.replace("{{secret}}", str(secret_file)).replace("{", "{{").replace("}", "}}")
    try_it(statement, **filled)


@pytest.mark.parametrize(
    "fields",
    [
        {"readonly": "0"},
        {"allow_experimental_eval_table_function": "1"},
        {"allow_ddl": "1"},
        {"format_schema": "/etc/passwd"},
        {"output_format_schema": "/tmp/x"},
        {"format_template_row": "/etc/passwd"},
        {"additional_result_filter": "file('/etc/passwd') != ''"},
        {"additional_table_filters": "{'events': 'file(\\'/etc/passwd\\') != \\'\\''}"},
        {"count_distinct_implementation": "file"},
        {"dialect": "prql"},
        {"output_format_json_x = 1, readonly": "0"},
        {"output_format_json_quote_denormals=1, max_memory_usage": "0"},
        {"workload": "x"},
        {"send_logs_level": "trace"},
    ],
)
def test_a_setting_does_not_open_a_door(ask, fields):
    assert ask("SELECT 1", **fields).code in (115, 452)


@pytest.mark.parametrize("table", ["{secret}", "/no/such/file.csv"])
def test_no_answer_tells_whether_a_file_is_there(ask, secret_file, table):
    name = table.format(secret=secret_file)
    asked = {
        "tables": ask(f"SELECT count() FROM system.tables WHERE database = 'default' AND name = '{name}'").text,
        "columns": ask(f"SHOW COLUMNS FROM `{name}` FROM default").text,
        "exists": ask(f"EXISTS default.`{name}`").code,
        "time zone": ask(f"SELECT toDateTime(1, '../../../../..{name}')").code,
    }
    assert asked == {"tables": "0\n", "columns": "", "exists": 497, "time zone": 36}


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT " + "(" * 3000 + "1" + ")" * 3000,
        "SELECT " + "f(" * 450 + "1" + ")" * 450,
        "SELECT " + "[" * 450 + "1" + "]" * 450,
        "SELECT " + "NOT " * 5000 + "1",
        "SELECT " + "-".join("1" * 5000),
        "SELECT * FROM " + "(SELECT * FROM " * 200 + "events" + ")" * 200,
        "SELECT 1" + " UNION ALL SELECT 1" * 20000 + "; DROP TABLE events",
    ],
)
def test_a_deep_or_long_statement_ends_soon_and_leaves_the_port_alive(ask, statement):
    answer = ask(statement)
    assert answer.code in (0, 62, 167, 168, 306), answer.text[:200]
    assert ask("SELECT 1").text == "1\n"


def test_names_with_line_breaks_do_not_forge_a_tree(ask):
    forged = "DESCRIBE TABLE `events\n Identifier JSON\n TableExpression (children 1)`"
    assert ask(forged).code in (60, 497)
    assert ask("SELECT 1 AS `a\nFunction file`").text == "1\n"
