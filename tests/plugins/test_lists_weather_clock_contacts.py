import pytest

from assistant.home.model import ServiceCall


async def test_what_to_get_is_put_on_the_shopping_list_once_the_user_says_so(house):
    question = "Did you mean: add milk to the shopping list? Then say yes."
    assert (await house.say("get some milk")).reply == question
    assert await house.state("todo.shopping_list") == "0"
    assert (await house.say("yes")).reply == "Added milk to your shopping list."
    assert (await house.say("get two eggs from the store")).success


async def test_a_shopping_list_is_written_read_and_checked_off(house):
    outcome = await house.say("add eggs and some bread to my shopping list")
    assert outcome.reply == "Added eggs and bread to your shopping list."
    assert (await house.say("what's on my shopping list")).reply == (
        "On your shopping list: eggs and bread."
    )
    await house.say("take eggs off my shopping list")
    assert (await house.say("what's on my shopping list")).reply == "On your shopping list: bread."
    assert await house.state("todo.shopping_list") == "1"


async def test_the_and_of_a_number_parts_no_items(house):
    butter, milk = "one hundred and fifty grams of butter", "two and a half liters of milk"
    outcome = await house.say(f"add {butter} and {milk} to my shopping list")
    assert outcome.reply == f"Added {butter} and {milk} to your shopping list."
    assert await house.state("todo.shopping_list") == "2"


async def test_what_is_to_be_done_is_put_down_without_its_to(house):
    outcome = await house.say("add milk and to call mom to my chores")
    assert outcome.reply == "Added milk and call mom to your chores list."


async def test_an_item_is_put_on_each_list_that_is_named(house):
    outcome = await house.say("add milk to my shopping list and my chores")
    assert outcome.reply == "Added milk to your shopping list. Added milk to your chores list."


async def test_what_was_bought_before_is_checked_off_again(house):
    for _ in range(2):
        await house.say("add milk to my shopping list")
        await house.say("take milk off my shopping list")
    assert (await house.say("what's on my shopping list")).reply == "Your shopping list is empty."


async def test_an_item_is_found_however_it_is_spelled_there(house):
    await house.home.call(
        ServiceCall("todo", "add_item", ("todo.shopping_list",), {"item": "Oat Milk"})
    )
    assert (await house.say("take oat milk off my shopping list")).success
    assert await house.state("todo.shopping_list") == "0"


async def test_one_of_two_that_is_not_there_leaves_the_other(house):
    await house.say("add milk to my shopping list")
    assert not (await house.say("take milk and caviar off my shopping list")).success
    assert await house.state("todo.shopping_list") == "1"


async def test_another_list_by_its_name(house):
    outcome = await house.say("add water the plants to my chore list")
    assert outcome.success
    assert await house.state("todo.chores") == "1"
    assert (await house.say("add shopping list to my chore list")).success


@pytest.mark.parametrize("said", ["add to the shopping list", "add this to my shopping list"])
async def test_words_that_name_nothing_are_no_item(house, said):
    await house.say(said, "add two the in the shopping list", "add two to in the shopping list")
    await house.say("yes")
    assert await house.state("todo.shopping_list") == "0"
    assert (await house.say("add seven up to my shopping list")).success


@pytest.mark.parametrize(
    "said",
    [
        "we need to turn off the lights",
        "i need to talk to you",
        "i have to go",
        "i need her to wait",
        "we need someone",
        "i need you to help me",
    ],
)
async def test_what_somebody_has_to_do_is_nothing_to_buy(house, said):
    assert house.understanding.interpret_text(said).intent is None


@pytest.mark.parametrize(
    ("said", "item"),
    [
        ("i need her shampoo", "her shampoo"),
        ("we need to buy toilet paper", "toilet paper"),
        ("get us some milk from the store", "some milk"),
        ("buy me a train ticket", "a train ticket"),
        ("i have the milk", "milk"),
    ],
)
async def test_what_is_to_be_bought_or_there(house, said, item):
    meant = house.understanding.interpret_text(said)
    assert (meant.slots["item"], meant.question) == (item, "")


async def test_what_is_not_on_the_list_is_said(house):
    outcome = await house.say("take caviar off my shopping list")
    assert (outcome.success, outcome.reply) == (False, "caviar is not on your shopping list.")


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        ("what's the weather", "It is partly cloudy and 14 degrees."),
        ("what's the weather tomorrow morning", "Tomorrow it will be rainy, up to 13 degrees."),
        ("what's the weather tomorrow", "Tomorrow it will be rainy, up to 13 degrees."),
        (
            "is it going to rain tomorrow",
            "Yes. Tomorrow it will be rainy, up to 13 degrees.",
        ),
        ("what time is it", "It is 18:30."),
        ("what day is it", "It is Monday, November 23rd."),
        ("never mind", "Okay."),
        ("hello", "Hello."),
        ("who made you", "I am Hearth, made by people who share their work."),
        ("call mom", "Calling Mom."),
        ("call pria raman", "Calling Priya Raman."),
    ],
)
async def test_what_is_said(house, said, reply):
    outcome = await house.say(said)
    assert (outcome.success, outcome.reply) == (True, reply)


async def test_a_message_reaches_its_contact_in_the_words_that_were_said(house):
    await house.say("tell anna i will be twenty minutes late")
    assert house.home.messages == [("Anna Lindqvist", "i will be twenty minutes late")]


async def test_a_message_keeps_its_last_words(house):
    assert (await house.say("could you tell anna i am leaving now")).success
    assert house.home.messages == [("Anna Lindqvist", "i am leaving now")]
