"""A request's body: bytes -> what they say, or an error that names what is wrong with them."""

from pydantic import ValidationError
from starlette.requests import Request

from service.errors import InvalidRequest, invalid
from service.wire import CHAT_REQUEST, ChatRequest


async def read_body(request: Request) -> bytes:
    """The request's bytes, as many as the operator allows.

    Raises:
        InvalidRequest: 413, there are more of them.
    """
    most = request.app.state.settings.max_body_bytes
    content = bytearray()
    async for piece in request.stream():
        content += piece
        if len(content) > most:
            message = f"The body is larger than {most:,} bytes. Send less, or raise POLYLECT_MAX_BODY_BYTES."
            raise InvalidRequest(message, code="body_too_large", status=413)
    return bytes(content)


def read_chat_request(body: bytes) -> ChatRequest:
    """The body as a chat request.

    Raises:
        InvalidRequest: it is not JSON, or a field of it is missing or of the wrong type.
    """
    try:
        return CHAT_REQUEST.validate_json(body)
    except ValidationError as error:
        raise invalid(error) from error
