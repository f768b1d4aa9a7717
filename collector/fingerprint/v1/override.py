"""A fingerprint whose parts somebody gave: the application, or a rule of the server.

Its components are `part ...` for each part, and for the part `{{default}}` what the computed one is made of. So
`["{{default}}"]` alone is the computed fingerprint, and `["{{default}}", "eu"]` splits every group by one word more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from collector.fingerprint.v1.key import value_of
from collector.model import Fingerprint

if TYPE_CHECKING:
    from collections.abc import Sequence


def override(computed: Fingerprint, parts: Sequence[str | None], origin: Literal["override", "rule"]) -> Fingerprint:
    """Make the fingerprint of these parts; None stands for the computed one's components."""
    components: list[str] = []
    for part in parts:
        if part is None:
            components += computed.components
        else:
            components.append("part " + part)
    return Fingerprint(
        value=value_of(components),
        type_fingerprint=computed.type_fingerprint,
        message_fingerprint=computed.message_fingerprint,
        components=tuple(components),
        frames=computed.frames,
        message_template=computed.message_template,
        message_counted=computed.message_counted and None in parts,
        origin=origin,
    )
