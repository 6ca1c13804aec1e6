"""What goes over the wire in the OpenAI dialect, field by field (spec openai_videos 2 to 8).

Answers are built from these structs and the API pages are generated from them. Requests are read more leniently than
a struct could (``read.py``); ``CreateRequest`` is what a well-formed one looks like in JSON. The same fields may come
as a form, and that is how the official SDK sends them.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

Status = Literal["queued", "in_progress", "completed", "failed"]

VideoId = Annotated[
    str, Meta(description="Names the video in all other calls.", examples=["video_00ooKlYDK8GjUr5LX2kMhG"])
]
UnixSeconds = Annotated[int, Meta(description="Unix seconds.", examples=[1783000000])]


File = Annotated[str, Meta(extra_json_schema={"format": "binary"})]
"""A part of a form with a file in it."""


class ImageReference(Struct, frozen=True, kw_only=True):
    """A picture: exactly one of the two."""

    image_url: Annotated[str, Meta(description="A link or a data URL.")] | UnsetType = UNSET
    file_id: Annotated[str, Meta(description="An asset by its id.")] | UnsetType = UNSET


class Reference(Struct, frozen=True, kw_only=True):
    """Reference material: exactly one of the three. A vLLM-Omni engine knows the names as well."""

    image_url: str | UnsetType = UNSET
    video_url: str | UnsetType = UNSET
    audio_url: str | UnsetType = UNSET


class CreateRequest(Struct, frozen=True, kw_only=True):
    """Orders a video. Unknown members are ignored; empty text and null count as absent.

    The first five members are OpenAI's, the others go beyond.
    """

    model: Annotated[
        str | UnsetType,
        Meta(description="Any model of the catalogue; the server's choice if absent.", examples=["seedance-2.0"]),
    ] = UNSET
    prompt: Annotated[str, Meta(description="What the video shows.", min_length=1)]
    seconds: Annotated[
        str | UnsetType,
        Meta(description="Whole seconds, as text or as a number; the model's default if absent.", examples=["5"]),
    ] = UNSET
    size: Annotated[
        str | UnsetType,
        Meta(description="Width x height; the model's default if absent.", examples=["1280x720", "864x496"]),
    ] = UNSET
    input_reference: Annotated[
        ImageReference | str | UnsetType,
        Meta(description="The first frame: in a form a file, else an object, a link or a data URL."),
    ] = UNSET
    input_references: Annotated[
        list[Reference | str] | UnsetType,
        Meta(description="Reference material of any kind, in order; not together with `input_reference`."),
    ] = UNSET
    resolution: Annotated[
        str | UnsetType, Meta(description="In place of `size`, with `ratio`.", examples=["480p", "720p", "1080p"])
    ] = UNSET
    ratio: Annotated[str | UnsetType, Meta(description="In place of `size`.", examples=["16:9", "adaptive"])] = UNSET
    seed: int | UnsetType = UNSET
    generate_audio: Annotated[bool | UnsetType, Meta(description="Whether the video has sound.")] = UNSET
    watermark: bool | UnsetType = UNSET
    return_last_frame: Annotated[bool | UnsetType, Meta(description="Also keep the last frame as a picture.")] = UNSET
    execution_expires_after: Annotated[int | UnsetType, Meta(description="Seconds until the order expires.")] = UNSET
    callback_url: Annotated[
        str | UnsetType, Meta(description="Where `video.completed` and `video.failed` are told.")
    ] = UNSET


class CreateForm(CreateRequest, frozen=True, kw_only=True):
    """The same as a form. Members of an object are written ``name[member]``, items of a list ``name[]``."""

    input_reference: Annotated[
        File | UnsetType, Meta(description="The first frame: a file; or a link, or `input_reference[image_url]`.")
    ] = UNSET
    input_references: Annotated[
        list[Reference | File] | UnsetType,
        Meta(description="Reference material of any kind, in order: files; or as in JSON, in JSON text."),
    ] = UNSET


class SourceVideo(Struct, frozen=True, kw_only=True):
    """A video that is there already."""

    id: VideoId


class RemixRequest(Struct, frozen=True, kw_only=True):
    """Makes a new video after the model of one that is there (spec openai_videos 7)."""

    prompt: Annotated[str, Meta(min_length=1)]


class EditRequest(Struct, frozen=True, kw_only=True):
    """Changes a video. The members of ``CreateRequest`` beyond OpenAI's are read here too."""

    prompt: Annotated[str, Meta(min_length=1)]
    video: Annotated[SourceVideo | str, Meta(description="In a form also a file.")]
    model: Annotated[str | UnsetType, Meta(description="That of the source if absent.")] = UNSET


class ExtensionRequest(Struct, frozen=True, kw_only=True):
    """Makes what comes after a video, as a video of its own."""

    prompt: Annotated[str, Meta(min_length=1)]
    video: Annotated[SourceVideo | str, Meta(description="In a form also a file.")]
    seconds: Annotated[str, Meta(description="How long the new part is.", examples=["8"])]
    model: Annotated[str | UnsetType, Meta(description="That of the source if absent.")] = UNSET


class EditForm(EditRequest, frozen=True, kw_only=True):
    """The same as a form."""

    video: Annotated[File, Meta(description="A file; or `video[id]`.")]


class ExtensionForm(ExtensionRequest, frozen=True, kw_only=True):
    """The same as a form."""

    video: Annotated[File, Meta(description="A file; or `video[id]`.")]


class VideoError(Struct, frozen=True, kw_only=True):
    """Why there is no video."""

    code: Annotated[str, Meta(examples=["provider_error", "moderation_blocked", "cancelled", "expired"])]
    message: str


class TaskAnswer(Struct, frozen=True, kw_only=True):
    """The video object: every member in every state, null where nothing applies (spec openai_videos 2.4)."""

    id: VideoId
    object: Literal["video"] = "video"
    model: str
    status: Status
    progress: Annotated[int, Meta(description="Percent; never falls.", ge=0, le=100)]
    created_at: UnixSeconds
    completed_at: UnixSeconds | None
    expires_at: Annotated[int | None, Meta(description="When the content goes away, in Unix seconds.")]
    prompt: str
    size: Annotated[str, Meta(examples=["1280x720"])]
    seconds: Annotated[str, Meta(examples=["5"])]
    remixed_from_video_id: str | None
    error: VideoError | None


class VideoList(Struct, frozen=True, kw_only=True):
    """One page of the caller's videos (spec openai_videos 4)."""

    object: Literal["list"] = "list"
    data: list[TaskAnswer]
    first_id: str | None
    last_id: Annotated[str | None, Meta(description="Goes into `after` for the next page.")]
    has_more: bool


class Deleted(Struct, frozen=True, kw_only=True):
    """The video is gone (spec openai_videos 5)."""

    id: VideoId
    object: Literal["video.deleted"] = "video.deleted"
    deleted: Literal[True] = True


class Model(Struct, frozen=True, kw_only=True):
    """A model of the catalogue."""

    id: str
    object: Literal["model"] = "model"
    created: UnixSeconds
    owned_by: str


class ModelList(Struct, frozen=True, kw_only=True):
    """The models that can be ordered."""

    object: Literal["list"] = "list"
    data: list[Model]


class EventData(Struct, frozen=True, kw_only=True):
    """What an event is about."""

    id: VideoId


class Event(Struct, frozen=True, kw_only=True):
    """What a webhook brings (spec openai_videos 8)."""

    id: Annotated[str, Meta(description="The same however often the event is sent.")]
    object: Literal["event"] = "event"
    created_at: UnixSeconds
    type: Literal["video.completed", "video.failed"]
    data: EventData


class Fault(Struct, frozen=True, kw_only=True):
    """What went wrong, for people and for machines."""

    message: str
    type: Annotated[str, Meta(examples=["invalid_request_error", "server_error"])]
    param: Annotated[str | None, Meta(description="The member that is wrong.", examples=["seconds"])]
    code: Annotated[str | None, Meta(examples=["invalid_value", "model_not_found"])]


class ErrorAnswer(Struct, frozen=True, kw_only=True):
    """The call was refused or failed (spec openai_videos 8)."""

    error: Fault
