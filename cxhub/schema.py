"""What drf-spectacular cannot see by itself: how programs come in, and how every operation may refuse."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerFieldExtension
from drf_spectacular.utils import Direction

from accounts.api_fields import names_of


class BearerToken(OpenApiAuthenticationExtension):
    target_class = "accounts.tokens.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A token with the scope read, or write for what is not a GET.",
        }


PROBLEM = {
    "type": "object",
    "description": "RFC 9457.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "example": "about:blank"},
        "title": {"type": "string", "example": "Bad Request"},
        "status": {"type": "integer", "example": 400},
        "detail": {"type": "string"},
        "code": {"type": "string", "example": "invalid"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["detail", "pointer", "code"],
                "properties": {
                    "detail": {"type": "string"},
                    "pointer": {"type": "string", "example": "#/as_of"},
                    "code": {"type": "string", "example": "invalid"},
                },
            },
        },
        "merged_into": {"type": "string", "description": "The account that took this one's place."},
    },
}

DELETED = {
    "type": "object",
    "description": "In answers to updated_since: forget this row.",
    "required": ["id", "deleted", "deleted_at"],
    "properties": {
        "id": {"type": "string"},
        "deleted": {"type": "boolean", "enum": [True]},
        "deleted_at": {"type": "string", "format": "date-time"},
    },
}

ANSWERS = {
    "400": "A parameter or field is unknown or not right; errors says which.",
    "401": "No token, or one that does not hold.",
    "403": "The token lacks the scope, or the user the role.",
    "404": "It does not exist, or not for you.",
    "406": "A form that is not given here.",
    "429": "Too many requests; Retry-After says when to come back.",
}
OF_A_CHANGE = {
    "409": "What is there already stands in the way; errors says of what, merged_into of a merged account.",
    "412": "The row has changed since the version that If-Match names.",
}
OF_A_BODY = {
    "413": "More rows or bytes than a request may hold.",
    "415": "A content type or packing that is not taken here.",
}
OF_A_KEY = {"422": "The Idempotency-Key was used for another request."}
OF_METHODS = {
    "get": ANSWERS,
    "post": ANSWERS | {"409": OF_A_CHANGE["409"]} | OF_A_BODY | OF_A_KEY,
    "patch": ANSWERS | OF_A_CHANGE | OF_A_BODY,
    "delete": ANSWERS | OF_A_CHANGE,
}
CHANGES = {
    "in": "query",
    "name": "updated_since",
    "schema": {"type": "string", "format": "date-time"},
    "description": "Only what was created, changed or deleted since; no filter goes with it.",
}
# Written by programs, and no history is kept of them.
WITHOUT_CHANGES = frozenset({"/api/v1/invitations/"})
KEY = ("Idempotency-Key", "Sent again with the same key, a request is answered again and not done again.")
VERSION = ("If-Match", "The ETag of the version that is meant; another one is not written to.")
KNOWN = ("If-None-Match", "The ETag of the version that the reader has; then the answer is 304.")


def with_problems(result: dict[str, Any], **_generator: Any) -> dict[str, Any]:
    """A hook of drf-spectacular: how every operation may refuse, and by which headers rows are written."""
    schemas = result["components"]["schemas"]
    schemas |= {"Problem": PROBLEM, "DeletedRow": DELETED}
    for name, schema in schemas.items():
        if name.endswith("Request"):
            schema["additionalProperties"] = False
    for address, path in result["paths"].items():
        for method in OF_METHODS.keys() & path.keys():
            operation = path[method]
            refusals = {code: _answer(text) for code, text in OF_METHODS[method].items()}
            operation["responses"] = refusals | operation["responses"]
            # Of two answers with one status: the operation's own, and that to a key used twice.
            for code in refusals.keys() & operation["responses"].keys():
                operation["responses"][code].setdefault("content", {}).update(refusals[code]["content"])
            operation.setdefault("parameters", []).extend(_header(*one) for one in _headers_of(path, method))
        if "post" in path and "get" in path and address not in WITHOUT_CHANGES:
            path["get"]["parameters"].append(CHANGES)
        if "patch" in path:
            path["get"]["responses"]["304"] = {"description": "It is as the reader has it."}
    return result


def _headers_of(path: dict[str, Any], method: str) -> list[tuple[str, str]]:
    if method == "get":
        return [KNOWN] if "patch" in path else []
    return [KEY] if method == "post" else [VERSION]


def _header(name: str, description: str) -> dict[str, Any]:
    return {"in": "header", "name": name, "schema": {"type": "string"}, "description": description}


def _answer(text: str) -> dict[str, Any]:
    problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {"description": text, "content": {"application/problem+json": problem}}


class ReferenceField(OpenApiSerializerFieldExtension):
    target_class = "accounts.api_fields.Reference"

    def map_serializer_field(self, auto_schema: Any, direction: Direction) -> dict[str, Any]:
        if direction == "response" or self.target.read_only:
            shown = self.target.shown
            return auto_schema.resolve_serializer(shown, direction).ref if shown else {"type": "string"}
        names = names_of(self.target.queryset.model)
        by_name = {
            "type": "object",
            "required": list(names),
            "properties": {name: {"type": "string"} for name in names},
            "additionalProperties": False,
        }
        return {"oneOf": [{"type": "string", "pattern": "^[0-9]{1,18}$"}, by_name]}
