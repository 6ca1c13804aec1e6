"""Settings: one frozen object, read once at start from ``filmgate.toml``, then ``FILMGATE_…`` variables, then flags."""

from filmgate.settings.settings import SETTINGS_FILE, Settings, load_settings
from filmgate.settings.tables import ReviewRule, UpstreamSettings

__all__ = ["SETTINGS_FILE", "ReviewRule", "Settings", "UpstreamSettings", "load_settings"]
