"""The recipes in the repository, as far as they can be read without data."""

from pathlib import Path

import pytest

from training.recipe import Recipe

ROOT = Path(__file__).parents[2]
RECIPES = sorted((ROOT / "training" / "recipes").glob("*.yaml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_can_be_read_and_begins_with_what_is_there(path):
    recipe = Recipe.load(path)
    assert recipe.data
    for weights in (recipe.start, recipe.teacher):
        if weights and weights.startswith("training/"):
            assert (ROOT / weights).exists()
    if recipe.dictionary:
        assert (ROOT / recipe.dictionary).exists()
