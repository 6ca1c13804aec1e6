"""The operation of the moderator's door, as people read of it."""

from filmgate.api.native_answers import answers
from filmgate.api.operation import Answer, Operation, Parameter
from filmgate.dialects.example import Example
from filmgate.dialects.native import review_wire as wire


def _header(name: str, description: str, example: str) -> Parameter:
    return Parameter(
        name=name, place="header", required=True, description=description, example=example, is_shown_in_calls=False
    )


REVIEWS: tuple[Operation, ...] = (
    Operation(
        method="POST",
        path="/filmgate/v1/reviews/decisions",
        name="decideReview",
        summary="Answer as the moderator",
        description="For the outside moderator, where there is one: its answer to a question that was posted to it. "
        "Signed as Standard Webhooks says, with the secret that `filmgate review secret` prints; no key.",
        key="no",
        parameters=(
            _header("webhook-id", "A name for this answer.", "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W"),
            _header("webhook-timestamp", "Unix seconds; at most five minutes old.", "1783000000"),
            _header(
                "webhook-signature",
                "`v1,` and the signature in base64.",
                "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
            ),
        ),
        body=wire.ReviewDecision,
        examples=(
            Example(
                title="It may be used",
                body={"review_id": "rev_00ooKlYDK8GjUr5LX2kMhG", "decision": "approved", "who": "night shift"},
            ),
            Example(
                title="It may not",
                body={"review_id": "rev_00ooKlYDK8GjUr5LX2kMhG", "decision": "rejected", "reason": "a trademark"},
            ),
        ),
        answers={
            status: answer
            for status, answer in answers({200: Answer("What became of it.", (wire.ReviewDecided,))}, 400, 413).items()
            if status != 429
        },
    ),
)
