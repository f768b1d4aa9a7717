-- Spans, in the layout of the OpenTelemetry Collector's ClickHouse exporter (columns and types are its), so that
-- dashboards made for it work. `Duration` is in nanoseconds.
CREATE TABLE IF NOT EXISTS {{ local('otel_traces') }}{{ on_cluster() }} (
    Timestamp DateTime64(9) CODEC(Delta, ZSTD(1)),
    TraceId String CODEC(ZSTD(1)),
    SpanId String CODEC(ZSTD(1)),
    ParentSpanId String CODEC(ZSTD(1)),
    TraceState String CODEC(ZSTD(1)),
    SpanName LowCardinality(String) CODEC(ZSTD(1)),
    SpanKind LowCardinality(String) CODEC(ZSTD(1)),
    ServiceName LowCardinality(String) CODEC(ZSTD(1)),
    ResourceAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    ScopeName String CODEC(ZSTD(1)),
    ScopeVersion String CODEC(ZSTD(1)),
    SpanAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    Duration UInt64 CODEC(ZSTD(1)),
    StatusCode LowCardinality(String) CODEC(ZSTD(1)),
    StatusMessage String CODEC(ZSTD(1)),
    Events Nested(Timestamp DateTime64(9), Name LowCardinality(String), Attributes Map(LowCardinality(String), String)) CODEC(ZSTD(1)),
    Links Nested(TraceId String, SpanId String, TraceState String, Attributes Map(LowCardinality(String), String)) CODEC(ZSTD(1)),
{%- if attribute_indexes %}
    INDEX idx_res_attr_key mapKeys(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_res_attr_value mapValues(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_span_attr_key mapKeys(SpanAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_span_attr_value mapValues(SpanAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX idx_duration Duration TYPE minmax GRANULARITY 1,
{%- endif %}
    INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = {{ merge_tree() }}
PARTITION BY toDate(Timestamp)
ORDER BY (ServiceName, SpanName, toDateTime(Timestamp))
{{ ttl('Timestamp', retention.traces) }}
{{ settings() }};

{{ distributed('otel_traces', 'cityHash64(TraceId)') }}

-- When a trace began and ended: lets Grafana read one day's partition for a trace id alone.
CREATE TABLE IF NOT EXISTS {{ local('otel_traces_trace_id_ts') }}{{ on_cluster() }} (
    TraceId String CODEC(ZSTD(1)),
    Start DateTime CODEC(Delta, ZSTD(1)),
    End DateTime CODEC(Delta, ZSTD(1)),
    INDEX idx_trace_id TraceId TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = {{ merge_tree() }}
PARTITION BY toDate(Start)
ORDER BY (TraceId, Start)
{{ ttl('Start', retention.traces) }}
{{ settings() }};

{{ distributed('otel_traces_trace_id_ts', 'cityHash64(TraceId)') }}

CREATE MATERIALIZED VIEW IF NOT EXISTS {{ db }}.otel_traces_trace_id_ts_mv{{ on_cluster() }} TO {{ local('otel_traces_trace_id_ts') }} AS
SELECT TraceId, min(Timestamp) AS Start, max(Timestamp) AS End
FROM {{ local('otel_traces') }}
WHERE TraceId != ''
GROUP BY TraceId;
