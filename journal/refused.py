"""How an act says no."""


class Refused(Exception):
    """The act cannot be done, and nothing was changed.

    `sentence` is fit for the person who asked; `reason` is one word for it, for programs.
    """

    def __init__(self, sentence, reason=""):
        super().__init__(sentence)
        self.reason = reason
