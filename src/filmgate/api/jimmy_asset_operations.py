"""The operations of Jimmy's asset APIs, as people read of them."""

from filmgate.api.operation import Answer, Operation, Parameter
from filmgate.dialects.example import Example
from filmgate.dialects.jimmy import asset_wire as wire
from filmgate.dialects.jimmy.wire import ErrorAnswer

_TOO_MUCH = Answer(
    "Over a limit of the key or the account; `Retry-After` says how many seconds to wait.", (ErrorAnswer,)
)
_ASSET_ID = "asset-20260901120000-00a1b2c3d4e5f6g7h8"
_ONE = (Example(title="One asset", body={"asset_id": _ASSET_ID}),)
_MANY = (Example(title="Several assets", body={"asset_ids": [_ASSET_ID]}),)


def _answers(good: str, struct: type) -> dict[int, Answer]:
    return {200: Answer(f"{good}; or why not.", (struct, ErrorAnswer)), 429: _TOO_MUCH}


JIMMY_ASSETS: tuple[Operation, ...] = (
    Operation(
        method="POST",
        path="/api/open-api/v1/seedance/assets/audit",
        name="jimmyAudit",
        summary="Submit media for the Full models",
        description="The `sd2_mx_*` models take reviewed assets and no links. Ask for the status until it is `Active`, "
        "then name the asset as `asset://{asset_id}`.",
        body=wire.AuditRequest,
        examples=(
            Example(
                title="A picture and a sound",
                body={
                    "image_urls": ["https://media.example.org/hero.jpg"],
                    "audio_urls": ["https://media.example.org/theme.mp3"],
                },
            ),
        ),
        answers=_answers("What was submitted", wire.AuditAnswer),
    ),
    Operation(
        method="POST",
        path="/api/open-api/v1/seedance/assets/status",
        name="jimmyAuditStatus",
        summary="Ask how reviews stand",
        description="`Pending`, then `Active`, `Rejected` by review, or `Failed` where the link leads to nothing that "
        "an order can use.",
        body=wire.AssetsRequest,
        examples=_MANY,
        answers=_answers("How they stand", wire.AuditStatesAnswer),
    ),
    Operation(
        method="GET",
        path="/api/open-api/v1/seedance/assets/status",
        name="jimmyAuditStatusByQuery",
        summary="Ask how reviews stand, as a GET",
        parameters=(
            Parameter(
                name="asset_ids",
                place="query",
                required=True,
                description="May be repeated.",
                example=_ASSET_ID,
            ),
        ),
        answers=_answers("How they stand", wire.AuditStatesAnswer),
    ),
    Operation(
        method="POST",
        path="/api/open-api/v1/seedance/sp/assets/upload",
        name="jimmyLibraryUpload",
        summary="Add an asset to the SP library",
        body=wire.LibraryUpload,
        examples=(
            Example(
                title="A picture",
                body={"name": "hero front", "type": "image", "url": "https://media.example.org/hero.jpg"},
            ),
        ),
        answers=_answers("Its id", wire.LibraryUploadAnswer),
    ),
    Operation(
        method="POST",
        path="/api/open-api/v1/seedance/sp/assets/detail",
        name="jimmyLibraryDetail",
        summary="Show an asset of the SP library",
        description="`Processing`, then `Active` or `Failed`.",
        body=wire.AssetRequest,
        examples=_ONE,
        answers=_answers("The asset", wire.LibraryAssetAnswer),
    ),
    Operation(
        method="POST",
        path="/api/open-api/v1/seedance/sp/assets/status",
        name="jimmyLibraryStatus",
        summary="Show several assets of the SP library",
        body=wire.AssetsRequest,
        examples=_MANY,
        answers=_answers("The assets", wire.LibraryAssetsAnswer),
    ),
    Operation(
        method="POST",
        path="/api/open-api/v1/seedance/sp/realperson/submit",
        name="jimmyPortraitSubmit",
        summary="Whitelist a portrait of a real person",
        description="Whoever submits it declares that the person has agreed; the declaration is kept as a consent, "
        "which can be seen and revoked in the native API.",
        body=wire.PortraitRequest,
        examples=(
            Example(
                title="A presenter", body={"name": "presenter A", "url": "https://media.example.org/presenter.jpg"}
            ),
        ),
        answers=_answers("The portrait", wire.PortraitAnswer),
    ),
    Operation(
        method="POST",
        path="/api/open-api/v1/seedance/sp/realperson/status",
        name="jimmyPortraitStatus",
        summary="Show a portrait",
        description="`Processing`, then `Active` with its `asset_ref`, or `Failed`, also once no consent covers it.",
        body=wire.AssetRequest,
        examples=_ONE,
        answers=_answers("The portrait", wire.PortraitAnswer),
    ),
    Operation(
        method="POST",
        path="/api/open-api/v1/seedance/sp/realperson/batch-status",
        name="jimmyPortraitBatchStatus",
        summary="Show several portraits",
        body=wire.AssetsRequest,
        examples=_MANY,
        answers=_answers("The portraits", wire.PortraitsAnswer),
    ),
    Operation(
        method="POST",
        path="/api/open-api/v1/files/upload",
        name="jimmyUpload",
        summary="Host a file for some days",
        description="Answers with a link for orders. Kept as long as films are.",
        form=wire.FileForm,
        form_examples=(Example(title="A picture", body={"file": "@k3.png"}),),
        answers=_answers("The link", wire.HostedFileAnswer),
    ),
)
