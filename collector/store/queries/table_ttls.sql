-- The TTL that each table has, as the engine writes it; empty for none.
SELECT name, extract(engine_full, 'TTL (.*?) SETTINGS') AS ttl
FROM system.tables
WHERE database = {database:String}
