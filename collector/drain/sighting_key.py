"""What sightings of one exception have in common, as one text.

It is stored with every sighting (`SightingKey`), so that a restart need not parse any stack again.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collector.drain.propagation import Mark
    from collector.model import ExceptionSighting, Grouping

# What tells processes of one service apart, where there is no span id to do so.
_PROCESS_ATTRIBUTES: Final = (
    "service.instance.id",
    "host.name",
    "host.id",
    "k8s.pod.uid",
    "container.id",
    "process.pid",
)


def sighting_key(sighting: ExceptionSighting, grouping: Grouping) -> str:
    """Return what identifies an exception wherever it is seen, and then how it was seen.

    `<32 hex>.<mark>`, or without a span `<32 hex>.<mark>.<16 hex>`, where the last part is the
    process. Only the part before the first dot is shared by all sightings of one occurrence.
    """
    resource = sighting.resource
    stack = grouping.stack
    namespace, service = resource.get("service.namespace", ""), resource.get("service.name", "")
    kind, message, site = grouping.exception_type, grouping.message, stack.raise_site
    # Texts, each with its length before it.
    text = (
        f"{len(namespace)}:{namespace}{len(service)}:{service}{len(kind)}:{kind}{len(message)}:{message}"
        f"{len(site)}:{site}"
    )
    shared = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    mark: Mark = "recorded"
    if sighting.seen_in == "log_record":
        mark = "logged"
    elif stack.escaped_span:
        mark = "left"
    elif sighting.escaped:
        mark = "escaped"
    if sighting.span_id:
        return f"{shared}.{mark}"
    parts = [resource.get(name, "") for name in _PROCESS_ATTRIBUTES]
    text = "".join([f"{len(part)}:{part}" for part in parts])
    process = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return f"{shared}.{mark}.{process}"
