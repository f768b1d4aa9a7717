-- errors: the list of groups. One row a group.
-- Events is exact (a storm's events count by weight), Users approximate; Message is the latest one, with secrets removed.
CREATE OR REPLACE VIEW {{ db }}.errors{{ on_cluster() }} AS
SELECT
    GroupId,
    Fingerprint,
    ServiceNamespace,
    ServiceName,
    tupleElement(Newest, 'ExceptionType') AS ExceptionType,
    tupleElement(Newest, 'Message') AS Message,
    tupleElement(Newest, 'Culprit') AS Culprit,
    Events,
    Users,
    FirstSeen,
    LastSeen,
    tupleElement(Newest, 'Severity') AS Severity,
    tupleElement(Newest, 'Environment') AS LastEnvironment,
    tupleElement(Oldest, 'Release') AS FirstRelease,
    tupleElement(Newest, 'Release') AS LastRelease,
    tupleElement(Newest, 'TraceId') AS LastTraceId,
    tupleElement(Newest, 'EventId') AS LastEventId
FROM (
    SELECT
        GroupId,
        anyLast(g.Fingerprint) AS Fingerprint,
        anyLast(g.ServiceNamespace) AS ServiceNamespace,
        anyLast(g.ServiceName) AS ServiceName,
        toUInt64(greatest(sum(g.Events), 0)) AS Events,
        uniqCombined64Merge(12)(g.Users) AS Users,
        min(g.FirstSeen) AS FirstSeen,
        max(g.LastSeen) AS LastSeen,
        min(g.FirstRelease) AS Oldest,
        max(g.Latest) AS Newest
    FROM {{ db }}.error_groups AS g
    GROUP BY GroupId
);
