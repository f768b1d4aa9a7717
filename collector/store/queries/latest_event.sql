-- The newest event of a group.
SELECT
    EventId, Timestamp, ServiceInstanceId, Environment, Release, HostName, UserId, SessionId, TraceId, SpanId, SpanName, SeenIn, Severity, Handled,
    ExceptionType, ExceptionMessage, ExceptionStacktrace, Language, Attributes
FROM error_events
WHERE GroupId = {group:String} AND Weight > 0
ORDER BY Timestamp DESC
LIMIT 1
