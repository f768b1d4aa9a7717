-- errors: the list of groups. One row a group, with all that was merged into it.
-- Events is exact (a storm's events count by weight), Users approximate; Message is the latest one, with secrets removed.
-- MergedGroups are the groups that count here and no longer stand for themselves.
--
-- Each text of the newest event is an aggregate of its own: a query that names few columns pays for those alone, and a
-- string costs a fraction of what it does within a tuple (benchmarks/errors_view.py).
-- The ifNull are for users whose profile sets join_use_nulls.
CREATE OR REPLACE VIEW {{ db }}.errors{{ on_cluster() }} AS
SELECT
    RootId AS GroupId,
    Fingerprint,
    ServiceNamespace,
    ServiceName,
    ExceptionType,
    Message,
    Culprit,
    Events,
    Users,
    FirstSeen,
    LastSeen,
    Severity,
    LastEnvironment,
    FirstRelease,
    LastRelease,
    LastTraceId,
    LastEventId,
    MergedGroups
FROM (
    SELECT
        if(ifNull(m.RootGroupId, '') = '', g.GroupId, ifNull(m.RootGroupId, '')) AS RootId,
        argMax(g.Fingerprint, ifNull(m.RootGroupId, '') = '') AS Fingerprint,
        argMax(g.ServiceNamespace, ifNull(m.RootGroupId, '') = '') AS ServiceNamespace,
        argMax(g.ServiceName, ifNull(m.RootGroupId, '') = '') AS ServiceName,
        toUInt64(greatest(sum(g.Events), 0)) AS Events,
        uniqCombined64Merge(12)(g.Users) AS Users,
        min(g.FirstSeen) AS FirstSeen,
        max(g.LastSeen) AS LastSeen,
        argMin(tupleElement(g.FirstRelease, 'Release'), tupleElement(g.FirstRelease, 'At')) AS FirstRelease,
        argMax(tupleElement(g.Latest, 'ExceptionType'), tupleElement(g.Latest, 'At')) AS ExceptionType,
        argMax(tupleElement(g.Latest, 'Message'), tupleElement(g.Latest, 'At')) AS Message,
        argMax(tupleElement(g.Latest, 'Culprit'), tupleElement(g.Latest, 'At')) AS Culprit,
        argMax(tupleElement(g.Latest, 'Severity'), tupleElement(g.Latest, 'At')) AS Severity,
        argMax(tupleElement(g.Latest, 'Environment'), tupleElement(g.Latest, 'At')) AS LastEnvironment,
        argMax(tupleElement(g.Latest, 'Release'), tupleElement(g.Latest, 'At')) AS LastRelease,
        argMax(tupleElement(g.Latest, 'TraceId'), tupleElement(g.Latest, 'At')) AS LastTraceId,
        argMax(tupleElement(g.Latest, 'EventId'), tupleElement(g.Latest, 'At')) AS LastEventId,
        arraySort(groupUniqArrayIf(g.GroupId, ifNull(m.RootGroupId, '') != '')) AS MergedGroups
    FROM {{ db }}.error_groups AS g
    {{ global() }}LEFT JOIN {{ db }}.error_group_merges AS m ON m.GroupId = g.GroupId
    GROUP BY RootId
);
