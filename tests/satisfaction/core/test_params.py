import pytest

from satisfaction.core.params import int_param


@pytest.mark.parametrize(
    ("text", "digits", "number"),
    [
        ("12", 18, 12),
        ("0", 18, 0),
        ("9" * 18, 18, 10**18 - 1),
        ("9" * 19, 18, None),
        ("1000000", 6, None),
        ("", 18, None),
        ("-1", 18, None),
        ("1.5", 18, None),
        ("12x", 18, None),
        ("²", 18, None),
    ],
)
def test_int_param_takes_plain_numbers_that_fit(text, digits, number):
    assert int_param(text, digits=digits) == number
