-- The newest event of a group, and of all that was merged into it.
SELECT
    EventId, Timestamp, ServiceInstanceId, Environment, Release, HostName, UserId, SessionId, TraceId, SpanId, SpanName, SpanStatus, SeenIn, Severity, Handled,
    ExceptionType, ExceptionMessage, ExceptionStacktrace, Language, FingerprintOrigin, FingerprintRule, Rules, Attributes
FROM error_events
WHERE GroupId GLOBAL IN (SELECT GroupId FROM error_group_members(group = {group:String})) AND Weight > 0
ORDER BY Timestamp DESC
LIMIT 1
