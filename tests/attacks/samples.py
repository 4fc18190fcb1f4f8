"""Bodies and frames of every kind, made from the OpenAPI document."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from jupyter_chat.protocol import ID_PATTERN
from jupyter_chat.server import routes

Schema = dict[str, Any]
DOCUMENT: Schema = routes.document()
WITH_ACCOUNTS: Schema = routes.document(routes.Kind.ACCOUNTS)
Place = tuple[str | int, ...]
"""Where in a body something is."""


@dataclass(frozen=True)
class Call:
    """A method of a route, as the document has it."""

    method: str
    path: str
    said: dict[str, Any]

    @property
    def parameters(self) -> list[dict[str, Any]]:
        return list(self.said["parameters"])

    @property
    def body(self) -> Schema | None:
        """The schema of its JSON body."""
        content = self.said.get("requestBody", {}).get("content", {})
        return content.get("application/json", {}).get("schema")

    @property
    def writes(self) -> bool:
        return self.method not in ("get", "head")

    @property
    def is_socket(self) -> bool:
        return "101" in self.said["responses"]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def calls(document: Schema = DOCUMENT) -> list[Call]:
    return [
        Call(method, path, said)
        for path, item in document["paths"].items()
        for method, said in item.items()
    ]


def commands() -> list[Schema]:
    """The schema of every command of the socket."""
    (socket,) = [call for call in calls() if call.is_socket]
    return [resolved(each) for each in resolved(socket.said["x-frames"]["commands"])["anyOf"]]


def resolved(schema: Schema) -> Schema:
    while "$ref" in schema:
        schema = WITH_ACCOUNTS["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def choices(schema: Schema) -> list[Schema]:
    """The schemas that something may be of, without `null`."""
    schema = resolved(schema)
    if "anyOf" in schema:
        return [each for one in schema["anyOf"] for each in choices(one)]
    return [] if schema.get("type") == "null" else [schema]


def is_id(schema: Schema) -> bool:
    return any(each.get("pattern") == ID_PATTERN for each in choices(schema))


def sample(schema: Schema, value_of: Callable[[str], str], name: str = "") -> Any:
    """The smallest that is of this form, with all ids that it may have: `value_of` says
    which one a field of this name gets."""
    schema = choices(schema)[0]
    if schema.get("pattern") == ID_PATTERN:
        return value_of(name)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        fields = schema.get("properties", {})
        wanted = [
            field
            for field in fields
            if field in schema.get("required", ()) or _has_ids(fields[field])
        ]
        return {field: sample(fields[field], value_of, field) for field in wanted}
    if kind == "array":
        few = schema.get("minItems") or int(_has_ids(schema["items"]))
        return [sample(schema["items"], value_of, name) for _ in range(few)]
    if kind == "string":
        return "x" * max(schema.get("minLength", 1), 1)
    if kind in ("integer", "number"):
        return schema.get("minimum", 1)
    assert kind == "boolean", schema
    return False


def full(schema: Schema, value_of: Callable[[str], str], name: str = "") -> Any:
    """The same with all fields that it may have, and one entry of every kind."""
    schema = choices(schema)[0]
    if schema.get("type") == "object":
        return {
            field: full(each, value_of, field)
            for field, each in schema.get("properties", {}).items()
        }
    if schema.get("type") == "array":
        return [full(each, value_of, name) for each in choices(schema["items"])]
    return sample(schema, value_of, name)


def places(value: Any, at: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Everything in a body, and where it is."""
    yield at, value
    if isinstance(value, dict):
        inside = list(value.items())
    else:
        inside = list(enumerate(value)) if isinstance(value, list) else []
    for key, each in inside:
        yield from places(each, (*at, key))


def with_other(value: Any, at: Place, other: Any) -> Any:
    """A copy with something else in one place."""
    if not at:
        return other
    changed = copy.deepcopy(value)
    inner = changed
    for key in at[:-1]:
        inner = inner[key]
    inner[at[-1]] = other
    return changed


def _has_ids(schema: Schema) -> bool:
    for each in choices(schema):
        if is_id(each) or (each.get("type") == "array" and _has_ids(each["items"])):
            return True
    return False
