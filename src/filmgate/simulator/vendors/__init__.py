"""The five vendors: what each of them answers at which address, and how it differs from the others."""

from filmgate.simulator.options import DialectName
from filmgate.simulator.studio import Vendor
from filmgate.simulator.vendors.ark import build_ark
from filmgate.simulator.vendors.ink import build_ink
from filmgate.simulator.vendors.jimmy import build_jimmy
from filmgate.simulator.vendors.openai import build_openai
from filmgate.simulator.vendors.senseaudio import build_senseaudio


def build_vendor(dialect: DialectName) -> Vendor:
    """The vendor of a dialect."""
    match dialect:
        case "jimmy":
            return build_jimmy()
        case "senseaudio":
            return build_senseaudio()
        case "ink":
            return build_ink()
        case "ark":
            return build_ark()
        case "openai":
            return build_openai()
