"""Finds the .proto files, and makes messages of our own ones without a compiler.

They lie beside the packages in a checkout and inside `collector` in an installed wheel.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_COMMENT = re.compile(r"//[^\n]*")
_MESSAGE = re.compile(r"message (\w+) \{(.*?)\n\}", re.DOTALL)
_FIELD = re.compile(r"(repeated )?(map<string, string>|\w+) (\w+) = (\d+);")
_PACKAGE = Path(__file__).resolve().parent.parent
_Field = descriptor_pb2.FieldDescriptorProto
_SCALARS = frozenset(name.removeprefix("TYPE_").lower() for name in _Field.Type.keys())  # noqa: SIM118  no mapping


@cache
def proto_path(name: str) -> Path:
    """Where a .proto file lies.

    Raises:
        FileNotFoundError: the installation lacks the file.
    """
    for folder in (_PACKAGE / "proto", _PACKAGE.parent / "proto"):
        if (folder / name).is_file():
            return folder / name
    raise FileNotFoundError(f"{name} is not part of this installation of otel-errors; install it again")


@cache
def proto_text(name: str) -> str:
    """The text of a .proto file without comments, as ClickHouse's `format_schema` setting takes it."""
    lines = _COMMENT.sub("", proto_path(name).read_text()).splitlines()
    return "\n".join(line.strip() for line in lines if line.strip())


@cache
def message_class(proto: str, message: str) -> Any:
    """The Python class of a message in a flat .proto file: scalars, messages of the same file, string maps.

    Raises:
        KeyError: the file has no such message.
    """
    file = descriptor_pb2.FileDescriptorProto(name=proto, package="otel_errors", syntax="proto3")
    for name, body in _MESSAGE.findall(_COMMENT.sub("", proto_path(proto).read_text())):
        described = file.message_type.add(name=name)
        for repeated, kind, field_name, number in _FIELD.findall(body):
            field = described.field.add(name=field_name, number=int(number), label=_Field.LABEL_OPTIONAL)
            if repeated or kind.startswith("map"):
                field.label = _Field.LABEL_REPEATED
            if kind.startswith("map"):
                field.type, field.type_name = _Field.TYPE_MESSAGE, f".otel_errors.{name}.{field_name}Entry"
                _add_map_entry(described, f"{field_name}Entry")
            elif kind in _SCALARS:
                field.type = _Field.Type.Value(f"TYPE_{kind.upper()}")
            else:
                field.type, field.type_name = _Field.TYPE_MESSAGE, f".otel_errors.{kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"otel_errors.{message}"))


def _add_map_entry(message: descriptor_pb2.DescriptorProto, name: str) -> None:
    entry = message.nested_type.add(name=name, options=descriptor_pb2.MessageOptions(map_entry=True))
    for number, field_name in enumerate(("key", "value"), start=1):
        entry.field.add(name=field_name, number=number, type=_Field.TYPE_STRING, label=_Field.LABEL_OPTIONAL)
