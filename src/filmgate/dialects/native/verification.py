"""Where a file came from, in the native form."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from filmgate.dialects.native.wire import TaskId

Verdict = Literal["made_here", "altered", "signed_elsewhere", "unknown"]
"""What a file is: a film of ours as it left us; one that was changed since, or bytes that a label of ours was put onto;
one with somebody else's signature; nothing that we know of."""


class ShownManifest(Struct, frozen=True, kw_only=True):
    """The C2PA manifest in a file."""

    state: Annotated[
        Literal["valid", "altered", "outdated", "broken"],
        Meta(
            description="It holds; the file was changed since; it holds, but its certificate is past its time; it is "
            "damaged or forged."
        ),
    ]
    own: Annotated[bool, Meta(description="This installation signed it.")]
    signer: Annotated[str | None, Meta(description="The name in the signer's certificate.")]
    organisation: str | None
    development: Annotated[
        bool, Meta(description="It signed with a certificate of its own making, for which nobody vouches.")
    ]
    generator: Annotated[str | None, Meta(description="The program that wrote it.", examples=["filmgate 0.1.0"])]
    source_type: Annotated[
        str | None,
        Meta(description="How the film came about, in IPTC's words.", examples=["trainedAlgorithmicMedia"]),
    ]


class ShownEntry(Struct, frozen=True, kw_only=True):
    """The AIGC entry in a file's metadata. Anybody can write one: it proves nothing."""

    label: str
    content_producer: str
    produce_id: str
    content_propagator: str
    propagate_id: str


class Verification(Struct, frozen=True, kw_only=True):
    """Whether a file came from here. Of films that are not yours nothing but that is told."""

    object: Literal["verification"] = "verification"
    verdict: Verdict
    sha256: str
    task_id: Annotated[TaskId | None, Meta(description="The order that it was made for, if it is yours.")]
    manifest: ShownManifest | None
    aigc: ShownEntry | None
