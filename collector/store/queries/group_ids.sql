-- The ids of groups that begin so, merged ones among them.
SELECT DISTINCT GroupId
FROM error_groups
WHERE startsWith(GroupId, {prefix:String})
ORDER BY GroupId
LIMIT {limit:UInt32}
