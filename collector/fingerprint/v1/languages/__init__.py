"""What differs between languages in fingerprint version 1: one file a parser of `collector.stacks`, and a table."""
