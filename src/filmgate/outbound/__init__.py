"""Outbound: the one place that speaks HTTP outward."""

from filmgate.outbound.download import AnswerTooLarge, Downloaded
from filmgate.outbound.outbound import REDIRECTS, USER_AGENT, Answered, Outbound, Posted

__all__ = ["REDIRECTS", "USER_AGENT", "AnswerTooLarge", "Answered", "Downloaded", "Outbound", "Posted"]
