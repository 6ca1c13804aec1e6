"""Create bodies for the pages that show the Ink API."""

from filmgate.dialects.example import Example

EXAMPLES: tuple[Example, ...] = (
    Example(
        title="Text, with a webhook and metadata",
        body={
            "model": "seedance-2.0",
            "prompt": "A river flowing through an autumn forest, aerial view, cinematic motion",
            "aspectRatio": "16:9",
            "duration": 5,
            "resolution": "720p",
            "webhookUrl": "https://your-app.com/webhooks/seedance",
            "metadata": {"projectId": "proj_1001", "sceneId": "scene_08"},
        },
    ),
    Example(
        title="First and last frame",
        body={
            "model": "seedance-2.0",
            "prompt": "Fog lifts from the valley",
            "mediaUrls": ["https://media.example.org/a.png", "https://media.example.org/b.png"],
            "aspectRatio": "16:9",
            "duration": 6,
            "resolution": "720p",
        },
    ),
    Example(
        title="References of every kind",
        body={
            "model": "seedance-2.0",
            "prompt": "The character walks to the beat with the same camera move",
            "mediaUrls": [
                "https://media.example.org/hero.webp",
                "https://media.example.org/move.mp4",
                "https://media.example.org/beat.mp3",
            ],
            "duration": 10,
        },
    ),
)
