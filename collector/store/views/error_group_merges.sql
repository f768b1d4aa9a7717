-- error_group_merges: the groups that are now part of another one. One row a group.
-- Its events are counted in RootGroupId; TargetGroupId is what it was merged into itself, which may since have been merged
-- further. Join it where a table, not a view, names groups.
CREATE OR REPLACE VIEW {{ db }}.error_group_merges{{ on_cluster() }} AS
SELECT
    a.GroupId AS GroupId,
    argMax(a.RootGroupId, a.CreatedAt) AS RootGroupId,
    argMax(a.TargetGroupId, a.CreatedAt) AS TargetGroupId,
    argMax(a.Kind, a.CreatedAt) AS Kind,
    argMax(a.CreatedBy, a.CreatedAt) AS CreatedBy,
    argMax(a.Comment, a.CreatedAt) AS Comment
FROM {{ db }}.error_group_aliases AS a
GROUP BY a.GroupId
HAVING RootGroupId != '';
