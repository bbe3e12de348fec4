"""Language models behind any OpenAI-compatible address; needs the extra `llm`."""

from shopkeeper.kit.errors import InvalidInput

try:
    from shopkeeper.adapters.llm.endpoint import Endpoint
except ModuleNotFoundError as error:
    if error.name != "openai":
        raise
    raise InvalidInput("Language models need the extra llm: pip install 'shopkeeper[llm]'.") from error
from shopkeeper.adapters.llm.book import Book
from shopkeeper.adapters.llm.embeddings import AddressEncoder
from shopkeeper.adapters.llm.teacher import Limits, LlmTeacher

__all__ = ["AddressEncoder", "Book", "Endpoint", "Limits", "LlmTeacher"]
