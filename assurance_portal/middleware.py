"""What holds for every request, whoever asks: which addresses are read at all, and what may be done with an answer."""

from django.core.exceptions import BadRequest


class ReadableAddress:
    """The database can hold no NUL, so no address with one names or finds anything."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest("There is a NUL in the address.")
        return self.get_response(request)


class SecurityHeaders:
    """A signed-in page is never kept by a cache: after signing out, Back shows nothing."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        response.headers.setdefault("Cache-Control", "no-store")
        return response
