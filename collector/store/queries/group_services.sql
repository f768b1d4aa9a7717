-- Whose groups these are, those without any event left out.
SELECT g.GroupId AS GroupId, anyLast(g.ServiceNamespace) AS ServiceNamespace, anyLast(g.ServiceName) AS ServiceName
FROM error_groups AS g
WHERE g.GroupId IN {groups:Array(String)}
GROUP BY g.GroupId
