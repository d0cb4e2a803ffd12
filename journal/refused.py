"""How an act says no."""


class Refused(Exception):
    """The act cannot be done, and nothing was changed. The message is a sentence fit for the person who asked."""
