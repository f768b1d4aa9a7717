-- The list of groups, those that were seen last first.
SELECT GroupId, Fingerprint, ServiceName, ExceptionType, Message, Culprit, Events, Users, FirstSeen, LastSeen, Severity, LastRelease, MergedGroups
FROM errors
WHERE LastSeen >= now64(9) - toIntervalSecond({since:UInt32})
ORDER BY LastSeen DESC, GroupId
LIMIT {limit:UInt32}
