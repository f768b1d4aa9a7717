"""Sealed segments in, rows in ClickHouse out; a segment is deleted when both lanes are through with it.

Promised: every acknowledged item ends in the tables or in the dead letters, never in neither and never in both; errors
are counted exactly once. Anything here may be repeated, and may be killed at any moment.
"""
