"""Whose fault a vendor's refusal was (spec ark 7)."""

import pytest
from tests.dialects.ark_samples import (
    ID,
    answered,
    of_create,
    of_query,
    refused,
)

from filmgate.dialects.base import Reply

KINDS = ("Text", "Image", "Video", "Audio")
CONTENT_CODES = [
    *(f"Input{kind}SensitiveContentDetected" for kind in KINDS),
    *(f"Output{kind}SensitiveContentDetected" for kind in KINDS),
    "InputImageSensitiveContentDetected.PrivacyInformation",
    "OutputVideoSensitiveContentDetected.PolicyViolation",
    "SensitiveContentDetected",
    "SensitiveContentDetected.SevereViolation",
    "SensitiveContentDetected.Violence",
    "InputTextRiskDetection",
    "OutputVideoRiskDetection",
    "ContentSecurityDetectionError",
]
FAULTS: list[tuple[int, str, str]] = [
    *((400, code, "content") for code in CONTENT_CODES),
    (400, "MissingParameter", "order"),
    (400, "MissingParameter.model", "order"),
    (400, "InvalidParameter", "order"),
    (400, "InvalidParameter.duration", "order"),
    (400, "InvalidParameter.UnsupportedParameter", "order"),
    (400, "InvalidParameter.TosURLInvalid", "order"),
    (400, "InvalidArgumentError", "order"),
    (400, "InvalidImageURL.EmptyURL", "order"),
    (400, "InvalidImageURL.InvalidFormat", "order"),
    (400, "InvalidEndpoint.ClosedEndpoint", "account"),
    (400, "SomethingNew", "order"),
    (401, "AuthenticationError", "account"),
    (401, "InvalidAccountStatus", "account"),
    (401, "SomethingNew", "account"),
    (403, "AccessDenied", "account"),
    (403, "OperationDenied.PermissionDenied", "account"),
    (403, "OperationDenied.ServiceNotOpen", "account"),
    (403, "OperationDenied.ServiceOverdue", "account"),
    (403, "OperationDenied.InvalidState", "account"),
    (403, "AccountOverdueError", "account"),
    (403, "SomethingNew", "account"),
    (404, "InvalidEndpointOrModel.NotFound", "account"),
    (404, "InvalidEndpointOrModel.ModelIDAccessDisabled", "account"),
    (404, "ModelNotOpen", "account"),
    (404, "UnsupportedModel", "account"),
    (404, "NotFound.asset", "order"),
    (404, "SomethingNew", "account"),
    (402, "SomethingNew", "account"),
    (413, "SomethingNew", "order"),
    (422, "SomethingNew", "order"),
    (429, "RateLimitExceeded.EndpointRPMExceeded", "busy"),
    (429, "RateLimitExceeded.EndpointTPMExceeded", "busy"),
    (429, "ModelAccountRpmRateLimitExceeded", "busy"),
    (429, "ModelAccountTpmRateLimitExceeded", "busy"),
    (429, "ModelAccountIpmRateLimitExceeded", "busy"),
    (429, "APIAccountRpmRateLimitExceeded", "busy"),
    (429, "AccountRateLimitExceeded", "busy"),
    (429, "QuotaExceeded", "busy"),
    (429, "SetLimitExceeded", "busy"),
    (429, "InflightBatchsizeExceeded", "busy"),
    (429, "ServerOverloaded", "busy"),
    (429, "RequestBurstTooFast", "busy"),
    (429, "SomethingNew", "busy"),
    (500, "InternalServiceError", "unclear"),
    (503, "ServerOverloaded", "unclear"),
    (408, "SomethingNew", "unclear"),
    (409, "SomethingNew", "unclear"),
    (418, "SomethingNew", "vendor"),
]


@pytest.mark.parametrize(("status", "code", "fault"), FAULTS)
def test_every_code_has_its_place_when_ordering(status: int, code: str, fault: str) -> None:
    failed = of_create(refused(code, status, "no"))
    verdict = "it is not clear whether the vendor took the order" if fault == "unclear" else "the vendor refused"
    assert (failed.fault, failed.vendor_code, failed.http_status) == (fault, code, status)
    assert failed.message == f"{verdict}: no"


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (answered(b"", 200), "unclear"),
        (answered(b"<html>", 200), "unclear"),
        (answered({}, 200), "unclear"),
        (answered({"id": ""}, 200), "unclear"),
        (answered({"id": None}, 200), "unclear"),
        (answered({"id": 7}, 200), "unclear"),
        (answered({"id": "x" * 500}, 200), "unclear"),
        (answered({"error": {"code": "InvalidParameter", "message": "no"}}, 200), "unclear"),
        (answered(b"", 204), "unclear"),
        (answered(b"<html>", 502), "unclear"),
        (answered(b"", 504), "unclear"),
        (answered(b"", 408), "unclear"),
        (answered(b"<html>", 400), "vendor"),
        (answered(b"<html>", 404), "account"),
        (answered(b"", 401), "account"),
        (answered(b"", 429), "busy"),
        (answered(b"<html>", 418), "vendor"),
        (answered(b"", 302), "unclear"),
    ],
)
def test_an_order_whose_answer_is_no_words_of_this_wire(reply: Reply, fault: str) -> None:
    assert of_create(reply).fault == fault


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (refused("ResourceNotFound", 404), "missing"),
        (refused("NotFound.task", 404), "missing"),
        (refused("SomethingNew", 404), "missing"),
        (answered({"code": "ResourceNotFound", "message": "no"}, 404), "missing"),
        (refused("InvalidEndpointOrModel.NotFound", 404), "account"),
        (refused("", 404), "unclear"),
        (answered({}, 404), "unclear"),
        (answered({"message": "no route"}, 404), "unclear"),
        (answered(b"<html>", 404), "unclear"),
        (refused("InvalidParameter", 400), "unclear"),
        (refused("SensitiveContentDetected", 400), "unclear"),
        (refused("AuthenticationError", 401), "account"),
        (refused("AccountOverdueError", 403), "account"),
        (refused("RequestBurstTooFast", 429), "busy"),
        (refused("InternalServiceError", 500), "unclear"),
        (refused("ServerOverloaded", 503), "unclear"),
        (refused("ResourceNotFound", 502), "unclear"),
        (answered(b"", 504), "unclear"),
        (answered(b"", 408), "unclear"),
        (answered(b"", 200), "unclear"),
        (answered({"id": ID}, 200), "unclear"),
        (answered({"id": ID, "status": 5}, 200), "unclear"),
        (answered({"id": "cgt-other", "status": "succeeded"}, 200), "unclear"),
    ],
)
def test_a_query_is_never_a_wrong_order(reply: Reply, fault: str) -> None:
    assert of_query(reply).fault == fault


def test_a_refusal_tells_when_to_come_back_and_its_name() -> None:
    failed = of_create(answered({}, 429, Retry_After="7", X_Request_Id="0217"))
    assert (failed.retry_after_seconds, failed.request_id) == (7.0, "0217")
    for text in ("soon", "-1", "nan", "inf", "Wed, 21 Oct 2026 07:28:00 GMT", ""):
        assert of_create(answered({}, 429, retry_after=text)).retry_after_seconds is None
