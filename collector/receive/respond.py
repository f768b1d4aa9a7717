"""Refusal -> what the sender reads: gRPC status and trailers, HTTP status, headers and body. Pure.

By the OTLP specification (https://opentelemetry.io/docs/specs/otlp/): UNAVAILABLE and 503 are sent
again after the delay that we give; INVALID_ARGUMENT and 400, RESOURCE_EXHAUSTED without a delay and
413 never. HTTP errors carry a `google.rpc.Status` in the request's encoding.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc.code_pb2 import (
    DEADLINE_EXCEEDED,
    INVALID_ARGUMENT,
    NOT_FOUND,
    RESOURCE_EXHAUSTED,
    UNAVAILABLE,
    UNIMPLEMENTED,
)
from google.rpc.error_details_pb2 import BadRequest, RetryInfo
from google.rpc.status_pb2 import Status

from collector.failures import (
    RequestMalformed,
    RequestRefused,
    RequestTooLarge,
    RequestUnavailable,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from google.protobuf.message import Message

PROTOBUF_TYPE: Final = "application/x-protobuf"

# The specification's place for the details of a status ...
_STATUS_KEY: Final = "grpc-status-details-bin"
# ... and the only one in which the Python exporter looks for the delay.
_RETRY_KEY: Final = "google.rpc.retryinfo-bin"

# By kind of refusal: gRPC status code, HTTP status.
_CODES: Final[tuple[tuple[type[RequestRefused], int, int], ...]] = (
    (RequestMalformed, INVALID_ARGUMENT, 400),
    (RequestTooLarge, RESOURCE_EXHAUSTED, 413),
    (RequestUnavailable, UNAVAILABLE, 503),
)
# What HTTP alone refuses, as gRPC codes for the body's Status.
_CODE_BY_HTTP_STATUS: Final[Mapping[int, int]] = {
    404: NOT_FOUND,
    405: UNIMPLEMENTED,
    408: DEADLINE_EXCEEDED,
    415: INVALID_ARGUMENT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GrpcAnswer:
    """A status that is not OK. `code` is its number in `google.rpc.Code`."""

    code: int
    details: str
    trailers: tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """An HTTP response of an error."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str
    body: bytes


def grpc_answer(refusal: RequestRefused) -> GrpcAnswer:
    """Answer a gRPC request that is not taken."""
    code, _, details = _codes_and_details(refusal)
    trailers = [(_RETRY_KEY, part.SerializeToString()) for part in details if isinstance(part, RetryInfo)]
    trailers.append((_STATUS_KEY, _status(code, str(refusal), details)))
    return GrpcAnswer(code=code, details=str(refusal), trailers=tuple(trailers))


def http_answer(refusal: RequestRefused) -> HttpAnswer:
    """Answer an HTTP request in protobuf that is not taken."""
    code, http_status, details = _codes_and_details(refusal)
    headers = {}
    if isinstance(refusal, RequestUnavailable):
        # HTTP knows whole seconds only, and 0 would mean at once.
        headers["retry-after"] = str(max(1, math.ceil(refusal.retry_after_seconds)))
    return HttpAnswer(
        status=http_status,
        headers=headers,
        content_type=PROTOBUF_TYPE,
        body=_status(code, str(refusal), details),
    )


def http_error(http_status: int, text: str, *, content_type: str, headers: Mapping[str, str]) -> HttpAnswer:
    """Answer what HTTP alone refuses (path, method, media type), in protobuf or as plain text."""
    if content_type == PROTOBUF_TYPE:
        body = _status(_CODE_BY_HTTP_STATUS.get(http_status, INVALID_ARGUMENT), text, [])
    else:
        content_type = "text/plain; charset=utf-8"
        body = f"{text}\n".encode()
    return HttpAnswer(status=http_status, headers=headers, content_type=content_type, body=body)


def _codes_and_details(refusal: RequestRefused) -> tuple[int, int, list[Message]]:
    """Return the gRPC code, the HTTP status and the details that belong to a refusal."""
    code, http_status = next(codes for kind, *codes in _CODES if isinstance(refusal, kind))
    details: list[Message] = []
    if isinstance(refusal, RequestUnavailable):
        retry = RetryInfo()
        retry.retry_delay.FromNanoseconds(int(refusal.retry_after_seconds * 1e9))
        details.append(retry)
    elif isinstance(refusal, RequestMalformed):
        details.append(BadRequest(field_violations=[BadRequest.FieldViolation(description=str(refusal))]))
    return code, http_status, details


def _status(code: int, text: str, details: list[Message]) -> bytes:
    status = Status(code=code, message=text)
    for part in details:
        packed = AnyMessage()
        packed.Pack(part)
        status.details.append(packed)
    return bytes(status.SerializeToString())
