-- The schema's files that were applied, with the digest of each one's latest text.
SELECT Name, argMax(Digest, AppliedAt) AS Digest
FROM {database:Identifier}.otel_errors_schema
GROUP BY Name
