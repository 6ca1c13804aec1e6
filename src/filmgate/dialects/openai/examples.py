"""Bodies for the pages that show the OpenAI Videos API."""

from filmgate.dialects.example import Example

EXAMPLES: tuple[Example, ...] = (
    Example(
        title="Text",
        body={
            "model": "seedance-2.0",
            "prompt": "A red paper boat drifts across a calm pond, morning light",
            "seconds": "5",
            "size": "1280x720",
        },
    ),
    Example(
        title="A first frame",
        body={
            "model": "doubao-seedance-2-0-260128",
            "prompt": "The camera pulls back from the boat",
            "seconds": "8",
            "size": "720x1280",
            "input_reference": {"image_url": "https://media.example.org/boat.png"},
        },
    ),
    Example(
        title="References of every kind",
        body={
            "model": "doubao-seedance-2-0-260128",
            "prompt": "Image 1 dances to audio 1, camera as in video 1",
            "seconds": "10",
            "input_references": [
                {"image_url": "https://media.example.org/dancer.png"},
                {"video_url": "https://media.example.org/move.mp4"},
                {"audio_url": "https://media.example.org/beat.mp3"},
            ],
        },
    ),
    Example(
        title="Options beyond OpenAI's",
        body={
            "model": "doubao-seedance-2-0-260128",
            "prompt": "黄昏海边，海浪轻轻拍打礁石，镜头缓慢推进",
            "seconds": "6",
            "resolution": "1080p",
            "ratio": "21:9",
            "seed": 11,
            "generate_audio": False,
            "watermark": False,
            "callback_url": "https://hooks.example.org/videos",
        },
    ),
)

FORM_EXAMPLES: tuple[Example, ...] = (
    Example(
        title="A form with a picture",
        body={
            "model": "seedance-2.0",
            "prompt": "The camera pulls back from the boat",
            "seconds": "5",
            "size": "864x496",
            "input_reference": "@boat.png",
        },
    ),
)
REMIX_EXAMPLES: tuple[Example, ...] = (Example(title="The same at night", body={"prompt": "The same pond at night"}),)
EDIT_EXAMPLES: tuple[Example, ...] = (
    Example(
        title="One thing changed",
        body={"prompt": "The boat is blue", "video": {"id": "video_00ooKlYDK8GjUr5LX2kMhG"}},
    ),
)
EXTENSION_EXAMPLES: tuple[Example, ...] = (
    Example(
        title="Five seconds more",
        body={
            "prompt": "The boat reaches the shore",
            "seconds": "5",
            "video": {"id": "video_00ooKlYDK8GjUr5LX2kMhG"},
        },
    ),
)
