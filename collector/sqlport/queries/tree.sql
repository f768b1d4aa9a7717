-- A statement's syntax tree as JSON, and whether the tree holds the whole statement: written back, it is the same text.
-- One statement only: the function refuses several.
WITH parseQueryToJSON({statement:String}) AS tree
SELECT tree, formatQueryFromJSON(tree) = formatQuery({statement:String})
