"""Create bodies for the pages that show the Ark API."""

from filmgate.dialects.example import Example

EXAMPLES: tuple[Example, ...] = (
    Example(
        title="Text",
        body={
            "model": "doubao-seedance-2-0-260128",
            "content": [{"type": "text", "text": "A red paper boat on a calm pond"}],
            "resolution": "480p",
            "ratio": "16:9",
            "duration": 5,
        },
    ),
    Example(
        title="From a first frame, with the last frame as a picture",
        body={
            "model": "doubao-seedance-2-0-260128",
            "content": [
                {"type": "text", "text": "The camera pulls back"},
                {
                    "type": "image_url",
                    "role": "first_frame",
                    "image_url": {"url": "https://media.example.org/bud.png"},
                },
            ],
            "ratio": "adaptive",
            "duration": 5,
            "return_last_frame": True,
        },
    ),
    Example(
        title="Between two frames, told of every change",
        body={
            "model": "doubao-seedance-1-5-pro-251215",
            "content": [
                {"type": "text", "text": "The bud opens slowly"},
                {
                    "type": "image_url",
                    "role": "first_frame",
                    "image_url": {"url": "https://media.example.org/bud.png"},
                },
                {
                    "type": "image_url",
                    "role": "last_frame",
                    "image_url": {"url": "https://media.example.org/bloom.png"},
                },
            ],
            "resolution": "720p",
            "duration": 8,
            "camera_fixed": True,
            "callback_url": "https://hooks.example.org/ark",
        },
    ),
    Example(
        title="References of every kind",
        body={
            "model": "doubao-seedance-2-5-260628",
            "content": [
                {"type": "text", "text": "Image 1 dances to audio 1, camera as in video 1"},
                {
                    "type": "image_url",
                    "role": "reference_image",
                    "image_url": {"url": "https://media.example.org/dancer.png"},
                },
                {
                    "type": "video_url",
                    "role": "reference_video",
                    "video_url": {"url": "https://media.example.org/move.mp4"},
                },
                {
                    "type": "audio_url",
                    "role": "reference_audio",
                    "audio_url": {"url": "https://media.example.org/beat.mp3"},
                },
            ],
            "resolution": "1080p",
            "ratio": "16:9",
            "duration": 20,
            "generate_audio": True,
            "watermark": True,
            "priority": 3,
            "safety_identifier": "5f2c9a",
            "omni_reference_task_type": "reference",
        },
    ),
    Example(
        title="A quick and cheap draft",
        body={
            "model": "doubao-seedance-2-5-260628",
            "content": [{"type": "text", "text": "Lanterns rise over the river"}],
            "draft": True,
            "seed": 58291,
        },
    ),
)
