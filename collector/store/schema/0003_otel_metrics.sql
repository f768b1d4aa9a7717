-- Metric data points, one table a kind, in the layout of the OpenTelemetry Collector's ClickHouse exporter, with
-- times to the nanosecond. `Exemplars` lead from a data point to a trace.
CREATE TABLE IF NOT EXISTS {{ local('otel_metrics_gauge') }}{{ on_cluster() }} (
{{ metric_columns() }}
    Value Float64 CODEC(ZSTD(1)),
    Flags UInt32 CODEC(ZSTD(1)),
{{ exemplar_columns() }}
)
{{ metric_order() }};

CREATE TABLE IF NOT EXISTS {{ local('otel_metrics_sum') }}{{ on_cluster() }} (
{{ metric_columns() }}
    Value Float64 CODEC(ZSTD(1)),
    Flags UInt32 CODEC(ZSTD(1)),
{{ exemplar_columns() }},
    AggregationTemporality Int32 CODEC(ZSTD(1)),
    IsMonotonic Boolean CODEC(Delta, ZSTD(1))
)
{{ metric_order() }};

CREATE TABLE IF NOT EXISTS {{ local('otel_metrics_histogram') }}{{ on_cluster() }} (
{{ metric_columns() }}
    Count UInt64 CODEC(Delta, ZSTD(1)),
    Sum Float64 CODEC(ZSTD(1)),
    BucketCounts Array(UInt64) CODEC(ZSTD(1)),
    ExplicitBounds Array(Float64) CODEC(ZSTD(1)),
{{ exemplar_columns() }},
    Flags UInt32 CODEC(ZSTD(1)),
    Min Float64 CODEC(ZSTD(1)),
    Max Float64 CODEC(ZSTD(1)),
    AggregationTemporality Int32 CODEC(ZSTD(1))
)
{{ metric_order() }};

CREATE TABLE IF NOT EXISTS {{ local('otel_metrics_exp_histogram') }}{{ on_cluster() }} (
{{ metric_columns() }}
    Count UInt64 CODEC(Delta, ZSTD(1)),
    Sum Float64 CODEC(ZSTD(1)),
    Scale Int32 CODEC(ZSTD(1)),
    ZeroCount UInt64 CODEC(ZSTD(1)),
    PositiveOffset Int32 CODEC(ZSTD(1)),
    PositiveBucketCounts Array(UInt64) CODEC(ZSTD(1)),
    NegativeOffset Int32 CODEC(ZSTD(1)),
    NegativeBucketCounts Array(UInt64) CODEC(ZSTD(1)),
{{ exemplar_columns() }},
    Flags UInt32 CODEC(ZSTD(1)),
    Min Float64 CODEC(ZSTD(1)),
    Max Float64 CODEC(ZSTD(1)),
    AggregationTemporality Int32 CODEC(ZSTD(1))
)
{{ metric_order() }};

CREATE TABLE IF NOT EXISTS {{ local('otel_metrics_summary') }}{{ on_cluster() }} (
{{ metric_columns() }}
    Count UInt64 CODEC(Delta, ZSTD(1)),
    Sum Float64 CODEC(ZSTD(1)),
    ValueAtQuantiles Nested(Quantile Float64, Value Float64) CODEC(ZSTD(1)),
    Flags UInt32 CODEC(ZSTD(1))
)
{{ metric_order() }};

{% for kind in ['gauge', 'sum', 'histogram', 'exp_histogram', 'summary'] %}
{{ distributed('otel_metrics_' ~ kind, 'cityHash64(MetricName, Attributes)') }}
{% endfor %}
