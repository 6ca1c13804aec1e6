"""The operations of consents, as people read of them."""

from filmgate.api.native_answers import CURSOR, LIMIT, answers
from filmgate.api.operation import Answer, Operation, Parameter
from filmgate.dialects.example import Example
from filmgate.dialects.native import consent_wire as wire
from filmgate.dialects.native.wire import TaskList

_CONSENT_ID = Parameter(
    name="consent_id",
    place="path",
    required=True,
    description="As its creation answered it.",
    example="cns_00ooKlYDK8GjUr5LX2kMhG",
)
_ASSET_ID = "asset-20260901120000-00a1b2c3d4e5f6g7h8"
_IT = Answer("It.", (wire.ConsentAnswer,))

CONSENTS: tuple[Operation, ...] = (
    Operation(
        method="POST",
        path="/filmgate/v1/consents",
        name="giveConsent",
        summary="Give a real person's consent",
        description="Assets under a consent show a real person from then on: orders may name them while one of their "
        "consents covers the account, the model and the moment.",
        body=wire.NewConsent,
        examples=(
            Example(
                title="In words, for one model",
                body={
                    "person": "Ana Lima",
                    "evidence": "Contract 2026-17, signed on 3 May 2026",
                    "models": ["seedance2.0-sp"],
                    "valid_until": "2999-01-31T00:00:00Z",
                },
            ),
        ),
        form=wire.ConsentForm,
        form_examples=(Example(title="With a signed form", body={"file": "@signed.pdf", "person": "Ana Lima"}),),
        answers=answers({201: Answer("It is kept.", (wire.ConsentAnswer,))}, 400, 413),
    ),
    Operation(
        method="GET",
        path="/filmgate/v1/consents",
        name="listConsents",
        summary="List the consents",
        description="Those that the account gave, and those that cover it. Newest first.",
        parameters=(LIMIT, CURSOR),
        answers=answers({200: Answer("A page.", (wire.ConsentList,))}, 400),
    ),
    Operation(
        method="GET",
        path="/filmgate/v1/consents/{consent_id}",
        name="showConsent",
        summary="Show a consent",
        parameters=(_CONSENT_ID,),
        answers=answers({200: _IT}, 404),
    ),
    Operation(
        method="POST",
        path="/filmgate/v1/consents/{consent_id}/assets",
        name="coverAssets",
        summary="Put assets under a consent",
        parameters=(_CONSENT_ID,),
        body=wire.ConsentAssets,
        examples=(Example(title="One asset", body={"asset_ids": [_ASSET_ID]}),),
        answers=answers({200: _IT}, 400, 404, 413),
    ),
    Operation(
        method="POST",
        path="/filmgate/v1/consents/{consent_id}/revoke",
        name="revokeConsent",
        summary="Revoke a consent",
        description="For good: no new order may rely on it. `order_count` says how many did; their films are listed "
        "below it.",
        parameters=(_CONSENT_ID,),
        body=wire.Revocation,
        body_required=False,
        examples=(Example(title="She changed her mind", body={"reason": "withdrawn by letter of 7 June 2026"}),),
        answers=answers({200: _IT}, 400, 404, 413),
    ),
    Operation(
        method="GET",
        path="/filmgate/v1/consents/{consent_id}/tasks",
        name="listConsentTasks",
        summary="List what was ordered under a consent",
        description="Newest first, whichever API the orders came through.",
        parameters=(_CONSENT_ID, LIMIT, CURSOR),
        answers=answers({200: Answer("A page of orders.", (TaskList,))}, 400, 404),
    ),
)
