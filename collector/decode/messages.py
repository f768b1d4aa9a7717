"""The OTLP messages of one item, with every text field declared as bytes.

protobuf's C parser refuses a message in which a `string` is not valid UTF-8; ClickHouse stores it.
An exception whose message holds one broken byte must not be lost, so the items are parsed with
messages in which text is `bytes` (the two are the same on the wire) and decoded with
`errors="replace"`.

The messages are derived from the descriptors of the `opentelemetry-proto` package, so they know
every field that it knows. They live in a descriptor pool of their own, under a package name of
their own.
"""

from __future__ import annotations

from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from opentelemetry.proto.common.v1 import common_pb2
from opentelemetry.proto.logs.v1 import logs_pb2
from opentelemetry.proto.metrics.v1 import metrics_pb2
from opentelemetry.proto.resource.v1 import resource_pb2
from opentelemetry.proto.trace.v1 import trace_pb2

_PACKAGE: Final = "opentelemetry.proto."
_BYTES_PACKAGE: Final = "otel_errors.bytes_proto."
# In the order of their dependencies.
_FILES: Final = (common_pb2, resource_pb2, trace_pb2, logs_pb2, metrics_pb2)


def _build_pool() -> descriptor_pool.DescriptorPool:
    pool = descriptor_pool.DescriptorPool()
    for module in _FILES:
        file = descriptor_pb2.FileDescriptorProto()
        module.DESCRIPTOR.CopyToProto(file)
        file.name = _BYTES_PACKAGE + file.name
        file.package = file.package.replace(_PACKAGE, _BYTES_PACKAGE)
        file.dependency[:] = [_BYTES_PACKAGE + name for name in file.dependency]
        for message in file.message_type:
            _turn_text_into_bytes(message)
        pool.AddSerializedFile(file.SerializeToString())
    return pool


def _turn_text_into_bytes(message: descriptor_pb2.DescriptorProto) -> None:
    for field in message.field:
        if field.type == field.TYPE_STRING:
            field.type = field.TYPE_BYTES
        if field.type_name:
            field.type_name = field.type_name.replace(f".{_PACKAGE}", f".{_BYTES_PACKAGE}")
    for nested in message.nested_type:
        _turn_text_into_bytes(nested)


def _message_class(pool: descriptor_pool.DescriptorPool, name: str) -> Any:
    # Any: the class is made at run time, so its fields are unknown to the type checker.
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(_BYTES_PACKAGE + name))


_POOL: Final = _build_pool()

AnyValue: Final = _message_class(_POOL, "common.v1.AnyValue")
InstrumentationScope: Final = _message_class(_POOL, "common.v1.InstrumentationScope")
Resource: Final = _message_class(_POOL, "resource.v1.Resource")
Span: Final = _message_class(_POOL, "trace.v1.Span")
LogRecord: Final = _message_class(_POOL, "logs.v1.LogRecord")
Metric: Final = _message_class(_POOL, "metrics.v1.Metric")
