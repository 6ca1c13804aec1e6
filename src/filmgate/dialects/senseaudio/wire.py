"""What goes over the wire in the SenseAudio dialect, member by member in the vendor's order (spec senseaudio 3 to 6).

Answers are built from these structs and the API pages are generated from them. Requests are read more carefully than
a struct could (``read.py``); ``CreateRequest`` is what a correct one looks like.
"""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

Status = Literal["pending", "processing", "completed", "failed"]
Role = Literal["first_frame", "last_frame", "reference"]

TaskId = Annotated[
    str, Meta(description="Names the order in queries.", examples=["6d1f0f0e-3c52-4c0e-9a55-0f6f2a1f7b11"])
]
UnixSeconds = Annotated[int, Meta(description="Unix seconds.", examples=[1790600000])]


class TextElement(Struct, frozen=True, kw_only=True, tag_field="type", tag="text"):
    """What the film shows; at most one."""

    text: str


class ImageElement(Struct, frozen=True, kw_only=True, tag_field="type", tag="image"):
    """A picture: a frame or a reference."""

    url: Annotated[str, Meta(description="An http(s) link or a data URL.")]
    role: (
        Annotated[Role, Meta(description="Without roles, one or two images alone are the first and the last frame.")]
        | UnsetType
    ) = UNSET


class AudioElement(Struct, frozen=True, kw_only=True, tag_field="type", tag="audio"):
    """A reference sound."""

    audio_url: Annotated[str, Meta(description="An http(s) link or a data URL.")]


class VideoElement(Struct, frozen=True, kw_only=True, tag_field="type", tag="video"):
    """A reference clip."""

    video_url: Annotated[str, Meta(description="An http(s) link.")]


Element = TextElement | ImageElement | AudioElement | VideoElement


class CreateRequest(Struct, frozen=True, kw_only=True):
    """Orders a film (spec senseaudio 3.1). Unknown members are ignored."""

    model: Annotated[str, Meta(description="Any model of the catalogue.", examples=["doubao-seedance-2-0-260128"])]
    content: Annotated[
        list[Element],
        Meta(
            description="A text, and either a first frame with an optional last one, or reference material. "
            "Prompts count images, audios and videos in this order.",
            min_length=1,
        ),
    ]
    duration: Annotated[int, Meta(description="Whole seconds.", examples=[10])]
    resolution: Annotated[str, Meta(examples=["480p", "720p", "1080p"])]
    ratio: Annotated[str, Meta(examples=["16:9", "9:16", "4:3", "3:4", "1:1"])]
    timeout: (
        Annotated[int, Meta(description="Seconds the whole task may take, 3600 to 172800.", examples=[88200])]
        | UnsetType
    ) = UNSET
    watermark: Annotated[bool, Meta(description="Default true.")] | UnsetType = UNSET
    provider_specific: (
        Annotated[
            dict[str, Any],
            Meta(
                description="`generate_audio` (default true) asks for sound. Anything else is ignored.",
                examples=[{"generate_audio": True}],
            ),
        ]
        | UnsetType
    ) = UNSET


class Created(Struct, frozen=True, kw_only=True):
    """The order is accepted: exactly one member (spec senseaudio 3.6)."""

    task_id: TaskId


class TaskAnswer(Struct, frozen=True, kw_only=True):
    """The state of an order (spec senseaudio 4.2). Members that do not apply yet are absent."""

    id: Annotated[str, Meta(description="The record's own id; queries go by `task_id`.")]
    model: str
    task_id: TaskId
    status: Status
    progress: Annotated[int, Meta(ge=0, le=100)]
    video_url: Annotated[str | UnsetType, Meta(description="The film, as MP4; no key is needed.")] = UNSET
    error_message: Annotated[str | UnsetType, Meta(description="Why it failed.")] = UNSET
    duration: Annotated[int, Meta(description="Seconds: as ordered, then as measured.")]
    is_new: Literal[True] = True
    created_at: UnixSeconds
    completed_at: Annotated[int | UnsetType, Meta(description="Unix seconds; once it has ended.")] = UNSET
    prompt: Annotated[str, Meta(description="Always empty: the text is in `content`.")] = ""
    resolution: str
    content: list[Element]
    ratio: str
    provider_specific: Annotated[
        dict[str, Any] | UnsetType,
        Meta(description="As ordered, and `watermark_url` where the film has a watermark."),
    ] = UNSET


class Model(Struct, frozen=True, kw_only=True):
    """A model that the key may call (spec senseaudio 6)."""

    id: str
    display_name: str
    object: Literal["model"] = "model"
    type: Literal["model"] = "model"
    mode: Literal["video"] = "video"
    protocols: list[str]
    created: UnixSeconds
    owned_by: str
    desc: str


class ModelList(Struct, frozen=True, kw_only=True):
    """The models of one mode; an unknown mode has none."""

    object: Literal["list"] = "list"
    data: list[Model]
    first_id: str
    last_id: str
    has_more: Literal[False] = False


class ErrorAnswer(Struct, frozen=True, kw_only=True):
    """The call was refused or failed (spec senseaudio 5.1).

    ``code`` is a word or, for refusals of content, the message itself.
    """

    code: Annotated[str, Meta(examples=["invalid", "不支持的视频时长", "authentication_error"])]
    message: str | UnsetType = UNSET
    ref_code: Annotated[int | UnsetType, Meta(examples=[400000])] = UNSET
    ref_scope: Annotated[str | UnsetType, Meta(examples=["common"])] = UNSET
