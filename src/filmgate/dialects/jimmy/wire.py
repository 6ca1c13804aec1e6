"""What goes over the wire in the Jimmy dialect, member by member in the vendor's order (spec jimmy 2 to 11).

Answers are built from these structs and the API pages are generated from them. Requests are read more leniently than
a struct could (``read.py``); ``CreateRequest`` is what a well-formed one looks like.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

Status = Literal["queued", "processing", "completed", "failed"]

SuccessCode = Annotated[int | str, Meta(description="20000, unless the operator chose another form.", examples=[20000])]
Message = Annotated[str, Meta(description="`ok`, or the reason of a failure.", examples=["ok"])]
TaskId = Annotated[str, Meta(description="Names the order in queries.", examples=["vid_00ooKlYDK8GjUr5LX2kMhG"])]
UnixSeconds = Annotated[int, Meta(description="Unix seconds.", examples=[1783000000])]
Coins = Annotated[float, Meta(description="Credits.", examples=[0.9])]

_Links = list[str] | UnsetType
_Link = str | UnsetType


class CreateRequest(Struct, frozen=True, kw_only=True):
    """Orders a film (spec jimmy 4.1). Unknown members are ignored; empty text and null count as absent."""

    model: Annotated[str, Meta(description="Any model of the catalogue.", examples=["seedance2.0-of-sp"])]
    prompt: Annotated[str, Meta(description="What the film shows.", min_length=1)]
    duration: Annotated[int, Meta(description="Whole seconds, default 5.", examples=[5])] | UnsetType = UNSET
    resolution: (
        Annotated[
            str,
            Meta(
                description="Default 720p. Ignored by models that make one resolution only.",
                examples=["480p", "720p", "1080p"],
            ),
        ]
        | UnsetType
    ) = UNSET
    ratio: (
        Annotated[
            str,
            Meta(description="Default 16:9. `auto` counts as absent.", examples=["16:9", "9:16", "1:1", "Adaptive"]),
        ]
        | UnsetType
    ) = UNSET
    orientation: (
        Annotated[
            Literal["landscape", "portrait"],
            Meta(description="16:9 or 9:16, where no ratio is given."),
        ]
        | UnsetType
    ) = UNSET
    images: Annotated[_Links, Meta(description="Reference images; not together with frames.")] = UNSET
    first_image: Annotated[_Link, Meta(description="The first frame.")] = UNSET
    last_image: Annotated[_Link, Meta(description="The last frame.")] = UNSET
    reference_videos: Annotated[_Links, Meta(description="Reference clips.")] = UNSET
    reference_audios: Annotated[_Links, Meta(description="Reference sounds.")] = UNSET
    aspect_ratio: Annotated[_Link, Meta(description="Another name of `ratio`, and wins over it.")] = UNSET
    reference_images: Annotated[_Links, Meta(description="Used where `images` is empty.")] = UNSET
    videos: Annotated[_Links, Meta(description="Used where `reference_videos` is empty.")] = UNSET
    audios: Annotated[_Links, Meta(description="Used where `reference_audios` is empty.")] = UNSET
    face_processing: Annotated[bool | UnsetType, Meta(description="933 models only.")] = UNSET
    generate_audio: Annotated[bool | UnsetType, Meta(description="Whether the film has sound.")] = UNSET
    reference_mode: (
        Annotated[
            Literal["image", "media", "frame"],
            Meta(description="933 models only: `frame` makes the first two `images` the first and the last frame."),
        ]
        | UnsetType
    ) = UNSET


class CreatedTask(Struct, frozen=True, kw_only=True):
    """An accepted order (spec jimmy 4.2)."""

    task_id: TaskId
    status: Literal["queued"] = "queued"
    model: str
    created_at: UnixSeconds
    cost: Coins


class CreateAnswer(Struct, frozen=True, kw_only=True):
    """The envelope of an accepted order."""

    code: SuccessCode
    msg: Message = "ok"
    data: CreatedTask


class TaskResult(Struct, frozen=True, kw_only=True):
    """A finished film."""

    video_url: Annotated[str, Meta(description="The film, as MP4; no key is needed. Good for about three days.")]


class Usage(Struct, frozen=True, kw_only=True):
    """What a token-billed film used."""

    completion_tokens: int
    total_tokens: int


class TaskState(Struct, frozen=True, kw_only=True):
    """An order as a query shows it (spec jimmy 5). Members that do not apply yet are absent."""

    task_id: TaskId
    status: Status
    progress: Annotated[int, Meta(description="0 while queued, 1 to 99, 100; 0 when failed.", ge=0, le=100)]
    model: str
    created_at: UnixSeconds
    completed_at: Annotated[int | UnsetType, Meta(description="Unix seconds; once it has ended.")] = UNSET
    result: TaskResult | UnsetType = UNSET
    error_message: Annotated[str | UnsetType, Meta(description="Why it failed; empty once completed.")] = UNSET
    cost: Coins
    usage: Usage | UnsetType = UNSET


class TaskAnswer(Struct, frozen=True, kw_only=True):
    """The envelope of a query. A failed order is a successful query."""

    code: SuccessCode
    msg: Message = "ok"
    data: TaskState


class UserBalance(Struct, frozen=True, kw_only=True):
    """The account's money (spec jimmy 10)."""

    balance: Annotated[float, Meta(description="All that was paid in.", examples=[250])]
    used_coin: Annotated[float, Meta(description="All consumption less all refunds.", examples=[37.75])]
    available: Annotated[float, Meta(description="`balance` less `used_coin`.", examples=[212.25])]


class UserBalanceAnswer(Struct, frozen=True, kw_only=True):
    """The envelope of the account's money."""

    code: SuccessCode
    msg: Message = "ok"
    data: UserBalance


class KeyBalance(Struct, frozen=True, kw_only=True):
    """The quota of the key itself (spec jimmy 10)."""

    name: str
    total_quota: Annotated[float, Meta(description="0: unlimited.")]
    used_quota: float
    available_quota: float
    unlimited: bool


class KeyBalanceAnswer(Struct, frozen=True, kw_only=True):
    """The envelope of the key's quota."""

    code: SuccessCode
    msg: Message = "ok"
    data: KeyBalance


class PriceRow(Struct, frozen=True, kw_only=True):
    """One line of the public price list (spec jimmy 11)."""

    model_name: str
    display_name: str
    model_type: Literal["video"] = "video"
    price_mode: Literal["per_task", "per_second", "per_million_tokens"]
    unit_price: float
    remark: str
    group: str | UnsetType = UNSET


class PriceList(Struct, frozen=True, kw_only=True):
    """The public price list."""

    list: list[PriceRow]


class CatalogueAnswer(Struct, frozen=True, kw_only=True):
    """The envelope of the price list."""

    code: SuccessCode
    msg: Message = "ok"
    data: PriceList


class ErrorAnswer(Struct, frozen=True, kw_only=True):
    """A refusal or a failure of the call; the HTTP status stays 200 (spec jimmy 2.1).

    20001: the key. 20002: the parameters. -1: everything else.
    """

    code: Literal[20001, 20002, -1]
    msg: str
    data: None = None
