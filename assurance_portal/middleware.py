"""Headers that tell browsers and caches what they may do with a page."""


class SecurityHeaders:
    """A signed-in page is never kept by a cache: after signing out, Back shows nothing."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        response.headers.setdefault("Cache-Control", "no-store")
        return response
