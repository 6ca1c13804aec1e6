"""What goes over the wire in the Ark dialect, member by member in the vendor's order (spec ark 2 to 7).

Answers are built from these structs and the API pages are generated from them. Requests are read more carefully than
a struct could (``read.py``); ``CreateRequest`` is what a correct one looks like.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

Status = Literal["queued", "running", "succeeded", "failed", "cancelled", "expired"]
ServiceTier = Literal["default", "flex"]
OutputFormat = Literal["mp4", "mov"]
TaskType = Literal["auto", "reference", "edit", "extend"]
ImageRole = Literal["first_frame", "last_frame", "reference_image"]

TaskId = Annotated[
    str,
    Meta(
        description="Names the task in queries, lists and deletions.",
        examples=["cgt-20260901120000-1wq7ydasnfrtx2xaf7"],
    ),
]
UnixSeconds = Annotated[int, Meta(description="Unix seconds.", examples=[1788235200])]


class Link(Struct, frozen=True):
    """Where a picture, clip or sound is."""

    url: Annotated[str, Meta(description="An http(s) link, `asset://` and an id, or (not for clips) a data URL.")]


class DraftTask(Struct, frozen=True):
    """A finished draft of the caller's."""

    id: TaskId


class TextItem(Struct, frozen=True, kw_only=True, tag_field="type", tag="text"):
    """What the film shows; at most one."""

    text: str


class ImageItem(Struct, frozen=True, kw_only=True, tag_field="type", tag="image_url"):
    """A picture: a frame or a reference."""

    image_url: Link
    role: Annotated[ImageRole, Meta(description="A single image without one is the first frame.")] | UnsetType = UNSET


class VideoItem(Struct, frozen=True, kw_only=True, tag_field="type", tag="video_url"):
    """A reference clip."""

    video_url: Link
    role: Literal["reference_video"]


class AudioItem(Struct, frozen=True, kw_only=True, tag_field="type", tag="audio_url"):
    """A reference sound."""

    audio_url: Link
    role: Literal["reference_audio"]


class DraftItem(Struct, frozen=True, kw_only=True, tag_field="type", tag="draft_task"):
    """The draft whose full film is ordered; the only item."""

    draft_task: DraftTask


Item = TextItem | ImageItem | VideoItem | AudioItem | DraftItem


class Tool(Struct, frozen=True):
    """What the model may use while it works."""

    type: Literal["web_search"]


class CreateRequest(Struct, frozen=True, kw_only=True):
    """Orders a film (spec ark 2.2). Null counts as absent, unknown members are ignored.

    Members that a model does not know are refused.
    """

    model: Annotated[str, Meta(description="Any model of the catalogue.", examples=["doubao-seedance-2-0-260128"])]
    content: Annotated[
        list[Item],
        Meta(
            description="A text, and either a first frame with an optional last one, or reference material. "
            "Prompts count images, videos and sounds in this order.",
            min_length=1,
        ),
    ]
    safety_identifier: (
        Annotated[str, Meta(description="Names the end user, as a hash; echoed.", max_length=64)] | UnsetType
    ) = UNSET
    callback_url: Annotated[str, Meta(description="An http(s) link; changes of status go there.")] | UnsetType = UNSET
    return_last_frame: Annotated[bool, Meta(description="Default false.")] | UnsetType = UNSET
    service_tier: Annotated[ServiceTier, Meta(description="`flex`: 1.x models.")] | UnsetType = UNSET
    execution_expires_after: (
        Annotated[int, Meta(description="Seconds from the order's arrival, 3600 to 259200.", examples=[172800])]
        | UnsetType
    ) = UNSET
    priority: Annotated[int, Meta(description="2.x models, default 0.", ge=0, le=9)] | UnsetType = UNSET
    generate_audio: (
        Annotated[bool, Meta(description="Whether the film has sound; default true. Not 1.0 models.")] | UnsetType
    ) = UNSET
    draft: Annotated[bool, Meta(description="A cheap preview in 480p. 1.5 and 2.5 models.")] | UnsetType = UNSET
    camera_fixed: Annotated[bool, Meta(description="1.x models, default false.")] | UnsetType = UNSET
    watermark: Annotated[bool, Meta(description="Default false.")] | UnsetType = UNSET
    seed: Annotated[int, Meta(description="-1 (you choose) to 4294967295.", examples=[58291])] | UnsetType = UNSET
    resolution: Annotated[str, Meta(examples=["480p", "720p", "1080p", "4k"])] | UnsetType = UNSET
    ratio: Annotated[str, Meta(examples=["adaptive", "16:9", "9:16", "1:1"])] | UnsetType = UNSET
    duration: Annotated[int, Meta(description="Whole seconds, or -1: you choose.", examples=[5])] | UnsetType = UNSET
    frames: (
        Annotated[
            int,
            Meta(description="25 and a multiple of 4, 29 to 289; wins over `duration`. 1.0 models.", examples=[121]),
        ]
        | UnsetType
    ) = UNSET
    tools: Annotated[list[Tool], Meta(description="2.x models, from text alone.")] | UnsetType = UNSET
    output_format: Annotated[OutputFormat, Meta(description="2.5 models.")] | UnsetType = UNSET
    omni_reference_task_type: Annotated[TaskType, Meta(description="2.5 models.")] | UnsetType = UNSET


class Created(Struct, frozen=True, kw_only=True):
    """The order is accepted (spec ark 2.4)."""

    id: TaskId
    safety_identifier: str | UnsetType = UNSET


class Film(Struct, frozen=True, kw_only=True):
    """A finished film."""

    video_url: Annotated[str, Meta(description="The film; no key is needed.")]
    last_frame_url: Annotated[str | UnsetType, Meta(description="PNG; only where it was ordered.")] = UNSET


class Usage(Struct, frozen=True, kw_only=True):
    """The tokens of a film."""

    completion_tokens: int
    total_tokens: int


class TaskFault(Struct, frozen=True, kw_only=True):
    """Why there is no film."""

    code: Annotated[str, Meta(examples=["SensitiveContentDetected"])]
    message: str


class TaskAnswer(Struct, frozen=True, kw_only=True):
    """The state of a task (spec ark 4). Five members while it is open, the others once it has ended."""

    id: TaskId
    model: str
    status: Status
    error: TaskFault | UnsetType | None = UNSET
    failure_reason: Annotated[
        TaskFault | UnsetType, Meta(description="In lists, the same as `error`: one client looks for it here.")
    ] = UNSET
    content: Film | UnsetType = UNSET
    usage: Usage | UnsetType = UNSET
    created_at: UnixSeconds
    updated_at: UnixSeconds
    seed: Annotated[int | UnsetType, Meta(description="As ordered.")] = UNSET
    resolution: str | UnsetType = UNSET
    ratio: Annotated[str | UnsetType, Meta(description="The film's own where `adaptive` was ordered.")] = UNSET
    duration: Annotated[int | UnsetType, Meta(description="Whole seconds, where no `frames` were ordered.")] = UNSET
    frames: int | UnsetType = UNSET
    framespersecond: Literal[24] | UnsetType = UNSET
    service_tier: ServiceTier | UnsetType = UNSET
    execution_expires_after: int | UnsetType = UNSET
    generate_audio: bool | UnsetType = UNSET
    draft: bool | UnsetType = UNSET
    draft_task_id: Annotated[str | UnsetType, Meta(description="The draft that this is the full film of.")] = UNSET
    priority: int | UnsetType = UNSET
    output_format: OutputFormat | UnsetType = UNSET
    camera_fixed: bool | UnsetType = UNSET
    omni_reference_task_type: TaskType | UnsetType = UNSET
    tools: list[Tool] | UnsetType = UNSET
    safety_identifier: str | UnsetType = UNSET


class TaskList(Struct, frozen=True, kw_only=True):
    """One page of tasks, newest first (spec ark 5)."""

    items: list[TaskAnswer]
    total: Annotated[int, Meta(description="Of all that match, not of the page.")]


class Deleted(Struct, frozen=True):
    """The task was cancelled or its record deleted (spec ark 6): an empty object."""


class Fault(Struct, frozen=True, kw_only=True):
    """What went wrong: empty text where there is nothing to say."""

    code: Annotated[str, Meta(examples=["InvalidParameter"])]
    message: str
    param: Annotated[str, Meta(examples=["duration"])]
    type: Annotated[str, Meta(description="Names the HTTP status.", examples=["BadRequest"])]


class ErrorAnswer(Struct, frozen=True, kw_only=True):
    """The call was refused or failed (spec ark 7)."""

    error: Fault
