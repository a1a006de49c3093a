import pytest
from household import build


@pytest.fixture
def house():
    return build()
