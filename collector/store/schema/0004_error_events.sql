-- One row an occurrence of an error. The first sighting of an occurrence makes its row.
--
-- `Weight` is how many occurrences the row stands for (an SDK in a storm sends one event for many), so counts are
-- sum(Weight). A negative weight takes back an occurrence that turned out to be part of another one: rare, and under the
-- same EventId. `Timestamp` lies in [received - 7 days, received + 10 minutes]; `OriginalTimestamp` is as sent.
-- `Segment` is the journal segment that brought it: its first 13 digits are the time of receipt in Unix milliseconds.
-- The columns from `SeenIn` to `SdkEventId` identify the sighting: with them the memory of recent occurrences is
-- restored at start.
CREATE TABLE IF NOT EXISTS {{ local('error_events') }}{{ on_cluster() }} (
    Timestamp DateTime64(9) CODEC(Delta, ZSTD(1)),
    ObservedTimestamp DateTime64(9) CODEC(Delta, ZSTD(1)),
    EventId String CODEC(ZSTD(1)),
    GroupId String CODEC(ZSTD(1)),
    Fingerprint String CODEC(ZSTD(1)),
    TypeFingerprint String CODEC(ZSTD(1)),
    MessageFingerprint String CODEC(ZSTD(1)),
    Weight Int64 CODEC(ZSTD(1)),
    Segment LowCardinality(String) CODEC(ZSTD(1)),
    ServiceNamespace LowCardinality(String) CODEC(ZSTD(1)),
    ServiceName LowCardinality(String) CODEC(ZSTD(1)),
    ServiceInstanceId String CODEC(ZSTD(1)),
    Environment LowCardinality(String) CODEC(ZSTD(1)),
    Release LowCardinality(String) CODEC(ZSTD(1)),
    HostName LowCardinality(String) CODEC(ZSTD(1)),
    UserId String CODEC(ZSTD(1)),
    SessionId String CODEC(ZSTD(1)),
    TraceId String CODEC(ZSTD(1)),
    SpanId String CODEC(ZSTD(1)),
    ParentSpanId String CODEC(ZSTD(1)),
    SpanName LowCardinality(String) CODEC(ZSTD(1)),
    SpanKind LowCardinality(String) CODEC(ZSTD(1)),
    ExceptionType LowCardinality(String) CODEC(ZSTD(1)),
    ExceptionMessage String CODEC(ZSTD(3)),
    ExceptionStacktrace String CODEC(ZSTD(3)),
    MessageTemplate String CODEC(ZSTD(1)),
    Culprit LowCardinality(String) CODEC(ZSTD(1)),
    Language LowCardinality(String) CODEC(ZSTD(1)),
    Parser LowCardinality(String) CODEC(ZSTD(1)),
    Severity LowCardinality(String) CODEC(ZSTD(1)),
    SeverityNumber UInt8 CODEC(ZSTD(1)),
    Handled LowCardinality(String) CODEC(ZSTD(1)),
    SeenIn LowCardinality(String) CODEC(ZSTD(1)),
    Escaped Bool CODEC(ZSTD(1)),
    Ordinal UInt32 CODEC(ZSTD(1)),
    SightingKey String CODEC(ZSTD(1)),
    SdkEventId String CODEC(ZSTD(1)),
    OriginalTimestamp DateTime64(9) CODEC(Delta, ZSTD(1)),
    Frames Nested(Exception UInt16, Module LowCardinality(String), Function LowCardinality(String), File LowCardinality(String), Line UInt32, Column UInt32, InApp Bool, Counted Bool, Reason LowCardinality(String)) CODEC(ZSTD(1)),
    Chain Nested(Type LowCardinality(String), Message String, Relation LowCardinality(String)) CODEC(ZSTD(1)),
    ResourceAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    Attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX idx_event_id EventId TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = {{ merge_tree() }}
PARTITION BY toDate(Timestamp)
ORDER BY (GroupId, Timestamp)
{{ ttl('Timestamp', retention.errors) }}
{{ settings() }};

{{ distributed('error_events', 'cityHash64(GroupId)') }}

-- Later sightings of occurrences that have their row already: the same exception on an outer span, or as a log record.
CREATE TABLE IF NOT EXISTS {{ local('error_sightings') }}{{ on_cluster() }} (
    Timestamp DateTime64(9) CODEC(Delta, ZSTD(1)),
    EventId String CODEC(ZSTD(1)),
    GroupId String CODEC(ZSTD(1)),
    Segment LowCardinality(String) CODEC(ZSTD(1)),
    ServiceNamespace LowCardinality(String) CODEC(ZSTD(1)),
    ServiceName LowCardinality(String) CODEC(ZSTD(1)),
    TraceId String CODEC(ZSTD(1)),
    SpanId String CODEC(ZSTD(1)),
    ParentSpanId String CODEC(ZSTD(1)),
    SpanName LowCardinality(String) CODEC(ZSTD(1)),
    ExceptionType LowCardinality(String) CODEC(ZSTD(1)),
    ExceptionMessage String CODEC(ZSTD(3)),
    ExceptionStacktrace String CODEC(ZSTD(3)),
    SeenIn LowCardinality(String) CODEC(ZSTD(1)),
    Escaped Bool CODEC(ZSTD(1)),
    Ordinal UInt32 CODEC(ZSTD(1)),
    SightingKey String CODEC(ZSTD(1)),
    SdkEventId String CODEC(ZSTD(1)),
    OriginalTimestamp DateTime64(9) CODEC(Delta, ZSTD(1)),
    Attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = {{ merge_tree() }}
PARTITION BY toDate(Timestamp)
ORDER BY (EventId, Timestamp)
{{ ttl('Timestamp', retention.errors) }}
{{ settings() }};

{{ distributed('error_sightings', 'cityHash64(EventId)') }}
