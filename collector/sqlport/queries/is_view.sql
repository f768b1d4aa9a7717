-- Is there a view of this name? `database` is empty for the current one.
SELECT count() > 0 FROM system.tables
WHERE name = {view:String} AND engine = 'View'
  AND database = if({database:String} = '', currentDatabase(), {database:String})
