-- The frames of an event as they were stored, with the rules that held then.
SELECT Frame.1 AS Module, Frame.2 AS Function, Frame.3 AS File, Frame.4 AS InApp, Frame.5 AS Counted, Frame.6 AS Reason
FROM error_events
ARRAY JOIN arrayZip(`Frames.Module`, `Frames.Function`, `Frames.File`, `Frames.InApp`, `Frames.Counted`, `Frames.Reason`) AS Frame
WHERE GroupId = {group:String} AND EventId = {event:String} AND Weight > 0
LIMIT {limit:UInt32}
