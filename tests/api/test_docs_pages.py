"""The pages about the API, and the document that tools read: complete, true and able to work offline."""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from tests.api.api_helpers import House, open_house, picture

from filmgate.api.doors import all_doors
from filmgate.api.measure import HttpFigures
from filmgate.api.openapi import FILE_TYPE, SERVER
from filmgate.dialects.native import asset_read, consent_read, review_read, webhook_read
from filmgate.dialects.openai.change import ChangeKind
from filmgate.errors import MediaUnreachable
from filmgate.video import Media

PREFIXES = {
    "/v1/videos": "openai",
    "/v1/": "senseaudio",
    "/api/open/": "ink",
    "/api/v3/": "ark",
    "/filmgate/": "native",
    "/api/open-api/": "jimmy",
}
CHANGES: dict[str, ChangeKind] = {"remix": "remix", "edits": "edit", "extensions": "extension"}

ASSET_PATHS = ("/api/open-api/v1/seedance/assets/", "/api/open-api/v1/seedance/sp/")


@pytest.fixture(scope="module")
async def house(postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    # With its measured 500 for unknown models, SenseAudio would look broken to whoever fuzzes it.
    folder = tmp_path_factory.mktemp("docs")
    async with open_house(postgres_url, template, folder, senseaudio_unknown_model_status=400) as house:
        yield house


@pytest.fixture(scope="module")
async def document(house: House) -> dict[str, Any]:
    answer = await house.client.get("/docs/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    document: dict[str, Any] = answer.json()
    return document


async def test_the_page_loads_nothing_from_elsewhere(house: House) -> None:
    for path in ("/", "/docs", "/docs/"):
        page = await house.client.get(path)
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "<title>filmgate</title>" in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]
    parts = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(parts) >= 4
    for part in parts:
        assert part.startswith("/docs/")
        assert (await house.client.get(part)).status_code == 200


async def test_what_the_page_loads_is_sent_once(house: House) -> None:
    first = await house.client.get("/docs/swagger-ui-bundle.js")
    again = await house.client.get("/docs/swagger-ui-bundle.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_the_document_names_the_server_as_it_was_called(house: House) -> None:
    for name in ("openapi.json", "openapi-3.0.json"):
        answer = await house.client.get(f"/docs/{name}", headers={"Host": "films.example.org"})
        assert answer.json()["servers"] == [{"url": "http://films.example.org"}]
        assert SERVER not in answer.text
        assert "curl 'http://films.example.org/v1/video/create'" in answer.text


def test_every_operation_has_one_section_one_name_and_a_call_to_copy(document: dict[str, Any]) -> None:
    sections = [tag["name"] for tag in document["tags"]]
    assert sections == [
        "Jimmy AI OpenAPI",
        "SenseAudio video API",
        "Seedance 2.0 Open API",
        "Ark content generation tasks",
        "OpenAI Videos API",
        "filmgate",
        "Operations",
    ]
    names = []
    for operation in _operations(document):
        assert operation["tags"]
        assert set(operation["tags"]) <= set(sections)
        assert operation["x-codeSamples"][0]["source"].startswith("curl ")
        names.append(operation["operationId"])
    assert len(names) == len(set(names)) == 74


def test_every_operation_with_a_key_tells_of_limits(document: dict[str, Any]) -> None:
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    assert all(("429" in operation["responses"]) == bool(operation["security"]) for operation in operations)


def test_all_references_lead_somewhere(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    wanted = set(re.findall(r'"\$ref": "#/components/schemas/([^"]+)"', text))
    assert wanted == set(document["components"]["schemas"])


async def test_every_path_of_the_document_is_a_door(house: House, document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        answer = await house.client.options(re.sub(r"\{\w+\}", "x", path))
        assert answer.status_code == 204
        assert {method.upper() for method in methods} < set(answer.headers["allow"].split(", "))


def test_every_door_of_a_dialect_is_in_the_document(house: House, document: dict[str, Any]) -> None:
    def nameless(path: str) -> str:
        return re.sub(r"\{\w+\}", "{}", path)

    told = {(nameless(path), method.upper()) for path, methods in document["paths"].items() for method in methods}
    there = {(nameless(door.path), door.method) for door in all_doors(house.services, HttpFigures())}
    assert told <= there
    pages = {"/files/{path...}", "/", "/docs", "/docs/{}"}
    # Nothing can be done there; whoever looks for them is told so.
    characters = {"/v1/videos/characters", "/v1/videos/characters/{}"}
    # Vendors are told it, and nobody else.
    callbacks = {"/filmgate/callbacks/{}/{}"}
    assert {path for path, _ in there - told} == pages | characters | callbacks


def test_every_example_is_an_order_that_its_dialect_reads(house: House, document: dict[str, Any]) -> None:
    read = 0
    for path, methods in document["paths"].items():
        for example in _examples(methods.get("post", {})):
            if path.startswith(("/filmgate/", *ASSET_PATHS)) and "model" not in example:
                continue
            dialect = next(name for prefix, name in PREFIXES.items() if path.startswith(prefix))
            body, change = json.dumps(example).encode(), CHANGES.get(path.rpartition("/")[2])
            if change is not None:
                assert house.services.dialects.openai.read_change(change, body, video_id="video_1").request.prompt
            else:
                request = house.dialect(dialect).read_create(body)
                assert house.services.catalogue.find(request.model, dialect) is not None
            read += 1
    assert read >= 20


async def test_the_form_to_copy_is_an_order_that_the_door_takes(house: House, document: dict[str, Any]) -> None:
    content = document["paths"]["/v1/videos"]["post"]["requestBody"]["content"]["multipart/form-data"]
    (example,) = (example["value"] for example in content["examples"].values())
    samples = document["paths"]["/v1/videos"]["post"]["x-codeSamples"]
    curl = next(sample["source"] for sample in samples if "-F" in sample["source"])
    assert "-F 'input_reference=@boat.png'" in curl
    assert "-F 'seconds=5'" in curl
    fields = {name: value for name, value in example.items() if not value.startswith("@")}
    files = {name: picture() for name in example.keys() - fields.keys()}
    customer = await house.customer()
    answer = await house.client.post("/v1/videos", data=fields, files=files, headers=customer.headers)
    assert (answer.status_code, answer.json()["size"]) == (200, "864x496")
    schema = document["components"]["schemas"]["OpenAICreateForm"]
    assert "binary" in json.dumps(schema["properties"]["input_reference"])


def test_the_list_of_models_is_told_in_both_sections_that_have_it(document: dict[str, Any]) -> None:
    listing = document["paths"]["/v1/models"]["get"]
    assert listing["tags"] == ["SenseAudio video API", "OpenAI Videos API"]
    schemas = listing["responses"]["200"]["content"]["application/json"]["schema"]["anyOf"]
    assert [schema["$ref"].rpartition("/")[2] for schema in schemas] == ["SenseAudioModelList", "OpenAIModelList"]
    assert {"401", "429", "500", "503"} < listing["responses"].keys()


def test_every_native_example_is_read_as_it_stands(document: dict[str, Any]) -> None:
    def no_check(_url: str) -> list[Any]:
        return []

    readers: dict[str, Callable[[bytes], object]] = {
        "addAsset": lambda body: asset_read.read_new_asset(body, lambda _field, _url: [], ("audit", "sp")),
        "changeAsset": lambda body: asset_read.read_asset_changes(body, ("audit", "sp")),
        "decideReview": review_read.read_decision,
        "giveConsent": lambda body: consent_read.read_new_consent(body, lambda name: name, datetime.now(UTC)),
        "coverAssets": consent_read.read_consent_assets,
        "revokeConsent": consent_read.read_revocation,
        "addWebhook": lambda body: webhook_read.read_new_webhook(body, no_check, []),
        "changeWebhook": lambda body: webhook_read.read_changes(body, no_check),
        "rotateWebhookSecret": webhook_read.read_rotation,
        "replayDeliveries": webhook_read.read_replay,
    }
    for operation in _operations(document):
        for example in _examples(operation) if operation["tags"] == ["filmgate"] else ():
            if "model" not in example:
                readers[operation["operationId"]](json.dumps(example).encode())


async def test_the_older_document_is_the_same_without_newer_words(house: House, document: dict[str, Any]) -> None:
    older = (await house.client.get("/docs/openapi-3.0.json")).json()
    assert older["openapi"] == "3.0.3"
    assert older["paths"].keys() == document["paths"].keys()
    schemas = json.dumps(older["components"]["schemas"])
    for newer in ('"const"', '"examples"', '"null"', '"prefixItems"'):
        assert newer not in schemas
    assert '"nullable": true' in schemas


async def test_what_the_document_says_is_true(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of requests made from the document: never a 500, never an answer that it does not promise."""

    async def unreachable(media: Media, folder: Path, *, limit_bytes: int | None, account_id: UUID | None) -> None:
        raise MediaUnreachable("nothing is fetched in this test", kind=media.kind, field=media.field)

    monkeypatch.setattr(house.services.fetcher, "check", unreachable)
    customer = await house.customer(1_000_000)
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("schemathesis")),
        "run",
        f"http://127.0.0.1:{house.port}/docs/openapi.json",
        "--header=Authorization: Bearer " + customer.secret,
        "--checks=not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
        "--phases=coverage,fuzzing",
        "--max-examples=5",
        "--seed=7",
        "--suppress-health-check=all",
        "--no-color",
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode == 0, output.decode()


async def test_the_document_can_be_read_from_any_page(house: House) -> None:
    answer: httpx.Response = await house.client.get("/docs/openapi.json")
    assert answer.headers["access-control-allow-origin"] == "*"


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in document["paths"].values():
        yield from methods.values()


def _examples(operation: dict[str, Any]) -> list[Any]:
    if "requestBody" not in operation:
        return []
    content = operation["requestBody"]["content"]
    if list(content) == [FILE_TYPE]:
        return []
    named = content.get("application/json", {"examples": {}})["examples"]
    return [example["value"] for example in named.values()]
