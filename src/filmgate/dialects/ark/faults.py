"""Whose fault a vendor's refusal was: every code of spec ark 7 has its place here.

A code of several words, such as ``InvalidParameter.TosURLInvalid``, has the place of its first one unless it stands
here itself.
"""

from filmgate.dialects.understanding import fault_of_create
from filmgate.dialects.understanding import fault_of_question as fault_of_bare_question
from filmgate.errors import Fault

_BY_CODE: dict[str, Fault] = {
    # Wrong values, and things that are not there. What is wrong with a model is the route's matter: its name is
    # configured here, and another route may have it.
    "MissingParameter": "order",
    "InvalidParameter": "order",
    "InvalidArgumentError": "order",
    "InvalidImageURL": "order",
    "NotFound": "order",
    "ResourceNotFound": "order",
    "InvalidEndpoint": "account",
    "InvalidEndpointOrModel": "account",
    "ModelNotOpen": "account",
    "UnsupportedModel": "account",
    # Keys, rights and money.
    "AuthenticationError": "account",
    "InvalidAccountStatus": "account",
    "AccessDenied": "account",
    "OperationDenied": "account",
    "AccountOverdueError": "account",
    # Limits. They pass, even a quota: it also stands for too many tasks waiting.
    "RateLimitExceeded": "busy",
    "ModelAccountRpmRateLimitExceeded": "busy",
    "ModelAccountTpmRateLimitExceeded": "busy",
    "ModelAccountIpmRateLimitExceeded": "busy",
    "APIAccountRpmRateLimitExceeded": "busy",
    "AccountRateLimitExceeded": "busy",
    "QuotaExceeded": "busy",
    "SetLimitExceeded": "busy",
    "InflightBatchsizeExceeded": "busy",
    "ServerOverloaded": "busy",
    "RequestBurstTooFast": "busy",
    "InternalServiceError": "vendor",
    "ContentSecurityDetectionError": "content",
}
# Reviews name what they looked at before it, and what they found after it.
_CONTENT_WORDS = ("SensitiveContentDetected", "RiskDetection")

# Beside 400: what these say about an order is true whoever says it, the vendor or a proxy before it.
_ORDER_STATUSES = (413, 422)

_MEDIA_CODES = ("InvalidParameter.TosURLInvalid", "InvalidImageURL")


def is_content_code(code: str) -> bool:
    """Whether a code says that a review refused the prompt, the media or the film."""
    head = code.partition(".")[0]
    return head.endswith(_CONTENT_WORDS) or _BY_CODE.get(head) == "content"


def is_media_code(code: str) -> bool:
    """Whether a code says that a link or a file of the order is no good."""
    return code in _MEDIA_CODES or code.partition(".")[0] in _MEDIA_CODES


def fault_of_order(status: int, code: str) -> Fault:
    """Whose fault it is that there is no task: by the code, and by the status where the code is none that is known.

    Args:
        code: empty where the answer has none: then it need not come from the vendor at all.
    """
    by_status = fault_of_create(status)
    if by_status == "unclear":
        return "unclear"
    by_code = _by_code(code)
    if by_code is not None:
        return by_code
    # A wrong order is 400 and has a code (spec ark 7). Whoever refuses otherwise made nothing, and knows nothing of it.
    is_about_order = status in _ORDER_STATUSES or (status == 400 and code)
    return "vendor" if by_status == "order" and not is_about_order else by_status


def fault_of_question(status: int, code: str) -> Fault:
    """Whose fault it is that nothing is known about a task. The code of an unknown id is open (spec ark 14)."""
    by_code = _by_code(code)
    if status == 404 and code and by_code in (None, "order"):
        return "missing"
    # Of a server that broke down, a code proves nothing.
    return by_code if status < 500 and by_code in ("account", "busy") else fault_of_bare_question(status)


def _by_code(code: str) -> Fault | None:
    return "content" if is_content_code(code) else _BY_CODE.get(code.partition(".")[0])
