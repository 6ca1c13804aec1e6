"""Every operation of the Ark API, as people read of them."""

from filmgate.api.operation import IDEMPOTENCY_KEY, Answer, Operation, Parameter, Section, query
from filmgate.dialects.ark import EXAMPLES, wire

_ERRORS = {
    400: Answer("The request is wrong; the message says every field that is.", (wire.ErrorAnswer,)),
    401: Answer("The key is missing, revoked or wrong.", (wire.ErrorAnswer,)),
    403: Answer("The account's balance does not cover the order.", (wire.ErrorAnswer,)),
    404: Answer("There is no such task or model, or it is not yours.", (wire.ErrorAnswer,)),
    409: Answer("Its state forbids this; or the idempotency key came before with another order.", (wire.ErrorAnswer,)),
    413: Answer("The body is too large.", (wire.ErrorAnswer,)),
    429: Answer("Too much at once, then Retry-After says for how long; or the quota is used up.", (wire.ErrorAnswer,)),
    503: Answer(
        "The database or the object store is away. After a create look through the list before you try again.",
        (wire.ErrorAnswer,),
    ),
}


def _answers(good: Answer, *statuses: int) -> dict[int, Answer]:
    return {200: good} | {status: _ERRORS[status] for status in sorted({*statuses, 401, 429, 503})}


_TASK_ID = Parameter(
    name="id",
    place="path",
    required=True,
    description="As create answered it.",
    example="cgt-20260901120000-1wq7ydasnfrtx2xaf7",
)

ARK = Section(
    dialect="ark",
    schema_prefix="Ark",
    description="Content generation tasks of Volcengine Ark and BytePlus ModelArk; their SDKs work with this server as "
    "their base URL and `/api/v3` behind it. `null` counts as absent everywhere. Every error message ends with the "
    "request's id, and an `X-Client-Request-Id` comes back as it was sent.",
    operations=(
        Operation(
            method="POST",
            path="/api/v3/contents/generations/tasks",
            name="arkCreate",
            summary="Order a film",
            description="Media are looked at before the order is accepted. The full film of a finished draft is "
            "ordered with one `draft_task` item: prompt, media, length, ratio, seed and sound are the draft's.",
            parameters=(IDEMPOTENCY_KEY,),
            body=wire.CreateRequest,
            examples=EXAMPLES,
            answers=_answers(Answer("The order is accepted.", (wire.Created,)), 400, 403, 404, 409, 413),
        ),
        Operation(
            method="GET",
            path="/api/v3/contents/generations/tasks",
            name="arkList",
            summary="List the account's tasks",
            description="Newest first, and only those that were ordered through this API.",
            parameters=(
                query("page_num", "Counts from 1, to 500.", "1", shown=True),
                query("page_size", "1 to 500, 20 if absent.", "20", shown=True),
                query("filter.status", "Only tasks in this state.", "succeeded"),
                query(
                    "filter.task_ids", "Only these tasks; once for each id.", "cgt-20260901120000-1wq7ydasnfrtx2xaf7"
                ),
                query("filter.model", "Only of this model.", "doubao-seedance-2-0-260128"),
                query("filter.service_tier", "`flex`: only those; if absent, only tasks at `default`.", "default"),
            ),
            answers=_answers(Answer("A page of tasks, and how many there are in all.", (wire.TaskList,)), 400),
        ),
        Operation(
            method="GET",
            path="/api/v3/contents/generations/tasks/{id}",
            name="arkQuery",
            summary="Ask about a task",
            description="A failed task is a successful answer with `status` `failed` and an `error`.",
            parameters=(_TASK_ID,),
            answers=_answers(Answer("How the task is doing.", (wire.TaskAnswer,)), 404),
        ),
        Operation(
            method="DELETE",
            path="/api/v3/contents/generations/tasks/{id}",
            name="arkDelete",
            summary="Cancel or delete a task",
            description="A task that waits is cancelled, at no cost. One that has succeeded, failed or expired is "
            "deleted with its film. One that runs, or was cancelled, is left as it is: 409.",
            parameters=(_TASK_ID,),
            answers=_answers(Answer("It is cancelled or deleted.", (wire.Deleted,)), 404, 409),
        ),
    ),
)
