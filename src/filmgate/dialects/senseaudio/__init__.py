"""The SenseAudio dialect: the SenseAudio video API, spoken to customers and to vendors (spec senseaudio)."""

from filmgate.dialects.senseaudio.client import SenseAudioClient
from filmgate.dialects.senseaudio.examples import EXAMPLES
from filmgate.dialects.senseaudio.server import SenseAudioServer

__all__ = ["EXAMPLES", "SenseAudioClient", "SenseAudioServer"]
