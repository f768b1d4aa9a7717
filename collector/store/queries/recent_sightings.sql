-- What the memory of occurrences is restored from: the sightings that were stored since a moment (Unix milliseconds),
-- the latest first, as many as it can hold, always whole segments; but for those of segments that will be drained again.
-- A segment's name begins with the time of its sealing; an error's time lies within a week of it.
SELECT *
FROM (
    SELECT
        EventId, Segment, toUnixTimestamp64Nano(OriginalTimestamp) AS OriginalTimestampNs, ServiceNamespace, ServiceName,
        TraceId, SpanId, ParentSpanId, SeenIn, Ordinal, SightingKey, SdkEventId, Weight
    FROM error_events
    WHERE Segment >= {since:String} AND NOT has({pending:Array(String)}, Segment)
        AND Timestamp >= fromUnixTimestamp64Milli({since_ms:Int64}) - INTERVAL 8 DAY
    UNION ALL
    SELECT
        EventId, Segment, toUnixTimestamp64Nano(OriginalTimestamp) AS OriginalTimestampNs, ServiceNamespace, ServiceName,
        TraceId, SpanId, ParentSpanId, SeenIn, Ordinal, SightingKey, SdkEventId, toInt64(0) AS Weight
    FROM error_sightings
    WHERE Segment >= {since:String} AND NOT has({pending:Array(String)}, Segment)
        AND Timestamp >= fromUnixTimestamp64Milli({since_ms:Int64}) - INTERVAL 8 DAY
)
ORDER BY Segment DESC
LIMIT {limit:UInt32} WITH TIES
