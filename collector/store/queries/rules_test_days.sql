-- The days that `rules test` reads, the latest first: when each begins (or the time asked for, if that is later), its
-- last event, both in Unix nanoseconds, and how many rows there are.
SELECT
    toUnixTimestamp64Nano(greatest(toDateTime64(toStartOfDay(Timestamp), 9), now64(9) - toIntervalDay({days:UInt32}))) AS Since,
    toUnixTimestamp64Nano(max(Timestamp)) AS Latest,
    count() AS Rows
FROM error_events
WHERE Timestamp >= now64(9) - toIntervalDay({days:UInt32})
GROUP BY toStartOfDay(Timestamp)
ORDER BY Latest DESC
