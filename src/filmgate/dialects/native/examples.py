"""Create bodies for the pages that show the native API."""

from filmgate.dialects.example import Example

EXAMPLES: tuple[Example, ...] = (
    Example(
        title="Text, with a ceiling for the price",
        body={
            "model": "seedance-2.0",
            "prompt": "A river flowing through an autumn forest, aerial view",
            "duration_seconds": 5,
            "resolution": "720p",
            "ratio": "16:9",
            "max_cost": 50,
            "metadata": {"project": "A-77", "shot": 3},
        },
    ),
    Example(
        title="First and last frame, with a webhook",
        body={
            "model": "seedance-2.0",
            "prompt": "Fog lifts from the valley",
            "media": [
                {"kind": "image", "role": "first_frame", "url": "https://media.example.org/a.png"},
                {"kind": "image", "role": "last_frame", "url": "https://media.example.org/b.png"},
            ],
            "webhook_url": "https://hooks.example.org/films",
            "webhook_events": ["running", "succeeded", "failed"],
        },
    ),
    Example(
        title="References of every kind",
        body={
            "model": "doubao-seedance-2-0-260128",
            "prompt": "The character walks to the beat with the same camera move",
            "media": [
                {"kind": "image", "role": "reference", "url": "https://media.example.org/hero.webp"},
                {"kind": "video", "role": "reference", "url": "https://media.example.org/move.mp4"},
                {"kind": "audio", "role": "reference", "url": "https://media.example.org/beat.mp3"},
            ],
            "duration_seconds": 10,
            "audio": True,
            "seed": 7,
        },
    ),
)
