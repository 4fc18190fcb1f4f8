"""Answers of a form that was asked for: *Structured Outputs*."""

from __future__ import annotations

from typing import Any

from .errors import ApiError


def schema_of(body: dict[str, Any]) -> dict[str, Any] | None:
    """The JSON Schema that an answer must follow, from a request to either API.

    Raises:
        ApiError: it is `strict` and does not allow for that.
    """
    named = (body.get("response_format") or {}).get("json_schema")
    named = named or (body.get("text") or {}).get("format")
    if not isinstance(named, dict) or not isinstance(named.get("schema"), dict):
        return None
    schema: dict[str, Any] = named["schema"]
    if named.get("strict"):
        _check_strict(schema, named.get("name"))
    return schema


def example(schema: dict[str, Any]) -> Any:
    """The first value that comes to mind."""
    if "enum" in schema:
        return schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    kind = schema.get("type", "object")
    if kind == "object":
        return {name: example(each) for name, each in schema.get("properties", {}).items()}
    if kind == "array":
        return [example(schema.get("items", {}))] * max(schema.get("minItems", 1), 1)
    if kind in ("integer", "number"):
        return schema.get("minimum", 0)
    return {"boolean": True, "null": None}.get(kind, "some text")


def _check_strict(schema: Any, name: Any) -> None:
    if isinstance(schema, list):
        for each in schema:
            _check_strict(each, name)
    if not isinstance(schema, dict):
        return
    if schema.get("type") == "object":
        missing = set(schema.get("properties", {})) - set(schema.get("required", []))
        if schema.get("additionalProperties") is not False or missing:
            raise ApiError(
                400,
                f"Invalid schema for response_format '{name}': 'additionalProperties' is required "
                "to be supplied and to be false, and 'required' to name every property.",
                param="text.format.schema",
                code="invalid_json_schema",
            )
    for each in schema.values():
        _check_strict(each, name)
