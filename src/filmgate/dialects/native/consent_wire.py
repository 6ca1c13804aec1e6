"""What goes over the wire about consents in the native API."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

ConsentState = Literal["valid", "ended", "revoked"]
ConsentId = Annotated[str, Meta(description="Names the consent.", examples=["cns_00ooKlYDK8GjUr5LX2kMhG"])]
Person = Annotated[str, Meta(description="Who agreed, for people.", min_length=1, max_length=200)]
AssetIds = Annotated[
    list[str], Meta(description="At most 100.", examples=[["asset-20260901120000-00a1b2c3d4e5f6g7h8"]])
]


class NewConsent(Struct, frozen=True, kw_only=True):
    """A real person's consent. Unknown members are refused."""

    person: Person
    evidence: Annotated[str, Meta(description="What proves it, in words; at most 10,000 characters.", min_length=1)]
    models: Annotated[list[str], Meta(description="Only for orders of these models.")] | UnsetType = UNSET
    valid_until: Annotated[datetime, Meta(description="Its end.", tz=True)] | UnsetType = UNSET
    asset_ids: AssetIds | UnsetType = UNSET


class ConsentForm(Struct, frozen=True, kw_only=True):
    """The same with a file as proof: a signed form, a recording."""

    file: Annotated[str, Meta(description="At most 20 MB.", extra_json_schema={"format": "binary"})]
    person: Person
    evidence: Annotated[str, Meta(description="What else there is to say.")] | UnsetType = UNSET
    models: list[str] | UnsetType = UNSET
    valid_until: Annotated[datetime, Meta(tz=True)] | UnsetType = UNSET
    asset_ids: list[str] | UnsetType = UNSET


class ConsentAssets(Struct, frozen=True, kw_only=True):
    """Assets that are to stand under a consent."""

    asset_ids: AssetIds


class Revocation(Struct, frozen=True, kw_only=True):
    """Why a consent ends."""

    reason: Annotated[str, Meta(max_length=1000)] | UnsetType = UNSET


class ConsentAnswer(Struct, frozen=True, kw_only=True):
    """A consent. Of one that another account gave, the proof is not shown."""

    object: Literal["consent"] = "consent"
    id: ConsentId
    person: str
    state: Annotated[ConsentState, Meta(description="Only a valid one covers new orders.")]
    own: Annotated[bool, Meta(description="Whether this account gave it; only then can it revoke it.")]
    given_by: Annotated[str | None, Meta(description="The door that it came through, and the key.")]
    evidence: str | None
    evidence_url: Annotated[str | None, Meta(description="A link to the file that proves it, good for an hour.")]
    evidence_sha256: str | None
    models: Annotated[list[str] | None, Meta(description="null: every model.")]
    asset_ids: Annotated[list[str], Meta(description="This account's assets under it.")]
    order_count: Annotated[int, Meta(description="This account's orders that were accepted under it.")]
    created_at: datetime
    valid_until: datetime | None
    revoked_at: datetime | None
    revoked_because: str | None


class ConsentList(Struct, frozen=True, kw_only=True):
    """Consents, newest first."""

    object: Literal["list"] = "list"
    data: list[ConsentAnswer]
    next_cursor: Annotated[str | None, Meta(description="Give it as `cursor` for the page after this one.")]
