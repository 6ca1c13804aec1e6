"""The key of the simulated vendors."""

from tests.elsewhere.station import vendor_key

__all__ = ["vendor_key"]
