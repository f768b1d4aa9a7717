-- error_service_minutes: what a service served and what failed, by minute.
-- Requests are spans of kind Server or Consumer; FailedRequests are those with status Error; Errors are occurrences of
-- errors (a request can have several, or none); durations are in nanoseconds. FailedRatio is null without requests.
-- A merge of groups changes nothing here: an error counts in the service where it happened, whatever group that is in.
CREATE OR REPLACE VIEW {{ db }}.error_service_minutes{{ on_cluster() }} AS
SELECT
    Minute,
    ServiceName,
    sum(SpanRequests) AS Requests,
    sum(SpanFailures) AS FailedRequests,
    sum(ErrorEvents) AS Errors,
    if(Requests = 0, NULL, FailedRequests / Requests) AS FailedRatio,
    max(SpanP50) AS DurationP50,
    max(SpanP95) AS DurationP95,
    max(SpanP99) AS DurationP99
FROM (
    SELECT
        toStartOfMinute(toDateTime(s.Timestamp)) AS Minute,
        s.ServiceName AS ServiceName,
        count() AS SpanRequests,
        countIf(s.StatusCode = 'Error') AS SpanFailures,
        toInt64(0) AS ErrorEvents,
        quantile(0.5)(s.Duration) AS SpanP50,
        quantile(0.95)(s.Duration) AS SpanP95,
        quantile(0.99)(s.Duration) AS SpanP99
    FROM {{ db }}.otel_traces AS s
    WHERE s.SpanKind IN ('Server', 'Consumer')
    GROUP BY Minute, ServiceName
    UNION ALL
    SELECT
        m.Minute AS Minute,
        m.ServiceName AS ServiceName,
        toUInt64(0) AS SpanRequests,
        toUInt64(0) AS SpanFailures,
        sum(m.Events) AS ErrorEvents,
        toFloat64(0) AS SpanP50,
        toFloat64(0) AS SpanP95,
        toFloat64(0) AS SpanP99
    FROM {{ db }}.error_group_minutes AS m
    GROUP BY Minute, ServiceName
)
GROUP BY Minute, ServiceName;
