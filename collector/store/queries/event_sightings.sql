-- Where else an event was seen: on outer spans, or as a log record.
SELECT Timestamp, ServiceName, SeenIn, SpanId, SpanName, Escaped, ExceptionStacktrace
FROM error_sightings
WHERE EventId = {event:String}
ORDER BY Timestamp, Ordinal
LIMIT {limit:UInt32}
