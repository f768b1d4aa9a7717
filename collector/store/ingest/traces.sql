-- A segment of traces goes in here as it is; the view fans it out to one row a span.
CREATE TABLE {{ db }}.ingest_traces{{ on_cluster() }} (
    resource_spans Array(Tuple(
        resource Tuple(attributes {{ attributes() }}),
        scope_spans Array(Tuple(
            scope Tuple(name String, version String),
            spans Array(Tuple(
                trace_id String, span_id String, trace_state String, parent_span_id String, name String, kind Int32,
                start_time_unix_nano UInt64, end_time_unix_nano UInt64, attributes {{ attributes() }},
                events Array(Tuple(time_unix_nano UInt64, name String, attributes {{ attributes() }})),
                links Array(Tuple(trace_id String, span_id String, trace_state String, attributes {{ attributes() }})),
                status Tuple(message String, code Int32)
            ))
        ))
    ))
) ENGINE = Null;

CREATE TABLE {{ db }}.ingest_traces_check{{ on_cluster() }} AS {{ db }}.ingest_traces ENGINE = Null;

CREATE MATERIALIZED VIEW {{ db }}.ingest_traces_mv{{ on_cluster() }} TO {{ local('otel_traces') }} AS
SELECT
    {{ time('span.start_time_unix_nano') }} AS Timestamp,
    {{ id('span.trace_id') }} AS TraceId,
    {{ id('span.span_id') }} AS SpanId,
    {{ id('span.parent_span_id') }} AS ParentSpanId,
    span.trace_state AS TraceState,
    span.name AS SpanName,
    transform(span.kind, [1, 2, 3, 4, 5], ['Internal', 'Server', 'Client', 'Producer', 'Consumer'], 'Unspecified') AS SpanKind,
    resource['service.name'] AS ServiceName,
    resource AS ResourceAttributes,
    scope_name AS ScopeName,
    scope_version AS ScopeVersion,
    {{ texts('span.attributes') }} AS SpanAttributes,
    if(span.end_time_unix_nano > span.start_time_unix_nano, span.end_time_unix_nano - span.start_time_unix_nano, 0) AS Duration,
    transform(span.status.code, [1, 2], ['Ok', 'Error'], 'Unset') AS StatusCode,
    span.status.message AS StatusMessage,
    arrayMap(e -> {{ time('e.time_unix_nano') }}, span.events) AS `Events.Timestamp`,
    arrayMap(e -> e.name, span.events) AS `Events.Name`,
    arrayMap(e -> {{ texts('e.attributes') }}, span.events) AS `Events.Attributes`,
    arrayMap(l -> {{ id('l.trace_id') }}, span.links) AS `Links.TraceId`,
    arrayMap(l -> {{ id('l.span_id') }}, span.links) AS `Links.SpanId`,
    arrayMap(l -> l.trace_state, span.links) AS `Links.TraceState`,
    arrayMap(l -> {{ texts('l.attributes') }}, span.links) AS `Links.Attributes`
FROM (
    SELECT resource, scope_span.scope.name AS scope_name, scope_span.scope.version AS scope_version, arrayJoin(scope_span.spans) AS span
    FROM (
        SELECT {{ texts('resource_span.resource.attributes') }} AS resource, arrayJoin(resource_span.scope_spans) AS scope_span
        FROM (SELECT arrayJoin(resource_spans) AS resource_span FROM {{ db }}.ingest_traces)
    )
);
