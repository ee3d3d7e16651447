"""What is answered to a callback: ACK, or NACK with the network's code for what is wrong."""

from typing import ClassVar

# The network's error codes as a buyer app gives them (ondc.md 3.3).
INVALID_SIGNATURE = "20001"
STALE = "20002"
PROVIDER_UNKNOWN = "20003"
ITEM_UNKNOWN = "20005"
BREAKS_CONTRACT = "20006"
IMPOSSIBLE_STATE = "20007"
OUT_OF_SEQUENCE = "20008"
TOO_LATE = "20009"
NOT_SUPPORTED = "21001"
QUOTE_CHANGED = "21003"
QUOTE_INVALID = "22507"
TRY_AGAIN = "23001"

ACK: dict[str, object] = {"message": {"ack": {"status": "ACK"}}}


class Nack(Exception):
    """The callback is not taken; the sentence goes to its sender, so it names nothing of ours."""

    status: ClassVar[int] = 200
    code: str

    def __init__(self, code: str, sentence: str, *, path: str = "") -> None:
        super().__init__(sentence)
        self.code, self.sentence, self.path = code, sentence, path

    def body(self) -> dict[str, object]:
        error = {"code": self.code, "message": self.sentence}
        if self.path:
            error["paths"] = self.path
        return {"message": {"ack": {"status": "NACK"}}, "error": error}


class NotAuthentic(Nack):
    """Nobody is proved to have sent it: nothing of it is kept."""

    status = 401

    def __init__(self, step: str, sentence: str) -> None:
        super().__init__(INVALID_SIGNATURE, sentence)
        self.step = step


class TooMany(Nack):
    """One sender asks for more than is kept of it in a day; it is told when to come again."""

    status = 429
    retry_after_s: ClassVar[int] = 3_600


class NotReadable(Nack):
    """It is no JSON that has one meaning."""

    status = 400

    def __init__(self, sentence: str) -> None:
        super().__init__(BREAKS_CONTRACT, sentence)


class TooLarge(NotReadable):
    status = 413


class NotPlain(NotReadable):
    """A type or an encoding that is not spoken here."""

    status = 415
