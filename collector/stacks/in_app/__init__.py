"""Ours or a library's? One file a language family: source file or module -> (module, in-app).

In-app means: written by the people who run the program, as far as the frame's text can tell. The module is the part of
the place that does not change between deployments, in the language's own spelling.
"""
