"""What the user can mend: one kind of error for all of the add-on, so that whoever reports it needs no list."""


class CrowdError(Exception):
    """What is wrong, where, and what to do about it; as text one line of the three.

    what: the fault. where: the file, object or setting that has it. remedy: what to do, in the imperative. The last two
    may be left out.
    """

    def __init__(self, what: str, remedy: str = "", where: object = "") -> None:
        super().__init__(": ".join(part for part in (str(where), what, remedy) if part))
        self.what, self.remedy, self.where = what, remedy, str(where)
