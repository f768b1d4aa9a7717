-- What the history of merges says last of these groups and of all that is counted with them, one step further than it
-- should take: two changes at once can leave groups that are counted in a merged one.
WITH
    seeds AS (
        SELECT arrayJoin({groups:Array(String)}) AS Id
        UNION DISTINCT
        SELECT m.RootGroupId AS Id FROM error_group_merges AS m WHERE m.GroupId IN {groups:Array(String)}
    ),
    members AS (
        SELECT m.GroupId AS Id FROM error_group_merges AS m WHERE m.RootGroupId GLOBAL IN (SELECT Id FROM seeds)
    )
SELECT
    a.GroupId AS GroupId,
    argMax(a.TargetGroupId, a.CreatedAt) AS TargetGroupId,
    argMax(a.RootGroupId, a.CreatedAt) AS RootGroupId,
    argMax(a.Kind, a.CreatedAt) AS Kind,
    argMax(a.CreatedBy, a.CreatedAt) AS CreatedBy,
    argMax(a.Comment, a.CreatedAt) AS Comment,
    toUnixTimestamp64Nano(max(a.CreatedAt)) AS CreatedNs
FROM error_group_aliases AS a
GROUP BY a.GroupId
HAVING GroupId IN {groups:Array(String)} OR RootGroupId GLOBAL IN (SELECT Id FROM seeds) OR RootGroupId GLOBAL IN (SELECT Id FROM members)
