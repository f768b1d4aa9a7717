"""Fingerprint version 1, frozen: a change here that moves one golden hash is version 2.

`frames.py` says which frames count, `message.py` makes a message a template, `key.py` puts both
into the key.
"""
