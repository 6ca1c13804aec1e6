"""The OpenAI dialect: OpenAI Videos, spoken to customers and to vendors (spec openai_videos)."""

from filmgate.dialects.openai.client import OpenAIClient
from filmgate.dialects.openai.examples import EXAMPLES
from filmgate.dialects.openai.forms import is_form
from filmgate.dialects.openai.server import OpenAIServer

__all__ = ["EXAMPLES", "OpenAIClient", "OpenAIServer", "is_form"]
