import pytest
from hypothesis import given
from hypothesis import strategies as st

from uma.kernel.http.names import camel, snake

PYTHON_NAMES = st.from_regex(r"[a-z][a-z0-9]*(_[a-z][a-z0-9]*){0,4}", fullmatch=True)
WIRE_NAMES = st.text(st.characters(codec="utf-8", exclude_characters="_"), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("python", "wire"),
    [("qr_data", "qrData"), ("id", "id"), ("is_new_customer", "isNewCustomer"), ("a1_b2", "a1B2")],
)
def test_a_name_has_one_form_on_each_side(python: str, wire: str) -> None:
    assert camel(python) == wire
    assert snake(wire) == python


def test_the_key_that_the_business_app_reads_keeps_its_underscore() -> None:
    assert camel("apply_discount") == "apply_discount"


def test_an_underscore_is_no_second_way_to_write_a_name() -> None:
    with pytest.raises(ValueError, match="camelCase"):
        snake("qr_data")


@given(PYTHON_NAMES)
def test_every_python_name_returns_from_the_wire(name: str) -> None:
    if name != "apply_discount":
        assert snake(camel(name)) == name


@given(WIRE_NAMES, WIRE_NAMES)
def test_two_wire_names_never_mean_the_same_field(one: str, other: str) -> None:
    assert (snake(one) == snake(other)) == (one == other)
