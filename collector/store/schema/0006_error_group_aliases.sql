-- What was merged with what: a history, nothing in it is ever changed. The latest row of a GroupId is what holds now.
--
-- `TargetGroupId` is the group that it was merged into (of an unmerge: that it was taken out of). `RootGroupId` is the
-- group that its events are counted in, found when the row was written, so that views need one step however long a
-- chain of merges is; it is empty when the group stands for itself. `Kind` is 'merge' (somebody asked for it), 'version'
-- (the same error by another version of the fingerprint) or 'unmerge'. When the root of a group changes because its
-- target was merged or unmerged, it gets a new row with another RootGroupId and all else as it was.
CREATE TABLE IF NOT EXISTS {{ local('error_group_aliases') }}{{ on_cluster() }} (
    GroupId String CODEC(ZSTD(1)),
    TargetGroupId String CODEC(ZSTD(1)),
    RootGroupId String CODEC(ZSTD(1)),
    Kind LowCardinality(String) CODEC(ZSTD(1)),
    CreatedAt DateTime64(9) CODEC(Delta, ZSTD(1)),
    CreatedBy LowCardinality(String) CODEC(ZSTD(1)),
    Comment String CODEC(ZSTD(1))
)
ENGINE = {{ merge_tree() }}
ORDER BY (GroupId, CreatedAt)
{{ settings() }};

{{ distributed('error_group_aliases', 'cityHash64(GroupId)') }}
