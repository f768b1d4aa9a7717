-- Which of these settings the server knows.
SELECT name
FROM system.settings
WHERE name IN {names:Array(String)}
