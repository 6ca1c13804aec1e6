"""Whose fault a vendor's refusal was: every code of spec ark 7 has its place here.

A code of several words, such as ``InvalidParameter.TosURLInvalid``, has the place of its first one unless it stands
here itself.
"""

from typing import Literal

Fault = Literal["order", "content", "busy", "account", "missing", "vendor", "unclear"]

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

_BY_STATUS: dict[int, Fault] = {
    400: "order",
    401: "account",
    402: "account",
    403: "account",
    # Of a create call: the base address or the vendor's name for the model is wrong.
    404: "account",
    413: "order",
    422: "order",
    429: "busy",
}

_MEDIA_CODES = ("InvalidParameter.TosURLInvalid", "InvalidImageURL")


def is_content_code(code: str) -> bool:
    """Whether a code says that a review refused the prompt, the media or the film."""
    head = code.partition(".")[0]
    return head.endswith(_CONTENT_WORDS) or _BY_CODE.get(head) == "content"


def is_media_code(code: str) -> bool:
    """Whether a code says that a link or a file of the order is no good."""
    return code in _MEDIA_CODES or code.partition(".")[0] in _MEDIA_CODES


def fault_of(http_status: int, code: str) -> Fault:
    """Whose fault a refusal was, by its code, and by the HTTP status where the code is none that is known.

    Args:
        code: empty where the answer has none: then it need not come from the vendor at all.
    """
    if is_content_code(code):
        return "content"
    known = _BY_CODE.get(code.partition(".")[0])
    if known is not None:
        return known
    if not code and http_status == 400:
        return "vendor"
    return _BY_STATUS.get(http_status, "vendor")
