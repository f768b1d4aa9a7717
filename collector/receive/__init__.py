"""Network -> acknowledged bytes: OTLP over gRPC and HTTP.

In: OTLP Export requests of traces, logs and metrics, from any exporter. Out: `keep(signal,
request)`, once for each request with at least one item, with the bytes as sent (decompressed). What
`keep` does is not known here.

Promised:
- Success is answered only after `keep` has returned. A request without items is a success, not
  kept.
- A request that is not kept is answered with a refusal that tells the sender what to do: never
  again (malformed, too large), or later and how much later (overload, no room, a failure of ours).
- A request is refused whole or kept whole; only its framing is checked (`decode/framing.py`).
- Every wait, queue and buffer has a limit; beyond it senders are asked to come back.

May be repeated: a sender that missed its answer sends again. Telling such requests is not done
here.
"""

from collector.receive.otlp_grpc import OtlpGrpcServer
from collector.receive.otlp_http import OtlpHttpServer

__all__ = ["OtlpGrpcServer", "OtlpHttpServer"]
