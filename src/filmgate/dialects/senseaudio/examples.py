"""Create bodies for the pages that show the SenseAudio API."""

from filmgate.dialects.example import Example

EXAMPLES: tuple[Example, ...] = (
    Example(
        title="Text",
        body={
            "model": "doubao-seedance-2-0-260128",
            "content": [{"type": "text", "text": "黄昏海边，海浪轻轻拍打礁石，镜头缓慢推进"}],
            "resolution": "720p",
            "ratio": "16:9",
            "duration": 10,
            "watermark": True,
            "provider_specific": {"generate_audio": True},
        },
    ),
    Example(
        title="A reference image",
        body={
            "model": "doubao-seedance-2-0-260128",
            "content": [
                {"type": "text", "text": "根据参考图生成一段自然运镜的商品短片"},
                {"type": "image", "url": "https://example.com/ref1.jpg", "role": "reference"},
            ],
            "resolution": "720p",
            "ratio": "16:9",
            "duration": 10,
            "watermark": False,
            "provider_specific": {"generate_audio": True},
        },
    ),
    Example(
        title="First and last frame",
        body={
            "model": "doubao-seedance-2-0-260128",
            "content": [
                {"type": "text", "text": "The bud opens slowly"},
                {"type": "image", "url": "https://media.example.org/bud.png", "role": "first_frame"},
                {"type": "image", "url": "https://media.example.org/bloom.png", "role": "last_frame"},
            ],
            "duration": 8,
            "resolution": "480p",
            "ratio": "1:1",
            "timeout": 7200,
        },
    ),
    Example(
        title="References of every kind",
        body={
            "model": "doubao-seedance-2-0-260128",
            "content": [
                {"type": "text", "text": "Image 1 dances to audio 1, camera as in video 1"},
                {"type": "image", "url": "https://media.example.org/dancer.png", "role": "reference"},
                {"type": "video", "video_url": "https://media.example.org/move.mp4"},
                {"type": "audio", "audio_url": "https://media.example.org/beat.mp3"},
            ],
            "duration": 10,
            "resolution": "720p",
            "ratio": "16:9",
            "provider_specific": {"generate_audio": True},
        },
    ),
)
