"""The operations of assets in the native API, as people read of them."""

from filmgate.api.native_answers import CURSOR, LIMIT, answers
from filmgate.api.operation import Answer, Operation, Parameter, query
from filmgate.asset import STATES
from filmgate.dialects.example import Example
from filmgate.dialects.native import asset_wire as wire

_ASSET_ID = Parameter(
    name="asset_id",
    place="path",
    required=True,
    description="As its creation answered it.",
    example="asset-20260901120000-00a1b2c3d4e5f6g7h8",
)
_OF_A_BODY = "Of a body that is a file; a form or JSON says it inside."

ASSETS: tuple[Operation, ...] = (
    Operation(
        method="POST",
        path="/filmgate/v1/assets",
        name="addAsset",
        summary="Add an asset",
        description="A link as JSON, which is fetched later; a file in a form; or a body of any other type that is the "
        "file itself. A file is looked at before it is kept, and refused where no order could use it. Pictures may "
        "have 30 MiB, clips 200, sounds 15.",
        parameters=(
            query("name", f"For people. {_OF_A_BODY}", "hero front"),
            query("kind", f"What it must be. {_OF_A_BODY}", "image"),
            query("tags", f"May be repeated. {_OF_A_BODY}", "campaign-7"),
            query("libraries", f"May be repeated. {_OF_A_BODY}", "audit"),
        ),
        body=wire.NewAsset,
        examples=(
            Example(title="A link", body={"url": "https://media.example.org/hero.jpg", "name": "hero front"}),
            Example(
                title="A link for one library",
                body={
                    "url": "https://media.example.org/walk.mp4",
                    "kind": "video",
                    "tags": ["campaign-7"],
                    "libraries": ["audit"],
                },
            ),
        ),
        form=wire.AssetForm,
        form_examples=(Example(title="A file", body={"file": "@hero.jpg", "name": "hero front"}),),
        answers=answers(
            {
                201: Answer("The file is kept.", (wire.AssetAnswer,)),
                202: Answer("The link is being fetched.", (wire.AssetAnswer,)),
            },
            400,
            413,
        ),
    ),
    Operation(
        method="GET",
        path="/filmgate/v1/assets",
        name="listAssets",
        summary="List the assets",
        description="Newest first. Fields may be combined; `kind`, `state` and `tag` may be repeated.",
        parameters=(
            query("kind", "Only of these kinds: image, video, audio.", "image"),
            query("state", f"Only in these states: {', '.join(STATES)}.", "approved"),
            query("tag", "Only with all of these tags.", "campaign-7"),
            query("library", "Only what models of this library take.", "audit"),
            query("sha256", "Only these bytes.", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
            query("created_from", "Only added at or after this time.", "2026-01-02T03:04:05Z"),
            query("created_before", "Only added before this time.", "2026-01-03T00:00:00Z"),
            LIMIT,
            CURSOR,
        ),
        answers=answers({200: Answer("A page.", (wire.AssetList,))}, 400),
    ),
    Operation(
        method="GET",
        path="/filmgate/v1/assets/{asset_id}",
        name="showAsset",
        summary="Show an asset",
        description="With a link to its bytes that is good for an hour.",
        parameters=(_ASSET_ID,),
        answers=answers({200: Answer("It.", (wire.AssetAnswer,))}, 404),
    ),
    Operation(
        method="PATCH",
        path="/filmgate/v1/assets/{asset_id}",
        name="changeAsset",
        summary="Change an asset's name, tags or libraries",
        parameters=(_ASSET_ID,),
        body=wire.AssetChanges,
        examples=(
            Example(title="Other tags", body={"tags": ["campaign-8"]}),
            Example(title="For every library", body={"libraries": None}),
        ),
        answers=answers({200: Answer("As it is now.", (wire.AssetAnswer,))}, 400, 404, 413),
    ),
    Operation(
        method="DELETE",
        path="/filmgate/v1/assets/{asset_id}",
        name="removeAsset",
        summary="Delete an asset",
        description="Orders that name it keep working, and its bytes stay for them.",
        parameters=(_ASSET_ID,),
        answers=answers({200: Answer("It is gone.", (wire.AssetRemoved,))}, 404),
    ),
)
