"""Perl: a source file's path tells CPAN, core library or program."""

from __future__ import annotations

import re

from collector.stacks.remember import remember

FILES_CACHED_MAX = 8192
"""Source files that are remembered, about 0.3 KB each: a program has some hundreds, and they repeat."""

PACKAGES = (
    "AnyEvent",
    "Carp",
    "Catalyst",
    "CGI",
    "Class::MOP",
    "Config::",
    "DBD::",
    "DBI",
    "DBIx::",
    "Dancer",
    "Data::",
    "DateTime",
    "Devel::",
    "Email::",
    "Encode",
    "Exception::Class",
    "File::",
    "HTML::",
    "HTTP::",
    "IO::",
    "JSON",
    "LWP",
    "MIME::",
    "Mojo",
    "Moo",
    "MooX",
    "Moose",
    "MooseX",
    "Net::",
    "OpenTelemetry",
    "Params::",
    "Plack",
    "Scalar::",
    "Starman",
    "Storable",
    "Sub::",
    "Template",
    "Test::",
    "Text::",
    "Throwable",
    "Time::",
    "Try::Tiny",
    "Type::Tiny",
    "URI",
    "XML::",
    "YAML",
)
"""Beginnings of packages of CPAN, for a frame whose file was cut off."""

# /usr/share/perl5/, /usr/lib/x86_64-linux-gnu/perl/5.36.0/, /usr/local/lib/perl5/site_perl/5.36.0/, perlbrew's
# /perls/perl-5.36.0/lib/, Carton's /local/lib/perl5/, Strawberry's C:/Strawberry/perl/vendor/lib/.
_LIBRARY = re.compile(
    r"/(?:lib|share|lib64)/(?:[\w.-]{1,60}/)?(?:perl5|perl-base|perl)(?:/|$)|/(?:site_perl|vendor_perl|core_perl)/"
    r"|/perls?[-/](?:perl-)?5\.[0-9]{1,2}[^/]{0,20}/lib/|/[Pp]erl/(?:site|vendor|lib)/|/fatlib/|^/loader/"
)
_SUFFIX = re.compile(r"\.(?:pl|pm|t|cgi|psgi|fcgi|al|PL)$")


@remember(FILES_CACHED_MAX)
def locate(file: str) -> tuple[str, bool]:
    """Tell the name of a Perl source file without folders, and whether it is in-app. Code in a string is, wherever it is."""
    path = file.replace("\\", "/") if "\\" in file else file
    if path.startswith("(eval "):
        return "(eval)", True
    return _SUFFIX.sub("", path.rpartition("/")[2]), _LIBRARY.search(path) is None
