"""What an error event carries beside the exception's text.

describer.py     the one place that is asked, by `_capture`: redacted text, redacted attributes, and the following
details.py       the chain and its frames as data, source lines and local variables (opt-in)
surroundings.py  thread, task and process; release and environment where the resource has none
people.py        user and session, from `set_user()` or the baggage
by_trace.py      what is remembered for a trace
breadcrumbs.py   the trace's last log records and finished spans (opt-in)
flags.py         the feature flags that were evaluated in the trace
values.py        a local variable as text, without running code of the application's
"""
