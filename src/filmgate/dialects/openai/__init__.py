"""The OpenAI dialect: OpenAI Videos, spoken to customers (spec openai_videos)."""

from filmgate.dialects.openai.examples import EXAMPLES
from filmgate.dialects.openai.forms import is_form
from filmgate.dialects.openai.server import OpenAIServer

__all__ = ["EXAMPLES", "OpenAIServer", "is_form"]
