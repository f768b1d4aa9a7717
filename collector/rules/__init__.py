"""The owner's word about errors: an ordered list of rules, read from YAML (pure).

In: the text of a rules file, and then what is known of one error at a time. Out: which rules hold for it. A rule has
conditions (`match`) and actions: another fingerprint, other in-app frames, another severity, or no event at all.

Promised: any text gives rules or `RulesInvalid`, one line a mistake with its line in the file; matching never raises;
its time is linear in the texts, whatever the patterns are (RE2), and a pattern that needs too many steps a character is
refused when the rules are read; everything remembered is bounded.

    rule.py      the vocabulary: Rule, Condition, Pattern, FrameCondition
    patterns.py  a glob or a /regular expression/ -> what RE2 searches for
    parts.py     the parts of a fingerprint: literals and {{placeholders}}, from rules and from applications
    load.py      YAML -> rules, with every mistake
    origin.py    a resource -> environment, release
    banks.py     many patterns over one text, as a set of rules
    matcher.py   all rules over one error

`collector.grouping` applies them.
"""
