"""What drf-spectacular cannot see by itself: how programs come in, and how every operation may refuse."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


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
    },
}

ANSWERS = {
    "400": "A parameter is unknown or not right; errors says which.",
    "401": "No token, or one that does not hold.",
    "403": "The token lacks the scope, or the user the role.",
    "404": "It does not exist, or not for you.",
    "429": "Too many requests; Retry-After says when to come back.",
}
OF_BODIES = {
    "413": "More rows or bytes than a request may hold.",
    "415": "A content type or packing that is not taken here.",
}
OPERATIONS = {"get", "put", "post", "patch", "delete"}


def with_problems(result: dict[str, Any], **_generator: Any) -> dict[str, Any]:
    """A hook of drf-spectacular: adds the problem details to every operation."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    for path in result["paths"].values():
        for method in OPERATIONS & set(path):
            answers = ANSWERS | (OF_BODIES if "requestBody" in path[method] else {})
            path[method]["responses"] |= {status: _answer(text) for status, text in answers.items()}
    return result


def _answer(text: str) -> dict[str, Any]:
    problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {"description": text, "content": {"application/problem+json": problem}}
