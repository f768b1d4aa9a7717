-- What the history of merges says last of these groups.
SELECT
    a.GroupId AS GroupId,
    argMax(a.TargetGroupId, a.CreatedAt) AS TargetGroupId,
    argMax(a.RootGroupId, a.CreatedAt) AS RootGroupId,
    argMax(a.Kind, a.CreatedAt) AS Kind,
    argMax(a.CreatedBy, a.CreatedAt) AS CreatedBy,
    argMax(a.Comment, a.CreatedAt) AS Comment
FROM error_group_aliases AS a
WHERE a.GroupId IN {groups:Array(String)}
GROUP BY a.GroupId
