"""Stack text -> frames, one language family a file (pure).

In: the text of `exception.stacktrace` as an SDK sent it: cut off, with CRLF, with log lines
before it. Out: a `collector.model.Stack`. Promised: no input is an error, time grows linearly
with the text, and at most `STACK_CHARS_MAX` characters are read.

A parser works in two steps, so that a storm of one error is cheap. `outline` cuts the text into
what repeats (the *bodies*: frames, chain markers, borders of groups) and what differs (the
*heads*: the lines "Type: message"). `read_bodies` turns the bodies into frames, and its result
can be kept: whoever meets the same bodies again reads only the heads.

A new language is one file with these functions, one row in `parsers.py`, its in-app rules in
`in_app/`, its rules in `collector.fingerprint.v1.languages`, and golden cases.
"""
