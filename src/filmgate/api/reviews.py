"""The door for an outside moderator: its answers, proven by their signature and not by a key."""

from filmgate.api.bodies import read_json_body
from filmgate.api.calls import Call
from filmgate.api.desk import Desk
from filmgate.dialects.base import Reply
from filmgate.dialects.native import review_wire as wire
from filmgate.dialects.phrasing import reply
from filmgate.review import show_review_id
from filmgate.work.moderate import decided, proven_decision, unknown_review

_BODY_LIMIT_BYTES = 64 * 1024


async def decide(desk: Desk, call: Call) -> Reply:
    """A moderator's answer to a question that it was asked."""
    body = await read_json_body(call, _BODY_LIMIT_BYTES)
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in call.headers.items()}
    answered = proven_decision(desk.services.moderation_secret, headers, body)
    if answered.review_id is None:
        raise unknown_review()
    outcome = await decided(desk.services.reviews, answered.review_id, answered, desk.services.clock())
    if outcome == "unknown":
        raise unknown_review()
    return reply(wire.ReviewDecided(id=show_review_id(answered.review_id), outcome=outcome))
