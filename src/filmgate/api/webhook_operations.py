"""The operations of webhooks and deliveries, as people read of them."""

from filmgate.api.native_answers import CURSOR, LIMIT, answers
from filmgate.api.operation import Answer, Operation, Parameter, query
from filmgate.dialects.example import Example
from filmgate.dialects.native import webhook_wire as webhooks
from filmgate.webhook import STATES, STATUSES, event_name

_WEBHOOK_ID = Parameter(
    name="webhook_id",
    place="path",
    required=True,
    description="As the endpoint's creation answered it.",
    example="wh_00ooKlYDK8GjUr5LX2kMhG",
)
_DELIVERY_ID = Parameter(
    name="delivery_id",
    place="path",
    required=True,
    description="As the list shows it.",
    example="dlv_3v0qbQ1Zt4mBS2Wk0E5x7c",
)
_DELIVERY_FILTER = (
    query("state", f"Only these: {', '.join(STATES)}.", "dead"),
    query("event", f"Only news of this: {', '.join(map(event_name, STATUSES))}.", "task.succeeded"),
    query("task_id", "Only news of this order.", "task_00ooKlYDK8GjUr5LX2kMhG"),
    query("webhook_id", "Only for this endpoint.", "wh_00ooKlYDK8GjUr5LX2kMhG"),
    query("created_from", "Only from this moment on.", "2026-01-31T00:00:00Z"),
    query("created_before", "Only before this moment.", "2026-02-01T00:00:00Z"),
    LIMIT,
    CURSOR,
)

WEBHOOKS: tuple[Operation, ...] = (
    Operation(
        method="GET",
        path="/filmgate/v1/webhooks",
        name="listWebhooks",
        summary="List the endpoints",
        answers=answers({200: Answer("All of them.", (webhooks.WebhookList,))}),
    ),
    Operation(
        method="POST",
        path="/filmgate/v1/webhooks",
        name="addWebhook",
        summary="Add an endpoint",
        description="It is told of the orders of the whole account, whichever API they come through, from now on. "
        "News of orders of test keys goes to their own webhooks alone.",
        body=webhooks.NewWebhook,
        examples=(
            Example(
                title="Told of the ends of all orders",
                body={"url": "https://hooks.example.org/films"},
            ),
            Example(
                title="Told of failures only",
                body={
                    "url": "https://hooks.example.org/alarm",
                    "events": ["task.failed", "task.expired"],
                    "description": "Wakes someone up",
                },
            ),
        ),
        answers=answers({201: Answer("It is there.", (webhooks.Webhook,))}, 400, 413),
    ),
    Operation(
        method="GET",
        path="/filmgate/v1/webhooks/{webhook_id}",
        name="showWebhook",
        summary="Show an endpoint",
        parameters=(_WEBHOOK_ID,),
        answers=answers({200: Answer("It.", (webhooks.Webhook,))}, 404),
    ),
    Operation(
        method="PATCH",
        path="/filmgate/v1/webhooks/{webhook_id}",
        name="changeWebhook",
        summary="Change an endpoint",
        description="What waits for it goes to its new url. What comes due while it is disabled is dead, and can be "
        "replayed later.",
        parameters=(_WEBHOOK_ID,),
        body=webhooks.WebhookChanges,
        examples=(
            Example(title="Another url", body={"url": "https://hooks.example.org/films/v2"}),
            Example(title="Switch it off", body={"disabled": True}),
        ),
        answers=answers({200: Answer("As it is now.", (webhooks.Webhook,))}, 400, 404, 413),
    ),
    Operation(
        method="DELETE",
        path="/filmgate/v1/webhooks/{webhook_id}",
        name="removeWebhook",
        summary="Remove an endpoint",
        description="What still waits for it is not sent any more.",
        parameters=(_WEBHOOK_ID,),
        answers=answers({200: Answer("It is gone.", (webhooks.WebhookRemoved,))}, 404),
    ),
    Operation(
        method="GET",
        path="/filmgate/v1/webhooks/secret",
        name="showWebhookSecret",
        summary="Show the secret that news is signed with",
        description="One for the account, made when it is first asked for.",
        answers=answers({200: Answer("It, and those that sign still.", (webhooks.WebhookSecret,))}),
    ),
    Operation(
        method="POST",
        path="/filmgate/v1/webhooks/secret/rotate",
        name="rotateWebhookSecret",
        summary="Rotate the secret",
        description="The secret before signs too for a day, or for as long as `overlap_hours` says.",
        body=webhooks.Rotation,
        body_required=False,
        examples=(Example(title="The secret has leaked", body={"overlap_hours": 0}),),
        answers=answers({200: Answer("The new one.", (webhooks.WebhookSecret,))}, 400, 409, 413),
    ),
)

DELIVERIES: tuple[Operation, ...] = (
    Operation(
        method="GET",
        path="/filmgate/v1/deliveries",
        name="listDeliveries",
        summary="List deliveries",
        description="What became of each piece of news, newest first; kept for 30 days after its end.",
        parameters=_DELIVERY_FILTER,
        answers=answers({200: Answer("A page.", (webhooks.DeliveryList,))}, 400),
    ),
    Operation(
        method="GET",
        path="/filmgate/v1/deliveries/{delivery_id}",
        name="showDelivery",
        summary="Show a delivery and its attempts",
        parameters=(_DELIVERY_ID,),
        answers=answers({200: Answer("It.", (webhooks.DeliveryDetail,))}, 404),
    ),
    Operation(
        method="POST",
        path="/filmgate/v1/deliveries/{delivery_id}/replay",
        name="replayDelivery",
        summary="Send a delivery again",
        description="At once, with a fresh schedule of retries, whatever became of it before.",
        parameters=(_DELIVERY_ID,),
        answers=answers({202: Answer("It is on its way.", (webhooks.DeliveryDetail,))}, 404, 409),
    ),
    Operation(
        method="POST",
        path="/filmgate/v1/deliveries/replay",
        name="replayDeliveries",
        summary="Send many deliveries again",
        description="All that match, newest first, at most 10,000 in one call; the dead ones unless `state` says "
        "otherwise. What has no endpoint any more is left out. Where there are more, `next_cursor` leads on.",
        body=webhooks.ReplayRequest,
        body_required=False,
        examples=(
            Example(title="All that are dead", body={}),
            Example(
                title="All that one endpoint was told in an hour",
                body={
                    "state": "delivered",
                    "webhook_id": "wh_00ooKlYDK8GjUr5LX2kMhG",
                    "created_from": "2026-01-31T12:00:00Z",
                    "created_before": "2026-01-31T13:00:00Z",
                },
            ),
        ),
        answers=answers({202: Answer("So many are on their way.", (webhooks.Replayed,))}, 400, 413),
    ),
)
