-- Databases in which a table's name can be the path of a file: chDB's `default` is one.
SELECT groupArray(name) FROM system.databases
WHERE engine IN ('Overlay', 'Filesystem', 'S3', 'HDFS', 'Backup', 'DataLakeCatalog')
