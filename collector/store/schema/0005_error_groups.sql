-- What is known of a group, kept longer than its events. Counts are exact (sum of Weight); users are approximate
-- (uniqCombined64). `Latest` is the newest event's texts.
CREATE TABLE IF NOT EXISTS {{ local('error_groups') }}{{ on_cluster() }} (
    GroupId String CODEC(ZSTD(1)),
    Fingerprint SimpleAggregateFunction(anyLast, String) CODEC(ZSTD(1)),
    ServiceNamespace SimpleAggregateFunction(anyLast, LowCardinality(String)) CODEC(ZSTD(1)),
    ServiceName SimpleAggregateFunction(anyLast, LowCardinality(String)) CODEC(ZSTD(1)),
    FirstSeen SimpleAggregateFunction(min, DateTime64(9)) CODEC(ZSTD(1)),
    LastSeen SimpleAggregateFunction(max, DateTime64(9)) CODEC(ZSTD(1)),
    Events SimpleAggregateFunction(sum, Int64) CODEC(ZSTD(1)),
    Users AggregateFunction(uniqCombined64(12), String) CODEC(ZSTD(1)),
    FirstRelease SimpleAggregateFunction(min, Tuple(At DateTime64(9), Release String)) CODEC(ZSTD(1)),
    Latest SimpleAggregateFunction(max, Tuple(At DateTime64(9), ExceptionType String, Message String, Culprit String, Release String, Environment String, Severity String, TraceId String, EventId String)) CODEC(ZSTD(1))
)
ENGINE = {{ aggregating_merge_tree() }}
ORDER BY GroupId
{{ settings() }};

{{ distributed('error_groups', 'cityHash64(GroupId)') }}

CREATE MATERIALIZED VIEW IF NOT EXISTS {{ db }}.error_groups_mv{{ on_cluster() }} TO {{ local('error_groups') }} AS
SELECT
    GroupId,
    anyLast(e.Fingerprint) AS Fingerprint,
    anyLast(e.ServiceNamespace) AS ServiceNamespace,
    anyLast(e.ServiceName) AS ServiceName,
    min(e.Timestamp) AS FirstSeen,
    max(e.Timestamp) AS LastSeen,
    sum(e.Weight) AS Events,
    uniqCombined64StateIf(12)(e.UserId, e.UserId != '') AS Users,
    min((e.Timestamp, toString(e.Release))) AS FirstRelease,
    max((e.Timestamp, toString(e.ExceptionType), e.ExceptionMessage, toString(e.Culprit), toString(e.Release), toString(e.Environment), toString(e.Severity), e.TraceId, e.EventId)) AS Latest
FROM {{ local('error_events') }} AS e
GROUP BY GroupId;

-- Events of a group by minute, for trends, rates and alerts.
CREATE TABLE IF NOT EXISTS {{ local('error_group_minutes') }}{{ on_cluster() }} (
    Minute DateTime CODEC(Delta, ZSTD(1)),
    GroupId String CODEC(ZSTD(1)),
    ServiceNamespace LowCardinality(String) CODEC(ZSTD(1)),
    ServiceName LowCardinality(String) CODEC(ZSTD(1)),
    Environment LowCardinality(String) CODEC(ZSTD(1)),
    Release LowCardinality(String) CODEC(ZSTD(1)),
    Events SimpleAggregateFunction(sum, Int64) CODEC(ZSTD(1)),
    Users AggregateFunction(uniqCombined64(12), String) CODEC(ZSTD(1))
)
ENGINE = {{ aggregating_merge_tree() }}
PARTITION BY toYYYYMM(Minute)
ORDER BY (Minute, GroupId, ServiceNamespace, ServiceName, Environment, Release)
{{ ttl('Minute', retention.groups) }}
{{ settings() }};

{{ distributed('error_group_minutes', 'cityHash64(GroupId)') }}

CREATE MATERIALIZED VIEW IF NOT EXISTS {{ db }}.error_group_minutes_mv{{ on_cluster() }} TO {{ local('error_group_minutes') }} AS
SELECT
    toStartOfMinute(toDateTime(e.Timestamp)) AS Minute,
    GroupId,
    ServiceNamespace,
    ServiceName,
    Environment,
    Release,
    sum(e.Weight) AS Events,
    uniqCombined64StateIf(12)(e.UserId, e.UserId != '') AS Users
FROM {{ local('error_events') }} AS e
GROUP BY Minute, GroupId, ServiceNamespace, ServiceName, Environment, Release;
