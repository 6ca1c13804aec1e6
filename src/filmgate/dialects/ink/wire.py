"""What goes over the wire in the Ink dialect, field by field in the vendor's order (spec ink 3 to 8).

Answers are built from these structs and the API pages are generated from them. Requests are read more carefully than
a struct could (``read.py``); ``CreateRequest`` is what a correct one looks like.
"""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

Status = Literal["queued", "processing", "succeeded", "failed", "cancelled"]

RequestId = Annotated[
    str, Meta(description="Names the order in polls and cancels.", examples=["req_00ooKlYDK8GjUr5LX2kMhG"])
]


class CreateRequest(Struct, frozen=True, kw_only=True, rename="camel"):
    """Orders a film. Unknown members are ignored (spec ink 3.1)."""

    model: Annotated[str, Meta(description="Any model of the catalogue.", examples=["seedance-2.0"])]
    prompt: Annotated[str, Meta(description="What the film shows; must not be blank.", min_length=1)]
    media_urls: (
        Annotated[
            list[str],
            Meta(
                description="Public https links; the file extension says what each is. One image is the first frame, "
                "two images are the first and the last frame, anything richer is reference material.",
                examples=[["https://media.example.org/a.png", "https://media.example.org/b.png"]],
            ),
        ]
        | UnsetType
    ) = UNSET
    aspect_ratio: Annotated[str, Meta(description="Default 16:9.", examples=["16:9", "9:16", "1:1"])] | UnsetType = (
        UNSET
    )
    duration: Annotated[int, Meta(description="Whole seconds, default 5.", examples=[5])] | UnsetType = UNSET
    resolution: Annotated[str, Meta(description="Default 720p.", examples=["480p", "720p", "1080p"])] | UnsetType = (
        UNSET
    )
    webhook_url: (
        Annotated[
            str,
            Meta(
                description="Where the result is sent once the order has ended: the answer of a poll, with `metadata` "
                "and `creditsCharged`, signed.",
                examples=["https://hooks.example.org/ink"],
            ),
        ]
        | UnsetType
    ) = UNSET
    metadata: (
        Annotated[
            dict[str, Any], Meta(description="Kept with the order, for your own matching; at most 16 KB of JSON.")
        ]
        | UnsetType
    ) = UNSET


class Created(Struct, frozen=True, kw_only=True, rename="camel"):
    """The order is accepted (spec ink 3.4)."""

    success: Literal[True] = True
    request_id: RequestId
    status: Literal["queued"] = "queued"
    credits_charged: Annotated[float, Meta(description="Reserved now, given back if there is no film.", examples=[40])]


class VideoOutput(Struct, frozen=True, kw_only=True):
    """A finished film."""

    type: Literal["video"] = "video"
    url: Annotated[str, Meta(description="The film, as MP4; no key is needed.")]


class Fault(Struct, frozen=True, kw_only=True):
    """What went wrong, for machines and for people."""

    code: Annotated[str, Meta(examples=["provider_error", "invalid_request"])]
    message: str


class TaskAnswer(Struct, frozen=True, kw_only=True, rename="camel"):
    """The state of an order: nine members, null where nothing applies (spec ink 4.1).

    ``success`` speaks of the call, so it is true for a failed order too.
    """

    success: Literal[True] = True
    request_id: RequestId
    status: Status
    model: str
    prompt: str
    duration: int
    aspect_ratio: str
    output: VideoOutput | None
    error: Fault | None


class WebhookBody(TaskAnswer, frozen=True, kw_only=True, rename="camel"):
    """What an order's webhook gets: the state of the order, and two members more (spec ink 10)."""

    metadata: dict[str, Any] | None
    credits_charged: Annotated[float, Meta(description="What the order cost in the end.", examples=[40])]


class Cancelled(Struct, frozen=True, kw_only=True, rename="camel"):
    """The order was cancelled (spec ink 5)."""

    success: Literal[True] = True
    request_id: RequestId
    status: Literal["cancelled"] = "cancelled"


class Pricing(Struct, frozen=True, kw_only=True, rename="camel"):
    """What one unit of a model costs, by resolution (spec ink 6)."""

    unit: Literal["credits_per_second", "credits_per_task", "credits_per_million_tokens"]
    text_to_video: dict[str, float]
    media_to_video: dict[str, float]


class Model(Struct, frozen=True, kw_only=True, rename="camel"):
    """A model and what it can be ordered with (spec ink 6)."""

    id: str
    name: str
    durations: list[int]
    aspect_ratios: list[str]
    resolutions: list[str]
    max_media_urls: int
    pricing: Pricing


class ModelList(Struct, frozen=True, kw_only=True):
    """The models of this API."""

    success: Literal[True] = True
    data: list[Model]


class ErrorAnswer(Struct, frozen=True, kw_only=True):
    """The call was refused or failed (spec ink 8)."""

    success: Literal[False] = False
    error: Fault
