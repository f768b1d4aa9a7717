-- Merged groups whose root is not the one of their target: a change that was not finished.
SELECT m.GroupId AS GroupId
FROM error_group_merges AS m
GLOBAL LEFT JOIN error_group_merges AS t ON t.GroupId = m.TargetGroupId
WHERE m.RootGroupId != ifNull(nullIf(t.RootGroupId, ''), m.TargetGroupId)
LIMIT {limit:UInt32}
