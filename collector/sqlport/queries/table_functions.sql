-- Every table function that the engine has, the deprecated and the experimental ones too.
SELECT groupArray(lower(name)) FROM system.table_functions
