-- What the memory of occurrences is restored from: every sighting that was stored since a moment (Unix milliseconds),
-- but for those of segments that will be drained again. A segment's name begins with the time of its sealing.
SELECT
    EventId, ServiceNamespace, ServiceName, TraceId, SpanId, ParentSpanId, SeenIn, Escaped, Ordinal, SightingKey, SdkEventId, Segment,
    toUnixTimestamp64Nano(OriginalTimestamp) AS TimestampNs, IsFirst
FROM (
    SELECT EventId, ServiceNamespace, ServiceName, TraceId, SpanId, ParentSpanId, SeenIn, Escaped, Ordinal, SightingKey, SdkEventId, Segment, OriginalTimestamp, true AS IsFirst
    FROM error_events
    WHERE Segment >= {since:String} AND NOT has({pending:Array(String)}, Segment) AND Timestamp >= fromUnixTimestamp64Milli({since_ms:Int64}) - INTERVAL 8 DAY
    UNION ALL
    SELECT EventId, ServiceNamespace, ServiceName, TraceId, SpanId, ParentSpanId, SeenIn, Escaped, Ordinal, SightingKey, SdkEventId, Segment, OriginalTimestamp, false AS IsFirst
    FROM error_sightings
    WHERE Segment >= {since:String} AND NOT has({pending:Array(String)}, Segment) AND Timestamp >= fromUnixTimestamp64Milli({since_ms:Int64}) - INTERVAL 8 DAY
)
ORDER BY Segment, TimestampNs, EventId
