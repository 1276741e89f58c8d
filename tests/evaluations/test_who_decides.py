import pytest

from evaluations.who_decides import Decider, who_decides

HEAD, OTHER_HEAD, MANAGER, OUTSIDER = 1, 2, 3, 4


@pytest.mark.parametrize(
    ("person", "concerned", "expected"),
    [
        (HEAD, set(), Decider.HEAD),
        (HEAD, {OTHER_HEAD}, Decider.HEAD),
        (HEAD, {HEAD}, None),
        (MANAGER, {HEAD}, None),
        (MANAGER, {HEAD, OTHER_HEAD}, Decider.STAND_IN),
        (MANAGER, {HEAD, OTHER_HEAD, MANAGER}, None),
        (OUTSIDER, {HEAD, OTHER_HEAD}, None),
    ],
)
def test_a_head_decides_unless_concerned_then_another_manager(person, concerned, expected):
    managers = {HEAD, OTHER_HEAD, MANAGER}

    found = who_decides(person, heads={HEAD, OTHER_HEAD}, managers=managers, concerned=concerned)

    assert found is expected
