"""The whole interface as an OpenAPI document, made from the handlers and `protocol/`."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, get_args

import msgspec
from tornado.web import RequestHandler

from .. import __version__
from ..protocol import Command, Event, Failure, More
from .operations import Operation, Raw

_METHODS = ("get", "head", "put", "post", "patch", "delete")
_REFERENCE = "#/components/schemas/{name}"
_GROUP = re.compile(r"\(([^()]*)\)")
_JSON = "application/json"
_PAGE = "text/html"


class Undescribed(TypeError):
    """A method of a handler of which nobody has said what it does."""


Route = tuple[str, type[RequestHandler]]


def operations(handler: type[RequestHandler]) -> Iterator[tuple[str, Any, Operation]]:
    """The HTTP methods that a handler has, the functions, and what they do."""
    for name in _METHODS:
        function = getattr(handler, name)
        if not function.__module__.startswith(__package__.partition(".")[0]):
            continue  # tornado's own, which refuses
        said = getattr(function, "operation", None)
        if said is None:
            raise Undescribed(f"{handler.__name__}.{name} has no @operation.")
        yield name, function, said


def template(pattern: str, parameters: Sequence[str]) -> str:
    """The path of a route as OpenAPI writes it."""
    names = iter(parameters)
    path = _GROUP.sub(lambda _: f"{{{next(names)}}}", pattern)
    return "/" + path.replace("\\", "")


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """The document of all `routes`; those of handlers with `describes_nothing` are left out.
    Raises :class:`Undescribed`."""
    described = [
        (pattern, *found)
        for pattern, handler in routes
        if not getattr(handler, "describes_nothing", False)
        for found in operations(handler)
    ]
    kinds = [*get_args(Command), *get_args(Event), More, Failure, Command]
    for _, _, _, said in described:
        kinds += [kind for kind in (said.body, said.answer) if kind not in (None, Raw)]
        kinds += said.query.values()
    schemas, definitions = msgspec.json.schema_components(kinds, ref_template=_REFERENCE)
    schema_of = {_key(kind): schema for kind, schema in zip(kinds, schemas, strict=True)}
    paths: dict[str, dict[str, Any]] = {}
    for pattern, method, function, said in described:
        groups = len(_GROUP.findall(pattern))  # of more, the rest is optional
        names = list(inspect.signature(function).parameters)[1 : 1 + groups]
        path = template(pattern, names)
        item = paths.setdefault(path, {})
        item[method] = _operation(said, pattern, names, schema_of)
        item[method]["operationId"] = f"{method} {path}"
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Jupyter Chat",
            "version": __version__,
            "description": "Paths are below the base URL of the Jupyter server.",
        },
        "paths": {path: paths[path] for path in sorted(paths)},
        "components": {
            "schemas": {name: definitions[name] for name in sorted(definitions)},
            "securitySchemes": {
                "token": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "`token TOKEN`, the Jupyter server's; or its login cookie, "
                    "with the cookie `_xsrf` repeated in the header `X-XSRFToken`.",
                }
            },
        },
        "security": [{"token": []}],
    }


def _operation(
    said: Operation, pattern: str, names: Sequence[str], schema_of: dict[str, Any]
) -> dict[str, Any]:
    in_path = [
        _parameter("path", name, {"type": "string", "pattern": f"^{group}$"}, True)
        for name, group in zip(names, _GROUP.findall(pattern), strict=True)
    ]
    in_query = [
        _parameter("query", name, schema_of[_key(kind)], name in said.required)
        for name, kind in said.query.items()
    ]
    written: dict[str, Any] = {
        "summary": said.summary,
        "parameters": in_path + in_query,
        "responses": {
            **_success(said, schema_of),
            **{status: _failure(said, schema_of) for status in ("4XX", "5XX")},
        },
    }
    if said.body is Raw:
        schema = {"type": "string", "format": "binary"}
        written["requestBody"] = {"content": {"application/octet-stream": {"schema": schema}}}
    elif said.body is not None:
        schema = schema_of[_key(said.body)]
        written["requestBody"] = {"required": True, "content": {_JSON: {"schema": schema}}}
    if said.socket:
        written["x-frames"] = {
            "commands": schema_of[_key(Command)],
            "events": [schema_of[_key(kind)] for kind in (*get_args(Event), More)],
        }
    return written


def _parameter(where: str, name: str, schema: Any, required: bool) -> dict[str, Any]:
    return {"in": where, "name": name, "schema": schema, "required": required}


def _success(said: Operation, schema_of: dict[str, Any]) -> dict[str, Any]:
    if said.socket:
        return {"101": {"description": "A WebSocket."}}
    if said.answer is not None:
        content = {_JSON: {"schema": schema_of[_key(said.answer)]}}
    else:
        content = {media_type: {} for media_type in said.media_types}
    found: dict[str, Any] = {"200": {"description": said.summary, "content": content}}
    if _PAGE in said.media_types:
        found["302"] = {"description": "Somewhere else: to the login first, say."}
    return found


def _failure(said: Operation, schema_of: dict[str, Any]) -> dict[str, Any]:
    content = {_JSON: {"schema": schema_of[_key(Failure)]}}
    if _PAGE in said.media_types:
        content = {_PAGE: {}}
    return {"description": "What went wrong.", "content": content}


def _key(kind: Any) -> str:
    """Annotated types need not be hashable."""
    return repr(kind)
