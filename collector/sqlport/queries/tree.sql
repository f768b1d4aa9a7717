-- A statement's syntax tree as JSON, and whether the tree holds the whole statement: written back, it is the same text.
-- Parentheses around a single value are not kept in the tree and mean nothing, so they are not compared.
-- One statement only: the function refuses several.
WITH parseQueryToJSON({statement:String}) AS tree,
    formatQuerySingleLine(formatQueryFromJSON(tree)) AS written_back,
    formatQuerySingleLine({statement:String}) AS given
SELECT tree, replaceRegexpAll(written_back, '[()]', '') = replaceRegexpAll(given, '[()]', '')
