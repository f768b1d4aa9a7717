-- The newest event of a group, with its stack and frames (innermost first).
SELECT
    EventId, Timestamp, TraceId, SpanId, SpanName, Environment, Release, HostName, UserId, ExceptionType, ExceptionMessage, ExceptionStacktrace, Parser, Attributes,
    `Frames.Module` AS FrameModules, `Frames.Function` AS FrameFunctions, `Frames.File` AS FrameFiles, `Frames.Line` AS FrameLines,
    `Frames.InApp` AS FramesInApp, `Frames.Counted` AS FramesCounted, `Frames.Exception` AS FrameExceptions
FROM error_events
WHERE GroupId = {group:String} AND Weight > 0
ORDER BY Timestamp DESC
LIMIT 1
