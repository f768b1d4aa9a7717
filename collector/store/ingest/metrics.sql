-- A segment of metrics goes in here as it is; one view a kind of metric fans it out to one row a data point.
CREATE TABLE {{ db }}.ingest_metrics{{ on_cluster() }} (
    resource_metrics Array(Tuple(
        resource Tuple(attributes {{ attributes() }}),
        scope_metrics Array(Tuple(
            scope Tuple(name String, version String, attributes {{ attributes() }}, dropped_attributes_count UInt32),
            metrics Array(Tuple(
                name String, description String, unit String,
                gauge Tuple(data_points Array(Tuple(
                    start_time_unix_nano UInt64, time_unix_nano UInt64, as_double Float64, as_int Int64, value Enum8('none' = 0, 'as_double' = 4, 'as_int' = 6),
                    exemplars {{ exemplars_type() }}, attributes {{ attributes() }}, flags UInt32))),
                sum Tuple(data_points Array(Tuple(
                    start_time_unix_nano UInt64, time_unix_nano UInt64, as_double Float64, as_int Int64, value Enum8('none' = 0, 'as_double' = 4, 'as_int' = 6),
                    exemplars {{ exemplars_type() }}, attributes {{ attributes() }}, flags UInt32)), aggregation_temporality Int32, is_monotonic Bool),
                histogram Tuple(data_points Array(Tuple(
                    start_time_unix_nano UInt64, time_unix_nano UInt64, count UInt64, sum Float64, bucket_counts Array(UInt64), explicit_bounds Array(Float64),
                    exemplars {{ exemplars_type() }}, attributes {{ attributes() }}, flags UInt32, min Float64, max Float64)), aggregation_temporality Int32),
                exponential_histogram Tuple(data_points Array(Tuple(
                    attributes {{ attributes() }}, start_time_unix_nano UInt64, time_unix_nano UInt64, count UInt64, sum Float64, scale Int32, zero_count UInt64,
                    positive Tuple(offset Int32, bucket_counts Array(UInt64)), negative Tuple(offset Int32, bucket_counts Array(UInt64)),
                    flags UInt32, exemplars {{ exemplars_type() }}, min Float64, max Float64)), aggregation_temporality Int32),
                summary Tuple(data_points Array(Tuple(
                    start_time_unix_nano UInt64, time_unix_nano UInt64, count UInt64, sum Float64, quantile_values Array(Tuple(quantile Float64, value Float64)),
                    attributes {{ attributes() }}, flags UInt32)))
            )),
            schema_url String
        )),
        schema_url String
    ))
) ENGINE = Null;

CREATE TABLE {{ db }}.ingest_metrics_check{{ on_cluster() }} AS {{ db }}.ingest_metrics ENGINE = Null;

CREATE MATERIALIZED VIEW {{ db }}.ingest_metrics_gauge_mv{{ on_cluster() }} TO {{ local('otel_metrics_gauge') }} AS
SELECT
    {{ metric_values() }}
    if(point.value = 'as_int', toFloat64(point.as_int), point.as_double) AS Value, point.flags AS Flags,
{{ exemplars('point') }}
FROM (
{{ metric_points('gauge') }}
);

CREATE MATERIALIZED VIEW {{ db }}.ingest_metrics_sum_mv{{ on_cluster() }} TO {{ local('otel_metrics_sum') }} AS
SELECT
    {{ metric_values() }}
    if(point.value = 'as_int', toFloat64(point.as_int), point.as_double) AS Value, point.flags AS Flags,
{{ exemplars('point') }},
    metric.sum.aggregation_temporality AS AggregationTemporality, metric.sum.is_monotonic AS IsMonotonic
FROM (
{{ metric_points('sum') }}
);

CREATE MATERIALIZED VIEW {{ db }}.ingest_metrics_histogram_mv{{ on_cluster() }} TO {{ local('otel_metrics_histogram') }} AS
SELECT
    {{ metric_values() }}
    point.count AS Count, point.sum AS Sum, point.bucket_counts AS BucketCounts, point.explicit_bounds AS ExplicitBounds,
{{ exemplars('point') }},
    point.flags AS Flags, point.min AS Min, point.max AS Max, metric.histogram.aggregation_temporality AS AggregationTemporality
FROM (
{{ metric_points('histogram') }}
);

CREATE MATERIALIZED VIEW {{ db }}.ingest_metrics_exp_histogram_mv{{ on_cluster() }} TO {{ local('otel_metrics_exp_histogram') }} AS
SELECT
    {{ metric_values() }}
    point.count AS Count, point.sum AS Sum, point.scale AS Scale, point.zero_count AS ZeroCount,
    point.positive.offset AS PositiveOffset, point.positive.bucket_counts AS PositiveBucketCounts,
    point.negative.offset AS NegativeOffset, point.negative.bucket_counts AS NegativeBucketCounts,
{{ exemplars('point') }},
    point.flags AS Flags, point.min AS Min, point.max AS Max, metric.exponential_histogram.aggregation_temporality AS AggregationTemporality
FROM (
{{ metric_points('exponential_histogram') }}
);

CREATE MATERIALIZED VIEW {{ db }}.ingest_metrics_summary_mv{{ on_cluster() }} TO {{ local('otel_metrics_summary') }} AS
SELECT
    {{ metric_values() }}
    point.count AS Count, point.sum AS Sum,
    arrayMap(q -> q.quantile, point.quantile_values) AS `ValueAtQuantiles.Quantile`, arrayMap(q -> q.value, point.quantile_values) AS `ValueAtQuantiles.Value`,
    point.flags AS Flags
FROM (
{{ metric_points('summary') }}
);
