-- A page of the events of some time, the latest first, with all that grouping reads. The last row's key is the next page's `before`.
SELECT
    toUnixTimestamp64Nano(Timestamp) AS TimestampNs, EventId, Segment, Weight, GroupId, SeenIn, SpanName, SpanStatus, SeverityNumber, Escaped,
    ExceptionType, ExceptionMessage, ExceptionStacktrace, ResourceAttributes, Attributes
FROM error_events
WHERE Timestamp >= fromUnixTimestamp64Nano({since:Int64}) AND Timestamp <= fromUnixTimestamp64Nano({before:Int64})
    AND (Timestamp, EventId, Segment, Weight)
        < (fromUnixTimestamp64Nano({before:Int64}), {before_event:String}, {before_segment:String}, {before_weight:Int64})
ORDER BY Timestamp DESC, EventId DESC, Segment DESC, Weight DESC
LIMIT {limit:UInt32}
