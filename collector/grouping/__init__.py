"""The one composition: an error's text -> scrubbed texts, parsed stack, fingerprint, group (pure).

    cut      bound the text, make its line ends one kind
    outline  pieces that repeat (frames), pieces that differ (messages)   collector.stacks
    scrub    secrets out of every piece                                   collector.scrub
    read     frames and the order of the exceptions                       collector.stacks
    rules    which hold; in-app frames by them                            collector.rules
    select   which types and frames count                                 collector.fingerprint
    finish   the message's template, the fingerprint                      collector.fingerprint
    override the application's fingerprint, else a rule's                 collector.rules

In: an `ExceptionSighting`, and the owner's rules. Out: a `Grouping`. Promised: never raises, whatever the texts are; time
is linear in them. The drain, `otel-errors explain` and `rules test`, and everything later that computes an id call this
package; a second composition would drift from the first. `group` is the plain form, the oracle; `Grouper` gives the same
results, remembers what repeats, and is for one thread.
"""

from collector.grouping.compose import MESSAGE_CHARS_MAX, group, group_id
from collector.grouping.grouper import Grouper, RulesInUse
from collector.grouping.tell import as_json, explain

__all__ = ["MESSAGE_CHARS_MAX", "Grouper", "RulesInUse", "as_json", "explain", "group", "group_id"]
