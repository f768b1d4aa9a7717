-- Stops the statement of one request; its mark is in the comment that the request's connection carries.
KILL QUERY WHERE Settings['log_comment'] = {mark:String} ASYNC
