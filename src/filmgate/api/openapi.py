"""The OpenAPI document: the table of operations and the wire structs of the dialects, put together.

Tools get OpenAPI 3.1, whose schemas are JSON Schema as msgspec writes it. ``as_openapi_3_0`` says the same in the
older form, for pages that know no other.
"""

import json
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import msgspec

from filmgate import __version__
from filmgate.api.operation import Answer, Operation, Parameter, Section
from filmgate.api.operation_table import SECTIONS
from filmgate.catalogue.load import Catalogue
from filmgate.catalogue.model import Offer
from filmgate.dialects import Dialects
from filmgate.dialects.example import Example
from filmgate.money import as_text

Document = dict[str, Any]

SERVER = "https://filmgate.example"
"""Stands in the document wherever this server's own address belongs."""

_INTRODUCTION = """
One server, several APIs for video generation: change the base URL and the key, keep your code. Every section below is
one vendor's API as its clients know it, and every model can be ordered in each of them that has words for it.

One key works everywhere: `Authorization: Bearer <key>`, made with `filmgate keys create`. A test key costs nothing;
with it a prompt may hold a script such as `[[fail:moderation]]`, `[[fail:provider]]`, `[[delay:30]]` or `[[stall]]`.

An order is answered at once with its id; ask for it until it is finished. Links to films need no key, know ranges,
and are good for some days. Every answer carries an `X-Request-Id`; send your own to find it again.
"""
FORM_TYPE = "multipart/form-data"
FILE_TYPE = "application/octet-stream"

_UNITS = {"per_second": "a second", "per_task": "a film", "per_million_tokens": "a million tokens"}
_SCHEMA_KEYS = ("schema", "schemas")
_OPAQUE_KEYS = ("example", "examples", "value", "x-codeSamples")


def openapi_document(catalogue: Catalogue, dialects: Dialects) -> Document:
    """The whole document, with ``SERVER`` where the address belongs."""
    schemas: dict[str, Any] = {}
    paths: dict[str, Any] = {}
    tags = []
    for section in SECTIONS:
        offers = catalogue.sold_in(section.dialect) if section.dialect else ()
        tags.append({"name": _title(section, dialects), "description": section.description})
        references, components = _schemas(section)
        schemas |= components
        for operation in section.operations:
            methods = paths.setdefault(operation.path, {})
            described = _operation(operation, _title(section, dialects), references, offers)
            before = methods.get(operation.method.lower())
            methods[operation.method.lower()] = described if before is None else _joined(before, described)
    return {
        "openapi": "3.1.0",
        "info": {"title": "filmgate", "version": __version__, "description": _INTRODUCTION.strip()},
        "servers": [{"url": SERVER}],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "A filmgate key."}},
        },
    }


def as_openapi_3_0(document: Document) -> Document:
    """The same document in OpenAPI 3.0."""
    older: Document = _walked(document)
    return older | {"openapi": "3.0.3"}


def _title(section: Section, dialects: Dialects) -> str:
    return dialects.named(section.dialect).title if section.dialect else section.title


def _schemas(section: Section) -> tuple[dict[type, Any], dict[str, Any]]:
    """References to the section's structs, and what they refer to under names of the section's own."""
    structs = list(dict.fromkeys(struct for operation in section.operations for struct in operation.structs()))
    template = f"#/components/schemas/{section.schema_prefix}{{name}}"
    references, components = msgspec.json.schema_components(structs, ref_template=template)
    named = {f"{section.schema_prefix}{name}": schema for name, schema in components.items()}
    return dict(zip(structs, references, strict=True)), named


def _operation(operation: Operation, tag: str, references: dict[type, Any], offers: Sequence[Offer]) -> Document:
    curls = _curl_lines(operation)
    blocks = "".join(f"\n\n{title}\n```bash\n{line}\n```" for title, line in curls)
    described: Document = {
        "tags": [tag],
        "operationId": operation.name,
        "summary": operation.summary,
        "description": operation.description + _model_table(operation, offers) + blocks,
        "security": {"yes": [{"key": []}], "no": [], "optional": [{"key": []}, {}]}[operation.key],
        "responses": {str(status): _answer(answer, references) for status, answer in operation.answers.items()},
        "x-codeSamples": [{"lang": "Shell", "label": title, "source": line} for title, line in curls],
    }
    if operation.parameters:
        described["parameters"] = [_parameter(parameter) for parameter in operation.parameters]
    content = {}
    if operation.body is not None:
        content["application/json"] = _body(references[operation.body], operation.examples)
    if operation.form is not None:
        content[FORM_TYPE] = _body(references[operation.form], operation.form_examples)
    if content:
        described["requestBody"] = {"required": operation.body_required, "content": content}
    if operation.takes_file:
        file = {"schema": {"type": "string", "format": "binary"}}
        described["requestBody"] = {"required": True, "content": {FILE_TYPE: file}}
    return described


def _body(schema: Any, examples: Sequence[Example]) -> Document:
    named = {_slug(example.title): {"summary": example.title, "value": example.body} for example in examples}
    return {"schema": schema} | ({"examples": named} if named else {})


def _answer(answer: Answer, references: dict[type, Any]) -> Document:
    if answer.content_type is None:
        return {"description": answer.description}
    # What is not JSON has no schema.
    described = _either([references[struct] for struct in answer.structs])
    types = (answer.content_type, *answer.other_types)
    return {"description": answer.description, "content": dict.fromkeys(types, described)}


def _either(schemas: Sequence[Any]) -> Document:
    if not schemas:
        return {}
    return {"schema": schemas[0] if len(schemas) == 1 else {"anyOf": list(schemas)}}


def _joined(one: Document, other: Document) -> Document:
    """An operation that two sections tell of: what is asked decides in whose form it answers. All answers are JSON."""
    answers = dict(one["responses"])
    for status, answer in other["responses"].items():
        known = answers.get(status)
        answers[status] = answer if known is None else _joined_answer(known, answer)
    return one | {
        "tags": [*one["tags"], *other["tags"]],
        "description": "\n\n".join(filter(None, (one["description"], other["description"]))),
        "parameters": [*one.get("parameters", []), *other.get("parameters", [])],
        "responses": answers,
        "x-codeSamples": [*one["x-codeSamples"], *other["x-codeSamples"]],
    }


def _joined_answer(one: Document, other: Document) -> Document:
    schemas = [answer["content"]["application/json"]["schema"] for answer in (one, other)]
    descriptions = dict.fromkeys((one["description"], other["description"]))
    return {"description": " ".join(descriptions), "content": {"application/json": _either(schemas)}}


def _parameter(parameter: Parameter) -> Document:
    return {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.required,
        "description": parameter.description,
        "schema": {"type": "string"},
    }


def _curl_lines(operation: Operation) -> list[tuple[str, str]]:
    """One call for each example, or one for an operation without a body."""
    query = "&".join(
        f"{parameter.name}={quote(parameter.example)}"
        for parameter in operation.parameters
        if parameter.place == "query" and parameter.is_shown_in_calls
    )
    path = operation.path
    for parameter in operation.parameters:
        path = path.replace(f"{{{parameter.name}}}", parameter.example)
    # curl takes a call with a body for a POST by itself, and any other for a GET.
    has_body = operation.body is not None or operation.form is not None
    usual = "POST" if has_body or operation.takes_file else "GET"
    method = "" if operation.method == usual else f"-X {operation.method} "
    start = f"curl {method}'{SERVER}{path}{'?' + query if query else ''}'"
    key = "" if operation.key == "no" else " \\\n  -H 'Authorization: Bearer YOUR_KEY'"
    if operation.takes_file:
        file = f" \\\n  -H 'Content-Type: {FILE_TYPE}' \\\n  --data-binary @film.mp4"
        return [(operation.summary, start + key + file)]
    if not has_body:
        return [(operation.summary, start + key)]
    start += key
    in_json = start + " \\\n  -H 'Content-Type: application/json'"
    lines = [(example.title, f"{in_json} \\\n  -d {_json_quoted(example.body)}") for example in operation.examples]
    return lines + [(example.title, start + _form_fields(example.body)) for example in operation.form_examples]


def _form_fields(fields: dict[str, Any]) -> str:
    return "".join(f" \\\n  -F {_shell_quoted(f'{name}={value}')}" for name, value in fields.items())


def _json_quoted(body: Any) -> str:
    return _shell_quoted(json.dumps(body, ensure_ascii=False, indent=2))


def _shell_quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def _model_table(operation: Operation, offers: Sequence[Offer]) -> str:
    """What can be ordered there, below the description of an operation that orders."""
    offers = [offer for offer in offers if operation.path.endswith(offer.create_path or "")]
    if not _orders(operation) or not offers:
        return ""
    rows = [
        f"| `{offer.id}` | {_span(offer.durations)} | {', '.join(offer.resolutions)} | {', '.join(offer.ratios)} "
        f"| {_prices(offer)} {_UNITS[offer.price.mode]} |"
        for offer in offers
    ]
    head = "\n\n| model | seconds | resolutions | ratios | credits |\n|---|---|---|---|---|\n"
    return head + "\n".join(rows) + "\n"


def _orders(operation: Operation) -> bool:
    """Whether it is a create: nothing else is told a model."""
    return operation.body is not None and "model" in {each.name for each in msgspec.structs.fields(operation.body)}


def _span(durations: tuple[int, ...]) -> str:
    is_gapless = len(durations) > 2 and durations == tuple(range(durations[0], durations[-1] + 1))
    return f"{durations[0]}-{durations[-1]}" if is_gapless else ", ".join(map(str, durations))


def _prices(offer: Offer) -> str:
    texts = [as_text(micros) for micros in offer.unit_prices(with_media=False).values()]
    return texts[0] if len(set(texts)) == 1 else " / ".join(texts)


def _walked(value: Any) -> Any:
    """The document with every schema in it written the older way."""
    if isinstance(value, list):
        return [_walked(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _older_schema(item) if key in _SCHEMA_KEYS else item if key in _OPAQUE_KEYS else _walked(item)
        for key, item in value.items()
    }


def _older_schema(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_older_schema(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    older = {
        key: _older_schema(item) for key, item in schema.items() if key not in ("examples", "const", "default", "enum")
    }
    older |= {key: schema[key] for key in ("default", "enum") if key in schema}
    if "const" in schema:
        older["enum"] = [schema["const"]]
    if "examples" in schema:
        older["example"] = schema["examples"][0]
    if older.get("type") == "null":
        return {"nullable": True}
    return _with_nullable(older)


def _with_nullable(schema: Document) -> Document:
    choices = schema.get("anyOf")
    if not isinstance(choices, list) or {"nullable": True} not in choices:
        return schema
    others = [choice for choice in choices if choice != {"nullable": True}]
    return {key: item for key, item in schema.items() if key != "anyOf"} | {"anyOf": others, "nullable": True}
