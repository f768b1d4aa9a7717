-- Which files of the schema were applied, and the digest of their text. Made first, at every start.
CREATE TABLE IF NOT EXISTS {{ db }}.otel_errors_schema{{ on_cluster() }} (
    Name String,
    Number UInt32,
    Digest String,
    AppliedAt DateTime64(3) DEFAULT now64(3)
)
ENGINE = {{ merge_tree() }}
ORDER BY (Name, AppliedAt);
