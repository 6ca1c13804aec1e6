"""Every operation of the OpenAI Videos API, as people read of them."""

from filmgate.api.operation import IDEMPOTENCY_KEY, Answer, Operation, Parameter, Section, query
from filmgate.dialects.openai import wire
from filmgate.dialects.openai.examples import (
    EDIT_EXAMPLES,
    EXAMPLES,
    EXTENSION_EXAMPLES,
    FORM_EXAMPLES,
    REMIX_EXAMPLES,
)

_ERRORS = {
    400: Answer("The request is wrong; the message says every field that is.", (wire.ErrorAnswer,)),
    401: Answer("The key is missing, revoked or wrong.", (wire.ErrorAnswer,)),
    404: Answer("There is no such video or model, or it is not yours; or it has no content yet.", (wire.ErrorAnswer,)),
    409: Answer("The idempotency key came before with another order.", (wire.ErrorAnswer,)),
    413: Answer("The body is too large.", (wire.ErrorAnswer,)),
    429: Answer(
        "Too much at once, then Retry-After says for how long; or the credits do not cover the order.",
        (wire.ErrorAnswer,),
    ),
    503: Answer(
        "The database or the object store is away. After a create without an idempotency key, look through the list "
        "before you try again.",
        (wire.ErrorAnswer,),
    ),
}
_ORDER_ERRORS = (400, 404, 409, 413)


def _answers(good: Answer, *statuses: int) -> dict[int, Answer]:
    return {200: good} | {status: _ERRORS[status] for status in sorted({*statuses, 401, 429, 503})}


_ACCEPTED = Answer("The order is accepted.", (wire.TaskAnswer,))
_VIDEO_ID = Parameter(
    name="video_id",
    place="path",
    required=True,
    description="As create answered it.",
    example="video_00ooKlYDK8GjUr5LX2kMhG",
)
_RANGE = Parameter(
    name="Range",
    place="header",
    required=False,
    description="A part of the file.",
    example="bytes=0-1023",
    is_shown_in_calls=False,
)
_CONTENT = {
    200: Answer("The file.", content_type="video/mp4", other_types=("image/jpeg",)),
    206: Answer("The part that was asked for.", content_type="video/mp4", other_types=("image/jpeg",)),
    304: Answer("You have it already.", content_type=None),
    416: Answer("The part lies outside of the file.", content_type=None),
}

OPENAI = Section(
    dialect="openai",
    schema_prefix="OpenAI",
    description="OpenAI's SDKs work with this server as their base URL and `/v1` behind it. Orders come as JSON or as "
    "forms; uploads go to any model. The names of Ark for what OpenAI has no word for are read too, such as "
    "`resolution`, `ratio`, `seed`, `generate_audio` and `callback_url`.",
    operations=(
        Operation(
            method="POST",
            path="/v1/videos",
            name="openaiCreate",
            summary="Order a video",
            description="Media are looked at before the order is accepted.",
            parameters=(IDEMPOTENCY_KEY,),
            body=wire.CreateRequest,
            examples=EXAMPLES,
            form=wire.CreateForm,
            form_examples=FORM_EXAMPLES,
            answers=_answers(_ACCEPTED, *_ORDER_ERRORS),
        ),
        Operation(
            method="GET",
            path="/v1/videos",
            name="openaiList",
            summary="List the account's videos",
            description="Only those that were ordered through this API.",
            parameters=(
                query("after", "The `last_id` of the page before.", "video_00ooKlYDK8GjUr5LX2kMhG"),
                query("limit", "How many to show, 0 to 100; 20 if absent.", "20", shown=True),
                query("order", "`desc`, newest first, or `asc`.", "desc", shown=True),
            ),
            answers=_answers(Answer("A page of videos.", (wire.VideoList,)), 400),
        ),
        Operation(
            method="GET",
            path="/v1/videos/{video_id}",
            name="openaiRetrieve",
            summary="Ask about a video",
            description="A failed one is a successful answer with `status` `failed` and an `error`. The header "
            "`openai-poll-after-ms` says how long to wait before asking again.",
            parameters=(_VIDEO_ID,),
            answers=_answers(Answer("How it is doing.", (wire.TaskAnswer,)), 404),
        ),
        Operation(
            method="GET",
            path="/v1/videos/{video_id}/content",
            name="openaiContent",
            summary="Fetch a video or one of its pictures",
            parameters=(
                _VIDEO_ID,
                query("variant", "`video`, `thumbnail` or `spritesheet`.", "video", shown=True),
                _RANGE,
            ),
            answers=_CONTENT | {status: _ERRORS[status] for status in (400, 401, 404, 429, 503)},
        ),
        Operation(
            method="DELETE",
            path="/v1/videos/{video_id}",
            name="openaiDelete",
            summary="Delete a video",
            description="One that is not finished is cancelled first, at no cost unless the model charges for a cancel "
            "in the making.",
            parameters=(_VIDEO_ID,),
            answers=_answers(Answer("It is gone.", (wire.Deleted,)), 404),
        ),
        Operation(
            method="POST",
            path="/v1/videos/{video_id}/remix",
            name="openaiRemix",
            summary="Make a video anew, with a change",
            description="For models that take reference videos; what is left open is as in the first video.",
            parameters=(_VIDEO_ID, IDEMPOTENCY_KEY),
            body=wire.RemixRequest,
            examples=REMIX_EXAMPLES,
            answers=_answers(_ACCEPTED, *_ORDER_ERRORS),
        ),
        Operation(
            method="POST",
            path="/v1/videos/edits",
            name="openaiEdit",
            summary="Change something in a video",
            description="For models that take reference videos.",
            parameters=(IDEMPOTENCY_KEY,),
            body=wire.EditRequest,
            examples=EDIT_EXAMPLES,
            form=wire.EditForm,
            answers=_answers(_ACCEPTED, *_ORDER_ERRORS),
        ),
        Operation(
            method="POST",
            path="/v1/videos/extensions",
            name="openaiExtend",
            summary="Make what comes after a video",
            description="For models that take reference videos. The new part is a video of its own.",
            parameters=(IDEMPOTENCY_KEY,),
            body=wire.ExtensionRequest,
            examples=EXTENSION_EXAMPLES,
            form=wire.ExtensionForm,
            answers=_answers(_ACCEPTED, *_ORDER_ERRORS),
        ),
        Operation(
            method="GET",
            path="/v1/models",
            name="openaiModels",
            summary="List the models",
            description="Without a `mode`, in OpenAI's form: the models that can be ordered with this key.",
            answers=_answers(Answer("The models, as OpenAI lists them.", (wire.ModelList,))),
        ),
    ),
)
