"""Pages of OpenAPI documents: operations, parameters, responses and schemas."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from codegen.document.operations import METHODS
from codegen.document.references import component_name, dereference

from .schemas import cell, code, extensions, field_table, remarks, schema_section, type_of

Document = Mapping[str, Any]


def document_page(document: Document, title: str, introduction: str, prefix: str = "") -> str:
    """The page of a document.

    Args:
        document: The document.
        title: The title of the page.
        introduction: What stands below the title.
        prefix: What stands before each path.
    """
    parts = [f"# {title}", introduction, document["info"].get("description", "")]
    parts += _servers(document)
    operations = list(_operations(document))
    rows = [
        f"| [`{method.upper()} {prefix}{_shown(path, prefix)}`](#{operation['operationId'].lower()}) "
        f"| {cell(operation.get('summary', ''))} |"
        for path, method, _, operation in operations
    ]
    parts += ["## Operations", "| operation | summary |\n|---|---|\n" + "\n".join(rows)]
    for path, method, item, operation in operations:
        heading = f"{method.upper()} {prefix}{_shown(path, prefix)}"
        shared = item.get("parameters", [])
        parts += _operation(document, heading, operation, [*shared, *operation.get("parameters", [])])
    parts.append("## Schemas")
    parts += [schema_section(name, schema) for name, schema in document["components"]["schemas"].items()]
    return "\n\n".join(filter(None, parts)) + "\n"


def _shown(path: str, prefix: str) -> str:
    return "" if prefix and path == "/" else path


def _servers(document: Document) -> Iterator[str]:
    if "license" in document["info"]:
        yield f"License: {document['info']['license']['name']}."
    for facts in (value for key, value in document["info"].items() if key.startswith("x-")):
        yield "| fact | value |\n|---|---|\n" + "\n".join(
            f"| {key.replace('-', ' ')} | {code(value)} |" for key, value in facts.items()
        )
    rows = [
        f"| `{server['url']}` | {cell('<br>'.join([server.get('description', ''), *extensions(server)]))} |"
        for server in document.get("servers", ())
    ]
    if rows:
        yield "| base URL | meaning |\n|---|---|\n" + "\n".join(rows)
    schemes = document["components"].get("securitySchemes", {})
    for name, scheme in schemes.items():
        kind = f"HTTP {scheme['scheme']}" if "scheme" in scheme else scheme["type"]
        yield f"**Security** `{name}` ({kind}): {scheme.get('description', '')}"
        yield from extensions(scheme)


def _operations(document: Document) -> Iterator[tuple[str, str, Document, Document]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield path, method, item, operation


def _operation(document: Document, heading: str, operation: Document, parameters: list[Document]) -> Iterator[str]:
    name = operation["operationId"]
    yield f"### `{heading}` {{ #{name.lower()} }}"
    yield f"`{name}`. {operation.get('summary', '').rstrip('.')}."
    yield operation.get("description", "")
    yield from extensions(operation)
    alternatives = operation.get("security", document.get("security", []))
    yield f"Security: {' or '.join(', '.join(map(code, schemes)) or 'none' for schemes in alternatives) or 'none'}."
    if parameters:
        rows = [_parameter(dereference(document, parameter)) for parameter in parameters]
        yield "| parameter | in | type | required | meaning |\n|---|---|---|---|---|\n" + "\n".join(rows)
    if "requestBody" in operation:
        body = dereference(document, operation["requestBody"])
        yield f"**Body**{'' if body.get('required') else ', optional'}: {_content(body)} {body.get('description', '')}"
        yield from extensions(body)
        yield from _contents(body)
        yield from _examples(body)
    rows = [_response(document, status, response) for status, response in operation["responses"].items()]
    yield "| status | body | headers | meaning |\n|---|---|---|---|\n" + "\n".join(rows)
    for status, response in operation["responses"].items():
        fields = list(_contents(response))
        if fields:
            yield f"Fields of the response `{status}`:"
            yield from fields
    for callback, paths in operation.get("callbacks", {}).items():
        for expression, item in paths.items():
            for method, called in item.items():
                yield f"**Callback** `{callback}`:"
                yield from _operation(document, f"{method.upper()} {expression}", called, called.get("parameters", []))


def _parameter(parameter: Document) -> str:
    schema = parameter.get("schema", {})
    meaning = " ".join(filter(None, [parameter.get("description", ""), remarks(schema)]))
    if "example" in parameter:
        meaning += f" Example: {code(parameter['example'])}."
    notes = [*extensions(parameter), *extensions(schema)]
    required = "yes" if parameter.get("required") else ""
    return (
        f"| `{parameter['name']}` | {parameter['in']} | {cell(type_of(schema))} | {required} "
        f"| {cell('<br>'.join([meaning, *notes]))} |"
    )


def _response(document: Document, status: str, response: Document) -> str:
    found = dereference(document, response)
    headers = [
        f"`{name}`: {dereference(document, header).get('description', '')}"
        for name, header in found.get("headers", {}).items()
    ]
    named = [component_name(response["$ref"])] if "$ref" in response and not found.get("description") else []
    meaning = "<br>".join([*named, found.get("description", ""), *extensions(found)])
    return f"| `{status}` | {cell(_content(found))} | {cell('<br>'.join(headers))} | {cell(meaning)} |"


def _content(part: Document) -> str:
    return ", ".join(
        f"{type_of(content.get('schema', {}))} as `{media_type}`"
        for media_type, content in part.get("content", {}).items()
    )


def _contents(part: Document) -> Iterator[str]:
    """What is said of bodies whose schemas have no name."""
    for content in part.get("content", {}).values():
        schema = content.get("schema", {})
        if "$ref" not in schema:
            yield from filter(None, [remarks(schema), field_table(schema)])


def _examples(body: Document) -> Iterator[str]:
    for content in body.get("content", {}).values():
        if "example" in content:
            yield f"```json\n{json.dumps(content['example'], indent=2, ensure_ascii=False)}\n```"
