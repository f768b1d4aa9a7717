{#-
  Words that several statements share. Rendered by `render.py`; a name in {{ braces }} is filled in there.

  An OTLP AnyValue arrives as a tuple with a member for each kind. `value` is the oneof's presence: it tells which kind
  was sent, so that an int 0 is not taken for "nothing". Arrays and maps were turned into JSON text before
  (`collector/decode/flatten.py`); what comes past that as bytes is kept as base64, never as nothing.
-#}

{%- macro any_value() -%}
Tuple(string_value String, bool_value Bool, int_value Int64, double_value Float64, array_value String, kvlist_value String, bytes_value String,
    value Enum8('none' = 0, 'string_value' = 1, 'bool_value' = 2, 'int_value' = 3, 'double_value' = 4, 'array_value' = 5, 'kvlist_value' = 6, 'bytes_value' = 7))
{%- endmacro -%}

{%- macro attributes() -%}
Map(String, {{ any_value() }})
{%- endmacro -%}

{#- Concatenated, since most values are text already: a member that was not sent is empty. -#}
{%- macro text(v) -%}
concat({{ v }}.string_value, multiIf({{ v }}.value = 'string_value', '', {{ v }}.value = 'int_value', toString({{ v }}.int_value),
    {{ v }}.value = 'bool_value', toString({{ v }}.bool_value),
    {{ v }}.value = 'double_value', multiIf(isNaN({{ v }}.double_value), 'NaN', {{ v }}.double_value = inf, 'Infinity', {{ v }}.double_value = -inf, '-Infinity', toString({{ v }}.double_value)),
    {{ v }}.value = 'bytes_value', base64Encode({{ v }}.bytes_value), {{ v }}.value = 'array_value', base64Encode({{ v }}.array_value),
    {{ v }}.value = 'kvlist_value', base64Encode({{ v }}.kvlist_value), ''))
{%- endmacro -%}

{%- macro texts(map) -%}
mapApply((k, v) -> (k, {{ text('v') }}), {{ map }})
{%- endmacro -%}

{%- macro time(ns) -%}
fromUnixTimestamp64Nano(toInt64(least({{ ns }}, 9223372036000000000)))
{%- endmacro -%}

{%- macro id(bytes) -%}
if({{ bytes }} IN ('', unhex('0000000000000000'), unhex('00000000000000000000000000000000')), '', lower(hex({{ bytes }})))
{%- endmacro -%}

{%- macro exemplars_type() -%}
Array(Tuple(time_unix_nano UInt64, as_double Float64, as_int Int64, value Enum8('none' = 0, 'as_double' = 3, 'as_int' = 6),
    span_id String, trace_id String, filtered_attributes {{ attributes() }}))
{%- endmacro -%}

{%- macro exemplars(point) -%}
    arrayMap(x -> {{ texts('x.filtered_attributes') }}, {{ point }}.exemplars) AS `Exemplars.FilteredAttributes`,
    arrayMap(x -> {{ time('x.time_unix_nano') }}, {{ point }}.exemplars) AS `Exemplars.TimeUnix`,
    arrayMap(x -> if(x.value = 'as_int', toFloat64(x.as_int), x.as_double), {{ point }}.exemplars) AS `Exemplars.Value`,
    arrayMap(x -> {{ id('x.span_id') }}, {{ point }}.exemplars) AS `Exemplars.SpanId`,
    arrayMap(x -> {{ id('x.trace_id') }}, {{ point }}.exemplars) AS `Exemplars.TraceId`
{%- endmacro -%}

{#- The columns that all five metric tables begin with, as a declaration. -#}
{%- macro metric_columns() -%}
    ResourceAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    ResourceSchemaUrl String CODEC(ZSTD(1)),
    ScopeName String CODEC(ZSTD(1)),
    ScopeVersion String CODEC(ZSTD(1)),
    ScopeAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    ScopeDroppedAttrCount UInt32 CODEC(ZSTD(1)),
    ScopeSchemaUrl String CODEC(ZSTD(1)),
    ServiceName LowCardinality(String) CODEC(ZSTD(1)),
    MetricName String CODEC(ZSTD(1)),
    MetricDescription String CODEC(ZSTD(1)),
    MetricUnit String CODEC(ZSTD(1)),
    Attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    StartTimeUnix DateTime64(9) CODEC(Delta, ZSTD(1)),
    TimeUnix DateTime64(9) CODEC(Delta, ZSTD(1)),
{%- endmacro -%}

{%- macro exemplar_columns() -%}
    Exemplars Nested(FilteredAttributes Map(LowCardinality(String), String), TimeUnix DateTime64(9), Value Float64, SpanId String, TraceId String) CODEC(ZSTD(1))
{%- endmacro -%}

{%- macro metric_order() -%}
ENGINE = {{ merge_tree() }}
PARTITION BY toDate(TimeUnix)
ORDER BY (ServiceName, MetricName, toStartOfHour(TimeUnix), cityHash64(Attributes), TimeUnix)
{{ ttl('TimeUnix', retention.metrics) }}
{{ settings() }}
{%- endmacro -%}

{#- What each view over ingest_metrics reads: one row a data point of one kind. -#}
{%- macro metric_points(kind) -%}
    SELECT resource, resource_schema_url, scope, scope_schema_url, metric, arrayJoin(metric.{{ kind }}.data_points) AS point
    FROM (
        SELECT resource, resource_schema_url, scope_metric.scope AS scope, scope_metric.schema_url AS scope_schema_url, arrayJoin(scope_metric.metrics) AS metric
        FROM (
            SELECT {{ texts('resource_metric.resource.attributes') }} AS resource, resource_metric.schema_url AS resource_schema_url, arrayJoin(resource_metric.scope_metrics) AS scope_metric
            FROM (SELECT arrayJoin(resource_metrics) AS resource_metric FROM {{ db }}.ingest_metrics)
        )
    )
{%- endmacro -%}

{%- macro metric_values() -%}
    resource AS ResourceAttributes, resource_schema_url AS ResourceSchemaUrl, scope.name AS ScopeName, scope.version AS ScopeVersion,
    {{ texts('scope.attributes') }} AS ScopeAttributes, scope.dropped_attributes_count AS ScopeDroppedAttrCount, scope_schema_url AS ScopeSchemaUrl,
    resource['service.name'] AS ServiceName, metric.name AS MetricName, metric.description AS MetricDescription, metric.unit AS MetricUnit,
    {{ texts('point.attributes') }} AS Attributes, {{ time('point.start_time_unix_nano') }} AS StartTimeUnix, {{ time('point.time_unix_nano') }} AS TimeUnix,
{%- endmacro -%}

{#-
  Where rows lie. On one node the table itself; on a cluster a replicated `_local` table on every node, and a
  Distributed table under the plain name, which is what people query.
-#}
{%- macro on_cluster() -%}{% if cluster %} ON CLUSTER '{{ cluster }}'{% endif %}{%- endmacro -%}
{%- macro local(table) -%}{{ db }}.{{ table }}{% if cluster %}_local{% endif %}{%- endmacro -%}
{#- The ids under which a group's events are stored; `group` is its id, or that of a group that was merged into it. -#}
{%- macro group_members(group) -%}
WITH (SELECT if(max(own.RootGroupId) = '', {{ group }}, max(own.RootGroupId)) FROM {{ db }}.error_group_merges AS own WHERE own.GroupId = {{ group }}) AS root
SELECT root AS GroupId
UNION ALL
SELECT m.GroupId AS GroupId FROM {{ db }}.error_group_merges AS m WHERE m.RootGroupId = root
{%- endmacro -%}

{#- Before a JOIN or IN with a subquery: it is run once, not once on every shard. -#}
{%- macro global() -%}{% if cluster %}GLOBAL {% endif %}{%- endmacro -%}
{%- macro merge_tree() -%}{% if cluster %}ReplicatedMergeTree{% else %}MergeTree{% endif %}{%- endmacro -%}
{%- macro aggregating_merge_tree() -%}{% if cluster %}ReplicatedAggregatingMergeTree{% else %}AggregatingMergeTree{% endif %}{%- endmacro -%}
{%- macro ttl(column, seconds) -%}{% if seconds %}TTL toDateTime({{ column }}) + toIntervalSecond({{ seconds }}){% endif %}{%- endmacro -%}
{%- macro settings() -%}
SETTINGS ttl_only_drop_parts = 1{% if not cluster %}, non_replicated_deduplication_window = 1000{% endif %}{% if fsync %}, fsync_after_insert = 1, fsync_part_directory = 1{% endif %}
{%- endmacro -%}
{%- macro distributed(table, key) -%}
{% if cluster %}
CREATE TABLE IF NOT EXISTS {{ db }}.{{ table }}{{ on_cluster() }} AS {{ local(table) }}
ENGINE = Distributed('{{ cluster }}', '{{ database }}', '{{ table }}_local', {{ key }});
{% endif %}
{%- endmacro -%}
