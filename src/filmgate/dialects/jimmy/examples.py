"""Create bodies for the pages that show the Jimmy API."""

from filmgate.dialects.example import Example

EXAMPLES: tuple[Example, ...] = (
    Example(
        title="SP official: from a first frame",
        body={
            "model": "seedance2.0-of-sp",
            "prompt": "雨夜街头，女孩回头微笑，电影感镜头推进",
            "duration": 5,
            "resolution": "720p",
            "ratio": "16:9",
            "first_image": "https://example.com/start.png",
        },
    ),
    Example(
        title="SP economy: from a first frame",
        body={
            "model": "seedance2.0-sp",
            "prompt": "雨夜街头，女孩回头微笑，电影感镜头推进",
            "duration": 5,
            "resolution": "720p",
            "ratio": "16:9",
            "first_image": "https://example.com/start.png",
        },
    ),
    Example(
        title="SP economy: from reference images",
        body={
            "model": "seedance2.0-sp",
            "prompt": "人物缓缓转头，微风拂动发丝",
            "duration": 6,
            "ratio": "9:16",
            "images": ["https://example.com/ref-1.jpg", "https://example.com/ref-2.jpg"],
        },
    ),
    Example(
        title="SP economy, fast: from a registered asset",
        body={
            "model": "seedance2.0-fast-sp",
            "prompt": "镜头缓慢推进，光影变化细腻",
            "duration": 8,
            "resolution": "1080p",
            "ratio": "16:9",
            "images": ["asset://your-asset-id-here"],
        },
    ),
    Example(
        title="MD, fast: between two frames",
        body={
            "model": "seedance2.0-fast-md",
            "prompt": "Lantern lights up, slow orbit",
            "duration": 10,
            "ratio": "1:1",
            "first_image": "https://media.example.org/l0.png",
            "last_image": "https://media.example.org/l1.png",
        },
    ),
    Example(
        title="Mini video: the camera of a reference clip",
        body={
            "model": "seedance2.0-mini-video",
            "prompt": "Same camera move over a desert",
            "duration": 8,
            "resolution": "720p",
            "ratio": "16:9",
            "reference_videos": ["https://media.example.org/move-3s.mp4"],
        },
    ),
    Example(
        title="STD: clip and sound",
        body={
            "model": "seedance2.0-std",
            "prompt": "Cut on the beat",
            "duration": 12,
            "ratio": "3:4",
            "reference_videos": ["https://media.example.org/dance.mp4"],
            "reference_audios": ["https://media.example.org/beat.wav"],
        },
    ),
    Example(
        title="Full: assets that passed the review",
        body={
            "model": "sd2_mx_video_1080p",
            "prompt": "Follow the pacing of the clip, keep the jacket of the first picture",
            "duration": 10,
            "ratio": "21:9",
            "images": ["asset://a-7d31"],
            "reference_videos": ["asset://a-7d40"],
            "reference_audios": ["asset://a-7d32"],
        },
    ),
)
