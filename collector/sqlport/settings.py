"""Which settings a request may give: a name that is not here does not reach the engine.

Settings change how a statement runs and how its rows are written. Left out is everything that names a file, a host or
a user, that writes, or that lifts a limit (`format_schema`, `output_format_schema`, `format_template_*`,
`allow_*`, `readonly`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from collector.failures import QueryRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from collector.sqlport.limits import Limits

UNKNOWN_SETTING: Final = 115
SETTING_REFUSED: Final = 452

TRANSPORT: Final = frozenset(
    # What HTTP clients send along and what means nothing to an engine in the same process.
    [
        "add_http_cors_header",
        "buffer_size",
        "cancel_http_readonly_queries_on_client_close",
        "client_protocol_version",
        "close_session",
        "compress",
        "database",
        "decompress",
        "default_format",
        "enable_http_compression",
        "http_headers_progress_interval_ms",
        "http_response_buffer_size",
        "http_wait_end_of_query",
        "http_zlib_compression_level",
        "log_comment",
        "log_queries",
        "network_compression_method",
        "password",
        "query",
        "query_id",
        "quota_key",
        "role",
        "send_progress_in_http_headers",
        "session_check",
        "session_id",
        "session_timeout",
        "stacktrace",
        "user",
        "wait_end_of_query",
    ]
)

ALLOWED: Final = frozenset(
    [
        "aggregate_functions_null_for_empty",
        "any_join_distinct_right_table_keys",
        "asterisk_include_alias_columns",
        "asterisk_include_materialized_columns",
        "cast_keep_nullable",
        "cast_string_to_dynamic_use_inference",
        "data_type_default_nullable",
        "date_time_input_format",
        "date_time_output_format",
        "describe_compact_output",
        "describe_include_subcolumns",
        "distinct_overflow_mode",
        "enable_analyzer",
        "enable_optimize_predicate_expression",
        "extremes",
        "final",
        "force_index_by_date",
        "force_primary_key",
        "formatdatetime_f_prints_single_zero",
        "format_binary_max_array_size",
        "format_csv_delimiter",
        "format_csv_null_representation",
        "format_tsv_null_representation",
        "group_by_overflow_mode",
        "group_by_two_level_threshold",
        "group_by_use_nulls",
        "interval_output_format",
        "join_algorithm",
        "join_any_take_last_row",
        "join_default_strictness",
        "join_overflow_mode",
        "join_use_nulls",
        "limit",
        "max_block_size",
        "max_bytes_before_external_group_by",
        "max_bytes_before_external_sort",
        "max_bytes_in_join",
        "max_bytes_to_read",
        "max_columns_to_read",
        "max_rows_in_distinct",
        "max_rows_in_join",
        "max_rows_in_set",
        "max_rows_to_group_by",
        "max_rows_to_read",
        "max_rows_to_sort",
        "max_subquery_depth",
        "offset",
        "optimize_move_to_prewhere",
        "optimize_read_in_order",
        "optimize_aggregation_in_order",
        "prefer_column_name_to_alias",
        "query_plan_enable_optimizations",
        "read_overflow_mode",
        "result_overflow_mode",
        "session_timezone",
        "set_overflow_mode",
        "short_circuit_function_evaluation",
        "sort_overflow_mode",
        "transform_null_in",
        "union_default_mode",
        "use_skip_indexes",
        "use_uncompressed_cache",
    ]
)

ALLOWED_BEGINNINGS: Final = tuple(
    f"output_format_{family}_"
    for family in [
        "arrow",
        "avro",
        "binary",
        "bson",
        "csv",
        "decimal",
        "enable",
        "json",
        "markdown",
        "msgpack",
        "native",
        "orc",
        "parquet",
        "pretty",
        "sql",
        "tsv",
        "values",
        "write",
        "xml",
    ]
)
"""How the rows are written. Not `output_format_schema`, which writes a file."""


def engine_settings(given: Mapping[str, str], *, is_known: Callable[[str], bool]) -> dict[str, str]:
    """Take from a request's settings those that the engine is to get.

    Limits that the request may only lower (`capped`) are left out. Raises `QueryRefused` with ClickHouse's numbers
    for an unknown setting and for one that may not be changed.
    """
    taken: dict[str, str] = {}
    for name, value in given.items():
        if name in TRANSPORT or name in _CAPPED:
            continue
        if name == "readonly" and value in ("1", "2"):
            continue
        if not (name.isascii() and name.isidentifier()):
            raise QueryRefused(f"Unknown setting {name[:100]!r}", code=UNKNOWN_SETTING)
        if name in ALLOWED or name.startswith(ALLOWED_BEGINNINGS):
            taken[name] = value
        elif is_known(name):
            raise QueryRefused(
                f"Setting {name} should not be changed: the SQL port passes on only the settings that docs/sql-port.md "
                "lists; leave it out",
                code=SETTING_REFUSED,
            )
        else:
            raise QueryRefused(f"Unknown setting '{name}'", code=UNKNOWN_SETTING)
    return taken


_CAPPED: Final = frozenset(
    ["max_execution_time", "max_memory_usage", "max_result_bytes", "max_result_rows", "max_threads"]
)


def capped(given: Mapping[str, str], limits: Limits, *, whole: bool) -> dict[str, str]:
    """Make the limits of one statement: the port's, or lower ones where the request asks for them.

    `whole`: the result is made in one piece. 0 asks for no limit, and gets the port's.
    """
    result_bytes = limits.whole_result_bytes_max if whole else limits.result_bytes_max
    ceilings = {
        "max_execution_time": limits.execution_seconds_max,
        "max_memory_usage": limits.memory_bytes_max,
        "max_result_bytes": result_bytes,
        "max_result_rows": 0,
        "max_threads": 0,
    }
    chosen = {}
    for name, ceiling in ceilings.items():
        asked = _number(name, given.get(name, "0"))
        lower = asked and (not ceiling or asked < ceiling)
        chosen[name] = f"{asked if lower else ceiling:.15g}"
    return chosen


def _number(name: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 <= number < 2**63:
        raise QueryRefused(f"Setting {name} is not a number of 0 or more: {value[:100]!r}", code=SETTING_REFUSED)
    return number
