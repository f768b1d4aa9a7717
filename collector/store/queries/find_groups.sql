-- Groups by the beginning of their id.
SELECT GroupId, Fingerprint, ServiceNamespace, ServiceName, ExceptionType, Message, Culprit, Events, Users, FirstSeen, LastSeen, Severity, FirstRelease, LastRelease, LastTraceId
FROM errors
WHERE startsWith(GroupId, {prefix:String})
ORDER BY GroupId
LIMIT {limit:UInt32}
