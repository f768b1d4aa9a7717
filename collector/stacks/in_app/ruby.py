"""Ruby: a source file's path tells gem, standard library, interpreter or program."""

from __future__ import annotations

import re

from collector.stacks.remember import remember

FILES_CACHED_MAX = 8192
"""Source files whose module is remembered, about 0.5 KB each: a program has some thousands, and they repeat."""

NATIVE = "<internal>"
"""The module of methods that the interpreter itself implements."""

# Where RubyGems, Bundler and Rails' vendoring keep gems; git gems have a commit for a version.
_GEM = re.compile(r"(?:^|/)gems/[^/]{1,200}-(?:[0-9][^/]{0,80}|[0-9a-f]{7,40})/(?:(?:lib|app|exe|bin)/)?")
# /usr/lib/ruby/3.1.0/, .../site_ruby/3.1.0/, .../vendor_ruby/, JRuby's .../lib/ruby/stdlib/ and TruffleRuby's /lib/mri/.
_STANDARD_LIBRARY = re.compile(
    r"/(?:lib|lib64|share)/ruby/(?:(?:vendor_ruby|site_ruby|stdlib|[0-9][^/]{0,40})/){1,3}|/lib/(?:mri|truffle)/"
)
_COMMAND = re.compile(r"(?:^/usr|^/usr/local|/bundle|/ruby/[0-9][^/]{0,40}|/versions/[^/]{1,80}|/shims|/gems)/s?bin/")
_SUFFIX = re.compile(r"\.(?:rb|ru|rake|rbw|gemspec)$")


@remember(FILES_CACHED_MAX)
def locate(file: str) -> tuple[str, bool]:
    """Tell the module of a Ruby source file, and whether it is in-app.

    In gems and the standard library the module is what `require` takes (`active_record/base`); elsewhere it is the file's
    base name, since nobody can tell where the program's root is. Code in an `eval` is not in-app, whoever called it: what
    called it is in the next frames, and Ruby versions name it differently.
    """
    path = file.replace("\\", "/") if "\\" in file else file
    if path.startswith(("<internal:", "(eval", "(erb)")):
        return NATIVE if path.startswith("<") else path[:5].rstrip(")") + ")", False
    if path.endswith(".java") or path.startswith("uri:classloader:"):
        return _SUFFIX.sub("", _below(path)) or path.removesuffix(".java"), False
    below = _below(path)
    name = below or path.rpartition("/")[2]
    name = name[:-3] if name.endswith(".rb") else _SUFFIX.sub("", name)
    if below:
        return name, False
    return name, _COMMAND.search(path) is None


def _below(path: str) -> str:
    """Cut a path to what `require` takes, if it is a gem's or the standard library's."""
    if "gems/" in path:
        ends = [gem.end() for gem in _GEM.finditer(path)]
        if ends:
            return path[ends[-1] :]
    if "/ruby/" in path or "/lib/mri/" in path or "/lib/truffle/" in path:
        standard = _STANDARD_LIBRARY.search(path)
        if standard is not None:
            return path[standard.end() :]
    return ""
