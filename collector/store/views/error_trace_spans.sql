-- error_trace_spans(group = '<GroupId>'): the spans of the group's latest trace, in the order in which its tree is read.
-- The group is all that was merged into it; the id of a merged group means the group that it is part of.
-- Depth counts from 0 at the root; a span whose parent is not there is a root. The error's own time finds the day, so no
-- lookup is needed; a trace may reach an hour to either side of it.
CREATE OR REPLACE VIEW {{ db }}.error_trace_spans{{ on_cluster() }} AS
WITH RECURSIVE
    latest AS (
        SELECT e.TraceId AS LatestTraceId, e.Timestamp AS LatestTimestamp
        FROM {{ db }}.error_events AS e
        WHERE e.GroupId {{ global() }}IN (SELECT members.GroupId FROM ({{ group_members('{group:String}') }}) AS members) AND e.TraceId != ''
        ORDER BY e.Timestamp DESC
        LIMIT 1
    ),
    spans AS (
        SELECT
            s.Timestamp AS Timestamp, s.TraceId AS TraceId, s.SpanId AS SpanId, s.ParentSpanId AS ParentSpanId, s.ServiceName AS ServiceName,
            s.SpanName AS SpanName, s.SpanKind AS SpanKind, s.Duration AS Duration, s.StatusCode AS StatusCode, s.StatusMessage AS StatusMessage,
            arrayFirst(x -> x != '', arrayMap(a -> a['exception.type'], s.`Events.Attributes`)) AS ExceptionType
        FROM {{ db }}.otel_traces AS s
        WHERE s.TraceId = (SELECT LatestTraceId FROM latest)
            AND s.Timestamp >= (SELECT LatestTimestamp FROM latest) - INTERVAL 1 HOUR
            AND s.Timestamp <= (SELECT LatestTimestamp FROM latest) + INTERVAL 1 HOUR
        ORDER BY s.Timestamp
        LIMIT 1 BY s.SpanId
        LIMIT 10000
    ),
    tree AS (
        SELECT spans.*, toUInt16(0) AS Depth, [(spans.Timestamp, spans.SpanId)] AS Path
        FROM spans
        WHERE spans.ParentSpanId NOT IN (SELECT known.SpanId FROM spans AS known)
        UNION ALL
        SELECT child.*, toUInt16(tree.Depth + 1) AS Depth, arrayConcat(tree.Path, [(child.Timestamp, child.SpanId)]) AS Path
        FROM spans AS child
        INNER JOIN tree ON child.ParentSpanId = tree.SpanId
        WHERE tree.Depth < 200
    )
SELECT
    TraceId, SpanId, ParentSpanId, Depth, ServiceName, SpanName, SpanKind, Timestamp, Duration, StatusCode, StatusMessage, ExceptionType,
    StatusCode = 'Error' OR ExceptionType != '' AS IsError
FROM tree
ORDER BY Path;
