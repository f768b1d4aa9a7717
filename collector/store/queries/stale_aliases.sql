-- Merged groups whose root is not the one of their target: a change that was not finished.
SELECT m.GroupId AS GroupId
FROM error_group_merges AS m
GLOBAL LEFT JOIN error_group_merges AS t ON t.GroupId = m.TargetGroupId
WHERE m.RootGroupId != if(t.RootGroupId = '', m.TargetGroupId, t.RootGroupId)
LIMIT {limit:UInt32}
