-- A segment of logs goes in here as it is; the view fans it out to one row a record. A record without a time of its
-- own has the time at which it was observed.
CREATE TABLE {{ db }}.ingest_logs{{ on_cluster() }} (
    resource_logs Array(Tuple(
        resource Tuple(attributes {{ attributes() }}),
        scope_logs Array(Tuple(
            scope Tuple(name String, version String, attributes {{ attributes() }}),
            log_records Array(Tuple(
                time_unix_nano UInt64, severity_number Int32, severity_text String, body {{ any_value() }}, attributes {{ attributes() }},
                flags UInt32, trace_id String, span_id String, observed_time_unix_nano UInt64, event_name String
            )),
            schema_url String
        )),
        schema_url String
    ))
) ENGINE = Null;

CREATE TABLE {{ db }}.ingest_logs_check{{ on_cluster() }} AS {{ db }}.ingest_logs ENGINE = Null;

CREATE MATERIALIZED VIEW {{ db }}.ingest_logs_mv{{ on_cluster() }} TO {{ local('otel_logs') }} AS
SELECT
    {{ time('if(record.time_unix_nano = 0, record.observed_time_unix_nano, record.time_unix_nano)') }} AS Timestamp,
    {{ id('record.trace_id') }} AS TraceId,
    {{ id('record.span_id') }} AS SpanId,
    toUInt8(bitAnd(record.flags, 255)) AS TraceFlags,
    record.severity_text AS SeverityText,
    toUInt8(greatest(0, least(record.severity_number, 255))) AS SeverityNumber,
    resource['service.name'] AS ServiceName,
    {{ text('record.body') }} AS Body,
    resource_schema_url AS ResourceSchemaUrl,
    resource AS ResourceAttributes,
    scope_schema_url AS ScopeSchemaUrl,
    scope_name AS ScopeName,
    scope_version AS ScopeVersion,
    scope_attributes AS ScopeAttributes,
    {{ texts('record.attributes') }} AS LogAttributes,
    record.event_name AS EventName
FROM (
    SELECT
        resource, resource_schema_url, scope_log.scope.name AS scope_name, scope_log.scope.version AS scope_version,
        {{ texts('scope_log.scope.attributes') }} AS scope_attributes, scope_log.schema_url AS scope_schema_url, arrayJoin(scope_log.log_records) AS record
    FROM (
        SELECT {{ texts('resource_log.resource.attributes') }} AS resource, resource_log.schema_url AS resource_schema_url, arrayJoin(resource_log.scope_logs) AS scope_log
        FROM (SELECT arrayJoin(resource_logs) AS resource_log FROM {{ db }}.ingest_logs)
    )
);
