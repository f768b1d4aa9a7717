INSERT INTO error_group_aliases (GroupId, TargetGroupId, RootGroupId, Kind, CreatedAt, CreatedBy, Comment)
SELECT GroupId, TargetGroupId, RootGroupId, {kind:String}, fromUnixTimestamp64Nano({created_ns:Int64}), {created_by:String}, {comment:String}
FROM (SELECT {groups:Array(String)} AS GroupId, {targets:Array(String)} AS TargetGroupId, {roots:Array(String)} AS RootGroupId)
ARRAY JOIN GroupId, TargetGroupId, RootGroupId
