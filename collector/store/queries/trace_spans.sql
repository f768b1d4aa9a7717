-- The latest trace of a group, as its tree is read.
SELECT TraceId, SpanId, ParentSpanId, Depth, ServiceName, SpanName, SpanKind, Timestamp, Duration, StatusCode, StatusMessage, ExceptionType, IsError
FROM error_trace_spans(group = {group:String})
