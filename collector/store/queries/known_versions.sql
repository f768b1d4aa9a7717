-- What these groups ever continued, by another version of the fingerprint.
SELECT DISTINCT GroupId, TargetGroupId
FROM error_group_aliases
WHERE GroupId IN {groups:Array(String)} AND Kind = 'version'
