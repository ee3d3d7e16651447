"""
GSTIN, the number of a business registered for GST: what it says, and whether its check digit holds.

Fifteen characters (CGST Rules 2017, rule 10): the state's code, the PAN of the holder, the number of
this registration under that PAN, Z, and a check digit over the fourteen before it.
"""

from dataclasses import dataclass
from typing import Self

from stdnum import luhn
from stdnum.exceptions import ValidationError
from stdnum.in_ import pan

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LENGTH = 15

# As GSTN numbers the states today. 25 and 28 are codes of before mergers and splits: registrations
# under them are still about. python-stdnum's own list lacks 38 and 97.
STATES = {
    "01": "Jammu and Kashmir",
    "02": "Himachal Pradesh",
    "03": "Punjab",
    "04": "Chandigarh",
    "05": "Uttarakhand",
    "06": "Haryana",
    "07": "Delhi",
    "08": "Rajasthan",
    "09": "Uttar Pradesh",
    "10": "Bihar",
    "11": "Sikkim",
    "12": "Arunachal Pradesh",
    "13": "Nagaland",
    "14": "Manipur",
    "15": "Mizoram",
    "16": "Tripura",
    "17": "Meghalaya",
    "18": "Assam",
    "19": "West Bengal",
    "20": "Jharkhand",
    "21": "Odisha",
    "22": "Chhattisgarh",
    "23": "Madhya Pradesh",
    "24": "Gujarat",
    "25": "Daman and Diu",
    "26": "Dadra and Nagar Haveli and Daman and Diu",
    "27": "Maharashtra",
    "28": "Andhra Pradesh (before 2014)",
    "29": "Karnataka",
    "30": "Goa",
    "31": "Lakshadweep",
    "32": "Kerala",
    "33": "Tamil Nadu",
    "34": "Puducherry",
    "35": "Andaman and Nicobar Islands",
    "36": "Telangana",
    "37": "Andhra Pradesh",
    "38": "Ladakh",
    "97": "Other territory",
}


@dataclass(frozen=True, slots=True)
class Gstin:
    """A GSTIN taken apart; `holder` is what kind of person the PAN belongs to."""

    number: str
    state_code: str
    pan: str
    holder: str
    registration: str

    @property
    def state(self) -> str:
        return STATES[self.state_code]

    @classmethod
    def parse(cls, number: str) -> Self:
        """
        Take a number apart.

        Raises:
            ValueError: the sentence says which part is wrong
        """
        if len(number) != _LENGTH or not set(number) <= set(_ALPHABET):
            raise ValueError("A GSTIN is fifteen digits and capital letters.")
        if number[:2] not in STATES:
            raise ValueError(f"A GSTIN begins with a state's code; {number[:2]} is none.")
        try:
            holder = pan.info(pan.validate(number[2:12]))["holder_type"]
        except ValidationError:
            raise ValueError("Characters three to twelve of a GSTIN are a PAN.") from None
        if number[12] == "0" or number[13] != "Z":
            raise ValueError("A GSTIN ends with the registration's number, Z and a check digit.")
        if not luhn.is_valid(number, _ALPHABET):
            raise ValueError("The check digit does not fit: one of the characters is wrong.")
        return cls(number, number[:2], number[2:12], holder, number[12])


def check_digit(first: str) -> str:
    """Return the last character of the GSTIN whose first fourteen these are."""
    assert len(first) == _LENGTH - 1
    return luhn.calc_check_digit(first, _ALPHABET)
