"""Every operation of the OpenAPI document, written out by hand: the doors of ``doors.py``, as people read of them."""

from filmgate.api.ark_operations import ARK
from filmgate.api.jimmy_asset_operations import JIMMY_ASSETS
from filmgate.api.native_operations import NATIVE
from filmgate.api.openai_operations import OPENAI
from filmgate.api.operation import IDEMPOTENCY_KEY, Answer, Operation, Parameter, Section
from filmgate.api.operations import Health, Readiness
from filmgate.dialects.example import Example
from filmgate.dialects.ink import EXAMPLES as INK_EXAMPLES
from filmgate.dialects.ink import wire as ink
from filmgate.dialects.jimmy import EXAMPLES as JIMMY_EXAMPLES
from filmgate.dialects.jimmy import wire as jimmy
from filmgate.dialects.senseaudio import EXAMPLES as SENSEAUDIO_EXAMPLES
from filmgate.dialects.senseaudio import wire as senseaudio

_SEEDANCE_25_EXAMPLE = Example(
    title="Seedance 2.5: text",
    body={
        "model": "seedance-2.5",
        "prompt": "A paper boat drifts down a flooded alley, low camera, soft rain",
        "duration": 8,
        "resolution": "720p",
        "aspect_ratio": "9:16",
    },
)
_NOT_AN_ADDRESS = Answer("An id with a slash in it is no address of ours.", (jimmy.ErrorAnswer,))
_TOO_MUCH = "Over a limit of the key or the account; `Retry-After` says how many seconds to wait."
_JIMMY_TOO_MUCH = Answer(_TOO_MUCH, (jimmy.ErrorAnswer,))
_JIMMY_CREATE_ANSWERS = {
    200: Answer("The order is accepted and its cost is reserved; or why not.", (jimmy.CreateAnswer, jimmy.ErrorAnswer)),
    409: Answer("The idempotency key came before with another order.", (jimmy.ErrorAnswer,)),
    429: _JIMMY_TOO_MUCH,
}

JIMMY = Section(
    dialect="jimmy",
    schema_prefix="Jimmy",
    description="Every answer is an envelope of `code`, `msg` and `data`. The HTTP status stays 200 for refusals too, "
    "but for limits: `code` 20000 is success, 20001 the key, 20002 the parameters, -1 everything else.",
    operations=(
        Operation(
            method="POST",
            path="/api/open-api/v1/seedance/videos",
            name="jimmyCreate",
            summary="Order a film",
            description="Answers at once with a `task_id`.",
            parameters=(IDEMPOTENCY_KEY,),
            body=jimmy.CreateRequest,
            examples=JIMMY_EXAMPLES,
            answers=_JIMMY_CREATE_ANSWERS,
        ),
        Operation(
            method="POST",
            path="/api/open-api/v1/seedance25/videos",
            name="jimmyCreate25",
            summary="Order a film of a Seedance 2.5 model",
            description="The same body; a model that belongs to the other path is told so.",
            parameters=(IDEMPOTENCY_KEY,),
            body=jimmy.CreateRequest,
            examples=(_SEEDANCE_25_EXAMPLE,),
            answers=_JIMMY_CREATE_ANSWERS,
        ),
        Operation(
            method="GET",
            path="/api/open-api/v1/videos/{taskId}",
            name="jimmyQuery",
            summary="Ask about an order",
            description="`queued`, `processing`, then `completed` with `data.result.video_url`, or `failed` with "
            "`data.error_message`. A failed order is a successful query.",
            parameters=(
                Parameter(
                    name="taskId",
                    place="path",
                    required=True,
                    description="As create answered it.",
                    example="vid_00ooKlYDK8GjUr5LX2kMhG",
                ),
            ),
            answers={
                200: Answer(
                    "How the order is doing, or why there is no answer.", (jimmy.TaskAnswer, jimmy.ErrorAnswer)
                ),
                404: _NOT_AN_ADDRESS,
                429: _JIMMY_TOO_MUCH,
            },
        ),
        Operation(
            method="GET",
            path="/api/open-api/v1/user/balance",
            name="jimmyUserBalance",
            summary="The account's balance",
            answers={
                200: Answer("The balance, or why not.", (jimmy.UserBalanceAnswer, jimmy.ErrorAnswer)),
                429: _JIMMY_TOO_MUCH,
            },
        ),
        Operation(
            method="GET",
            path="/api/open-api/v1/key/balance",
            name="jimmyKeyBalance",
            summary="The key's quota",
            answers={
                200: Answer("The quota, or why not.", (jimmy.KeyBalanceAnswer, jimmy.ErrorAnswer)),
                429: _JIMMY_TOO_MUCH,
            },
        ),
        Operation(
            method="GET",
            path="/api/openapi/model/catalog",
            name="jimmyCatalogue",
            summary="The public price list",
            description="Needs no key.",
            key="no",
            parameters=(
                Parameter(
                    name="search",
                    place="query",
                    required=False,
                    description="Only rows whose name, display name, type or remark has this text.",
                    example="mini",
                ),
            ),
            answers={200: Answer("The rows.", (jimmy.CatalogueAnswer,))},
        ),
        *JIMMY_ASSETS,
    ),
)

_SENSEAUDIO_ERRORS = {
    400: Answer("The request is wrong, or the account's balance does not cover it.", (senseaudio.ErrorAnswer,)),
    401: Answer("The key is missing or wrong.", (senseaudio.ErrorAnswer,)),
    404: Answer("There is no such order, or it is not yours.", (senseaudio.ErrorAnswer,)),
    409: Answer("The idempotency key came before with another order.", (senseaudio.ErrorAnswer,)),
    413: Answer("The body is too large.", (senseaudio.ErrorAnswer,)),
    429: Answer(_TOO_MUCH, (senseaudio.ErrorAnswer,)),
    500: Answer(
        "Busy: try again. Also for a model that is not known, as measured, unless the operator chose 400.",
        (senseaudio.ErrorAnswer,),
    ),
}

SENSEAUDIO = Section(
    dialect="senseaudio",
    schema_prefix="SenseAudio",
    description="Bare JSON answers without an envelope. Pictures, clips and sounds stand in one `content` list, and "
    "pictures and sounds may be sent inside the body as data URLs.",
    operations=(
        Operation(
            method="POST",
            path="/v1/video/create",
            name="senseaudioCreate",
            summary="Order a film",
            description="Media are looked at before the order is accepted.",
            parameters=(IDEMPOTENCY_KEY,),
            body=senseaudio.CreateRequest,
            examples=SENSEAUDIO_EXAMPLES,
            answers={
                200: Answer("The order is accepted.", (senseaudio.Created,)),
                **{status: _SENSEAUDIO_ERRORS[status] for status in (400, 401, 409, 413, 429, 500)},
            },
        ),
        Operation(
            method="GET",
            path="/v1/video/status",
            name="senseaudioQuery",
            summary="Ask about an order",
            description="`pending`, `processing`, then `completed` with `video_url`, or `failed` with "
            "`error_message`. A failed order is a successful query.",
            parameters=(
                Parameter(
                    name="id",
                    place="query",
                    required=True,
                    description="The `task_id` of the order.",
                    example="6d1f0f0e-3c52-4c0e-9a55-0f6f2a1f7b11",
                ),
            ),
            answers={
                200: Answer("How the order is doing.", (senseaudio.TaskAnswer,)),
                **{status: _SENSEAUDIO_ERRORS[status] for status in (400, 401, 404, 429, 500)},
            },
        ),
        Operation(
            method="GET",
            path="/v1/models",
            name="senseaudioModels",
            summary="List the models",
            description="With a `mode`, in SenseAudio's form.",
            parameters=(
                Parameter(
                    name="mode",
                    place="query",
                    required=False,
                    description="Only models of this mode; all of ours are `video`.",
                    example="video",
                ),
            ),
            answers={
                200: Answer("The models; none for a mode that nobody has.", (senseaudio.ModelList,)),
                **{status: _SENSEAUDIO_ERRORS[status] for status in (401, 429, 500)},
            },
        ),
    ),
)

_INK_ERRORS = {
    400: Answer("The request is wrong; the message says every field that is.", (ink.ErrorAnswer,)),
    401: Answer("The key is missing, revoked or wrong.", (ink.ErrorAnswer,)),
    402: Answer("The account's credits, or the key's quota, do not cover the order.", (ink.ErrorAnswer,)),
    404: Answer("There is no such order, or it is not yours.", (ink.ErrorAnswer,)),
    409: Answer(
        "It has ended already, otherwise than cancelled; or the idempotency key came before with another order.",
        (ink.ErrorAnswer,),
    ),
    413: Answer("The body is too large.", (ink.ErrorAnswer,)),
    429: Answer(_TOO_MUCH, (ink.ErrorAnswer,)),
    503: Answer("The database or the object store is away; try again.", (ink.ErrorAnswer,)),
}

_INK_REQUEST_ID = Parameter(
    name="requestId",
    place="path",
    required=True,
    description="As create answered it.",
    example="req_00ooKlYDK8GjUr5LX2kMhG",
)
INK = Section(
    dialect="ink",
    schema_prefix="Ink",
    description="camelCase, flat answers with `success`, HTTP statuses that mean something. What kind of order it is "
    "follows from `mediaUrls`: none, one or two pictures as first and last frame, or anything as reference.",
    operations=(
        Operation(
            method="POST",
            path="/api/open/v1/video/generations",
            name="inkCreate",
            summary="Order a film",
            description="Answers at once; ask for the order with its `requestId`.",
            parameters=(IDEMPOTENCY_KEY,),
            body=ink.CreateRequest,
            examples=INK_EXAMPLES,
            answers={
                200: Answer("The order is accepted and its credits are reserved.", (ink.Created,)),
                **{status: _INK_ERRORS[status] for status in (400, 401, 402, 409, 413, 429, 503)},
            },
        ),
        Operation(
            method="GET",
            path="/api/open/v1/video/generations/{requestId}",
            name="inkQuery",
            summary="Ask about an order",
            description="A failed order is a successful answer with `status` `failed` and an `error`.",
            parameters=(_INK_REQUEST_ID,),
            answers={
                200: Answer("How the order is doing.", (ink.TaskAnswer,)),
                **{status: _INK_ERRORS[status] for status in (401, 404, 429, 503)},
            },
        ),
        Operation(
            method="POST",
            path="/api/open/v1/video/generations/{requestId}/cancel",
            name="inkCancel",
            summary="Cancel an order",
            description="Works until the film is finished; the whole price goes back. A second cancel answers as the "
            "first.",
            parameters=(_INK_REQUEST_ID,),
            answers={
                200: Answer("It is cancelled.", (ink.Cancelled,)),
                **{status: _INK_ERRORS[status] for status in (401, 404, 409, 429, 503)},
            },
        ),
        Operation(
            method="GET",
            path="/api/open/v1/models",
            name="inkModels",
            summary="List the models",
            description="Needs no key, but a wrong one is refused, and a good one sees what it may order.",
            key="optional",
            answers={
                200: Answer("The models, their terms and prices.", (ink.ModelList,)),
                **{status: _INK_ERRORS[status] for status in (401, 429, 503)},
            },
        ),
    ),
)

OPERATIONS = Section(
    dialect=None,
    title="Operations",
    schema_prefix="",
    description="For whoever runs this server.",
    operations=(
        Operation(
            method="GET",
            path="/healthz",
            name="health",
            summary="Is the process alive?",
            key="no",
            answers={200: Answer("It is.", (Health,))},
        ),
        Operation(
            method="GET",
            path="/readyz",
            name="readiness",
            summary="Can it do its work?",
            key="no",
            answers={
                200: Answer("The database and the object store answer.", (Readiness,)),
                503: Answer("One of them does not; the answer says which.", (Readiness,)),
            },
        ),
        Operation(
            method="GET",
            path="/metrics",
            name="metrics",
            summary="Figures for Prometheus",
            description="Needs the setting `metrics_token` as its bearer token; without that setting there is none.",
            key="no",
            answers={
                200: Answer("The metrics.", content_type="text/plain"),
                401: Answer("The token is missing or wrong.", content_type="text/plain"),
                404: Answer("The operator has set no token.", content_type="text/plain"),
            },
        ),
    ),
)

SECTIONS: tuple[Section, ...] = (JIMMY, SENSEAUDIO, INK, ARK, OPENAI, NATIVE, OPERATIONS)
