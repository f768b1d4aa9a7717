-- The times that `rules test` reads, the latest first, none longer than `step` seconds or over the end of a day, which is what
-- the table has together: the first and the last event of each, in Unix nanoseconds, and how many rows there are.
SELECT
    toUnixTimestamp64Nano(min(Timestamp)) AS Since,
    toUnixTimestamp64Nano(max(Timestamp)) AS Latest,
    toStartOfDay(Timestamp) AS Day,
    count() AS Rows
FROM error_events
WHERE Timestamp >= now64(9) - toIntervalDay({days:UInt32})
GROUP BY Day, intDiv(toUnixTimestamp(Timestamp), {step:UInt32})
ORDER BY Latest DESC
