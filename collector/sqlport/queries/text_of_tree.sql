-- The text of a syntax tree, on one line.
SELECT formatQuerySingleLine(formatQueryFromJSON({tree:String}))
