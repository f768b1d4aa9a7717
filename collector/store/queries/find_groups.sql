-- Groups by the beginning of their id, or of the id of one that was merged into them.
SELECT
    GroupId, Fingerprint, ServiceNamespace, ServiceName, ExceptionType, Message, Culprit, Events, Users, FirstSeen, LastSeen, Severity,
    FirstRelease, LastRelease, LastTraceId, MergedGroups
FROM errors
WHERE GroupId GLOBAL IN (
    SELECT ifNull(nullIf(m.RootGroupId, ''), g.GroupId)
    FROM (SELECT DISTINCT GroupId FROM error_groups WHERE startsWith(GroupId, {prefix:String}) LIMIT 1000) AS g
    GLOBAL LEFT JOIN error_group_merges AS m ON m.GroupId = g.GroupId
)
ORDER BY GroupId
LIMIT {limit:UInt32}
