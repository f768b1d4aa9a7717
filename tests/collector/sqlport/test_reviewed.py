"""What the engine can do, against what somebody has looked at: a new engine brings new functions and settings.

A function in one of these categories may reach beyond the database. When this test fails after an upgrade, read what the
new names do; refuse them in `collector/sqlport/refuse.py` if need be; then write the list anew:

    python -m pytest tests/collector/sqlport/test_reviewed.py; the difference is in the failure
"""

from __future__ import annotations

from pathlib import Path

import pytest

from collector.sqlport.limits import Limits
from collector.sqlport.refuse import REFUSED_FUNCTIONS, TABLE_FUNCTIONS
from collector.sqlport.settings import ALLOWED, ALLOWED_BEGINNINGS, capped

REVIEWED = Path(__file__).parents[2] / "golden" / "sqlport" / "reviewed_functions.txt"
CATEGORIES = "('', 'AI', 'Dictionary', 'Embedded Dictionary', 'Internal', 'Introspection', 'Machine Learning', 'Other')"


def rows(connect, query):
    connection = connect()
    try:
        return connection.query(query, "TSVRaw").bytes().decode().split()
    finally:
        connection.close()


def test_every_function_that_may_reach_outside_has_been_reviewed(connect):
    found = set(
        rows(connect, f"SELECT name FROM system.functions WHERE alias_to = '' AND trim(categories) IN {CATEGORIES}")
    )
    known = set(REVIEWED.read_text().split())
    assert sorted(found - known) == [], "new functions: review them, then add them to the list"


def test_no_alias_leads_around_the_list(connect):
    aliases = rows(
        connect, "SELECT concat(lower(alias_to), '=', lower(name)) FROM system.functions WHERE alias_to != ''"
    )
    leading = [alias for target, _, alias in (pair.partition("=") for pair in aliases) if target in REFUSED_FUNCTIONS]
    assert set(leading) <= REFUSED_FUNCTIONS


def test_every_ai_function_is_refused(connect):
    assert set(rows(connect, "SELECT lower(name) FROM system.functions WHERE categories = 'AI'")) <= REFUSED_FUNCTIONS


def test_the_allowed_table_functions_exist(connect):
    assert set(rows(connect, "SELECT lower(name) FROM system.table_functions")) >= TABLE_FUNCTIONS


def test_the_engine_has_no_functions_of_a_users_own(connect):
    assert rows(connect, "SELECT name FROM system.functions WHERE origin != 'System'") == []


@pytest.mark.parametrize("name", sorted(ALLOWED | set(capped({}, Limits(), whole=False))))
def test_a_setting_that_is_let_through_exists(connect, name):
    assert rows(connect, f"SELECT count() FROM system.settings WHERE name = '{name}'") == ["1"]


def test_settings_let_through_by_their_beginning_name_no_file(connect):
    clause = " OR ".join(f"startsWith(name, '{beginning}')" for beginning in ALLOWED_BEGINNINGS)
    settings = rows(connect, f"SELECT name FROM system.settings WHERE {clause}")
    assert len(settings) > 50
    assert not [
        name for name in settings if any(word in name for word in ("path", "file_name", "schema_source", "url"))
    ]
    assert "output_format_schema" not in settings
