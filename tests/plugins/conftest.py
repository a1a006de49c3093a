import pytest

from tests.household import build


@pytest.fixture
def house():
    return build()
