"""The OpenAPI document as a page to be read: what there is of it in words, without script."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

Schema = dict[str, Any]
_PREFIX = "#/components/schemas/"
_MOST_CHOICES = 30


class Words(Struct, frozen=True):
    """What a value is: a text, or the name of a type that is described on the page."""

    text: str = ""
    type: str = ""


class Field(Struct, frozen=True):
    name: str
    words: list[Words]
    required: bool
    where: str = ""


class Entry(Struct, frozen=True):
    """One method of a route."""

    id: str
    method: str
    path: str
    summary: str
    parameters: list[Field]
    body: list[Words]
    answer: list[Words]


class Group(Struct, frozen=True):
    """The routes that have the first part of their path in common."""

    name: str
    entries: list[Entry]


class Type(Struct, frozen=True):
    name: str
    text: str
    fields: list[Field]
    words: list[Words]


def groups(document: Schema) -> list[Group]:
    found: dict[str, list[Entry]] = {}
    for path, item in document["paths"].items():
        for method, said in item.items():
            found.setdefault(_group_of(path), []).append(_entry(path, method, said))
    return [Group(name, entries) for name, entries in found.items()]


def types(document: Schema) -> list[Type]:
    schemas: dict[str, Schema] = document["components"]["schemas"]
    return [
        Type(
            name,
            schema.get("description", ""),
            _fields(schema),
            [] if "properties" in schema else in_words(schema),
        )
        for name, schema in schemas.items()
    ]


def in_words(schema: Schema) -> list[Words]:
    """What a schema allows."""
    if "$ref" in schema:
        return [Words(type=str(schema["$ref"]).removeprefix(_PREFIX))]
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        found: list[Words] = []
        for each in choices[:_MOST_CHOICES]:
            found += [Words(" or ")] if found else []
            found += in_words(each)
        return found
    if "const" in schema:
        return [Words(repr(schema["const"]))]
    if "enum" in schema:
        return [Words(", ".join(str(each) for each in schema["enum"]))]
    kind = schema.get("type")
    if kind == "array":
        return [Words("list of "), *in_words(schema.get("items", {}))]
    if kind == "object":
        more = schema.get("additionalProperties")
        return (
            [Words("object of "), *in_words(more)] if isinstance(more, dict) else [Words("object")]
        )
    return [Words(_plain(kind, schema))]


def _plain(kind: Any, schema: Schema) -> str:
    limits = [
        text
        for name, text in (
            ("minimum", "at least {}"),
            ("maximum", "at most {}"),
            ("minLength", "{} characters or more"),
            ("maxLength", "{} characters at most"),
        )
        if name in schema
        for text in [text.format(schema[name])]
    ]
    named = str(kind) if kind else "anything"
    return f"{named} ({', '.join(limits)})" if limits else named


def _entry(path: str, method: str, said: Schema) -> Entry:
    success = said["responses"].get("200", {}).get("content", {})
    answer: list[Words] = []
    for media_type, content in success.items():
        answer += [Words(", ")] if answer else []
        answer += in_words(content["schema"]) if "schema" in content else [Words(media_type)]
    body: list[Words] = []
    for media_type, content in said.get("requestBody", {}).get("content", {}).items():
        is_file = content["schema"].get("format") == "binary"
        body = [Words(media_type)] if is_file else in_words(content["schema"])
    return Entry(
        id=f"{method}-{path[1:].replace('/', '-')}".replace("{", "").replace("}", ""),
        method=method.upper(),
        path=path,
        summary=said["summary"],
        parameters=[
            Field(each["name"], in_words(each["schema"]), each["required"], each["in"])
            for each in said["parameters"]
        ],
        body=body,
        answer=answer or [Words("a WebSocket")],
    )


def _fields(schema: Schema) -> list[Field]:
    required = schema.get("required", ())
    return [
        Field(name, in_words(each), name in required)
        for name, each in schema.get("properties", {}).items()
    ]


def _group_of(path: str) -> str:
    parts = path.strip("/").split("/")
    return parts[2] if len(parts) > 2 and parts[1] == "api" else "pages"
