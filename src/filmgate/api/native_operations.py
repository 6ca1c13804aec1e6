"""Every operation of the native API, as people read of them."""

from filmgate.api.consent_operations import CONSENTS
from filmgate.api.native_answers import CURSOR, LIMIT, answers
from filmgate.api.native_asset_operations import ASSETS
from filmgate.api.operation import IDEMPOTENCY_KEY, Answer, Operation, Parameter, Section, query
from filmgate.api.review_operations import REVIEWS
from filmgate.api.webhook_operations import DELIVERIES, WEBHOOKS
from filmgate.dialects.native import EXAMPLES, wire
from filmgate.dialects.native.attempts import AttemptList, CancelAnswer
from filmgate.dialects.native.receipt import Receipt
from filmgate.dialects.native.verification import Verification

_TASK_ID = Parameter(
    name="task_id",
    place="path",
    required=True,
    description="As create answered it, or as any dialect shows it.",
    example="task_00ooKlYDK8GjUr5LX2kMhG",
)

NATIVE = Section(
    dialect="native",
    schema_prefix="Native",
    description="Everything that the vendors' APIs have no words for, and every order whichever of them it came in. "
    "Amounts are credits, times RFC 3339. Errors list every violation with its field and what is allowed.",
    operations=(
        Operation(
            method="POST",
            path="/filmgate/v1/tasks",
            name="createTask",
            summary="Order a film",
            description="Media are looked at before the order is accepted. With `max_cost`, or with the `quote_id` of "
            "a quote for the same order, it never costs more than that.",
            parameters=(IDEMPOTENCY_KEY,),
            body=wire.CreateRequest,
            examples=EXAMPLES,
            answers=answers({201: Answer("The order is accepted.", (wire.TaskAnswer,))}, 400, 402, 409, 413),
        ),
        Operation(
            method="GET",
            path="/filmgate/v1/tasks",
            name="listTasks",
            summary="List the account's orders",
            description="Newest first. Fields may be combined; `status`, `model` and `dialect` may be repeated.",
            parameters=(
                query("status", "Only orders in these states.", "running"),
                query("model", "Only of these models.", "seedance-2.0"),
                query("dialect", "Only ordered through these APIs.", "ink"),
                query("test", "`true`: only of test keys; `false`: only of live keys.", "false"),
                query("created_from", "Only ordered at or after this time.", "2026-01-02T03:04:05Z"),
                query("created_before", "Only ordered before this time.", "2026-01-03T00:00:00Z"),
                query("metadata", "A JSON object: only orders whose metadata has these members.", '{"project":"A-77"}'),
                LIMIT,
                CURSOR,
            ),
            answers=answers({200: Answer("A page of orders.", (wire.TaskList,))}, 400),
        ),
        Operation(
            method="GET",
            path="/filmgate/v1/tasks/{task_id}",
            name="readTask",
            summary="Ask about an order",
            description="With `wait`, the answer comes as soon as the order has another status than `seen` (the one it "
            "has at the call, unless given), has ended, or time is up.",
            parameters=(
                _TASK_ID,
                query("wait", "Seconds to wait for the next status, 0 to 300.", "60", shown=True),
                query("seen", "The status that you know of.", "queued"),
            ),
            answers=answers({200: Answer("How the order is doing.", (wire.TaskAnswer,))}, 400, 404),
        ),
        Operation(
            method="GET",
            path="/filmgate/v1/tasks/{task_id}/events",
            name="streamTask",
            summary="Follow an order",
            description="Server-sent events named `task`, each with the whole order as JSON: one for each status it "
            "comes to, and its progress in between; the stream ends with the order. After a break, `Last-Event-ID` "
            "brings what was missed.",
            parameters=(
                _TASK_ID,
                Parameter(
                    name="Last-Event-ID",
                    place="header",
                    required=False,
                    description="The id of the last event that you got.",
                    example="2.45",
                    is_shown_in_calls=False,
                ),
            ),
            answers=answers(
                {
                    200: Answer("The events.", content_type="text/event-stream"),
                    204: Answer("There are none after that one, and none will come.", content_type=None),
                },
                400,
                404,
            ),
        ),
        Operation(
            method="POST",
            path="/filmgate/v1/tasks/{task_id}/cancel",
            name="cancelTask",
            summary="Cancel an order",
            description="Works until the film is finished. What it costs, `cost` says: nothing, unless the model "
            "charges for a cancel in the making. `called_off` says what the upstream really did. A second cancel "
            "answers as the first.",
            parameters=(_TASK_ID,),
            answers=answers({200: Answer("It is cancelled.", (CancelAnswer,))}, 404, 409),
        ),
        Operation(
            method="GET",
            path="/filmgate/v1/tasks/{task_id}/attempts",
            name="listAttempts",
            summary="Who was asked to make the film",
            description="Every attempt, the first one in front: at which upstream, when, and what came of it.",
            parameters=(_TASK_ID,),
            answers=answers({200: Answer("The attempts.", (AttemptList,))}, 404),
        ),
        Operation(
            method="GET",
            path="/filmgate/v1/tasks/{task_id}/receipt",
            name="readReceipt",
            summary="What an order cost and why",
            description="The price it was promised at, every attempt, and every ledger entry that belongs to it.",
            parameters=(_TASK_ID,),
            answers=answers({200: Answer("The receipt.", (Receipt,))}, 404),
        ),
        Operation(
            method="POST",
            path="/filmgate/v1/quotes",
            name="quote",
            summary="Ask what an order would cost",
            description="The body of an order. Nothing is ordered; its media are looked at. The quote is good for 15 "
            "minutes.",
            body=wire.CreateRequest,
            examples=EXAMPLES[:1],
            answers=answers({200: Answer("The price, or what is wrong.", (wire.QuoteAnswer,))}, 400, 413),
        ),
        Operation(
            method="GET",
            path="/filmgate/v1/models",
            name="listModels",
            summary="List the models",
            description="Those that are open to the key, on their own terms.",
            answers=answers({200: Answer("The models.", (wire.ModelList,))}),
        ),
        Operation(
            method="GET",
            path="/filmgate/v1/account",
            name="readAccount",
            summary="The account's money and limits",
            answers=answers({200: Answer("The account behind the key.", (wire.AccountAnswer,))}),
        ),
        Operation(
            method="GET",
            path="/filmgate/v1/ledger",
            name="listLedger",
            summary="Every movement of money",
            description="Newest first.",
            parameters=(LIMIT, CURSOR),
            answers=answers({200: Answer("A page of entries.", (wire.LedgerPage,))}, 400),
        ),
        Operation(
            method="POST",
            path="/filmgate/v1/verify",
            name="verifyFile",
            summary="Does a film come from here?",
            description="The body is the file, of up to 1 GiB; it is looked at and not kept. What its manifest says is "
            "checked, and whether it was changed since; and whether it is, byte for byte, a film that was made here. "
            "Of films that are not yours nothing but that is told.",
            takes_file=True,
            answers=answers({200: Answer("What it is.", (Verification,))}, 400, 413),
        ),
        Operation(
            method="GET",
            path="/filmgate/v1/verify/{sha256}",
            name="verifyHash",
            summary="Does a film with this hash come from here?",
            description="The same by the hash alone, for films that nobody has changed.",
            parameters=(
                Parameter(
                    name="sha256",
                    place="path",
                    required=True,
                    description="Of the file: 64 hexadecimal digits.",
                    example="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                ),
            ),
            answers=answers({200: Answer("What is known of it.", (Verification,))}, 400),
        ),
        *WEBHOOKS,
        *DELIVERIES,
        *ASSETS,
        *CONSENTS,
        *REVIEWS,
    ),
)
