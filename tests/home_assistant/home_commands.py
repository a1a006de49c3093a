"""Commands for the home in core.py in the order in which they are given, and what comes of them."""

COMMANDS = [
    # what is said, entity, attribute (None: the state), what it is afterwards
    ("turn off the kitchen lights", "light.kitchen_lights", None, "off"),
    ("turn on the kitchen lights", "light.kitchen_lights", None, "on"),
    ("turn the bed light on", "light.bed_light", None, "on"),
    ("set the bed light to fifty percent", "light.bed_light", "brightness", 128),
    ("set the ceiling lights to ten percent", "light.ceiling_lights", "brightness", 26),
    ("dim the kitchen lights", "light.kitchen_lights", "brightness", 129),
    ("make the bed light blue", "light.bed_light", "rgb_color", [0, 0, 255]),
    ("turn the bed light red", "light.bed_light", "rgb_color", [255, 0, 0]),
    ("set the ceiling lights to warm white", "light.ceiling_lights", "color_temp_kelvin", 2702),
    ("turn off the office light", "light.office_rgbw_lights", None, "off"),
    ("switch on the office light", "light.office_rgbw_lights", None, "on"),
    ("turn off the lights in the bedroom", "light.ceiling_lights", None, "off"),
    ("turn on the bedroom lights", "light.bed_light", None, "on"),
    ("turn off everything in the kitchen", "switch.decorative_lights", None, "off"),
    ("turn on the decorative lights", "switch.decorative_lights", None, "on"),
    ("turn on the air conditioner", "switch.ac", None, "on"),
    ("switch the a c off", "switch.ac", None, "off"),
    ("open the kitchen window", "cover.kitchen_window", None, "open"),
    ("close the kitchen window", "cover.kitchen_window", None, "closed"),
    ("close the hall window", "cover.hall_window", None, "closing"),
    ("open the garage door", "cover.garage_door", None, "open"),
    ("set the living room window to forty percent", "cover.living_room_window", None, "open"),
    ("unlock the front door", "lock.front_door", None, "unlocked"),
    ("lock the front door", "lock.front_door", None, "locked"),
    ("lock the kitchen door", "lock.kitchen_door", None, "locked"),
    ("set the heat pump to twenty two degrees", "climate.heatpump", "temperature", 22.0),
    ("set the thermostat to nineteen and a half degrees", "climate.heatpump", "temperature", 19.5),
    ("set the temperature in the bedroom to twenty four", "climate.hvac", "temperature", 24),
    ("make it warmer in the bedroom", "climate.hvac", "temperature", 25),
    ("turn on the living room fan", "fan.living_room_fan", None, "on"),
    ("set the living room fan to high", "fan.living_room_fan", "percentage", 100),
    ("turn off the living room fan", "fan.living_room_fan", None, "off"),
    ("turn on the bedroom fan", "fan.ceiling_fan", None, "on"),
    ("pause kitchen", "media_player.kitchen", None, "paused"),
    ("resume kitchen", "media_player.kitchen", None, "playing"),
    ("set the volume of kitchen to thirty percent", "media_player.kitchen", "volume_level", 0.3),
    ("mute kitchen", "media_player.kitchen", "is_volume_muted", True),
    ("turn off living room", "media_player.living_room", None, "off"),
    ("turn on everything in the office", "switch.ac", None, "on"),
    ("turn off all the lights", "light.living_room_rgbww_lights", None, "off"),
    ("add milk to my shopping list", "todo.shopping_list", None, "1"),
]  # fmt: skip
MISSPELT = [
    ("turn on the kichen lights", "light.kitchen_lights", None, "on"),
    ("open the kichen window", "cover.kitchen_window", None, "open"),
]


async def now(home, entity, attribute):
    """An entity's state or attribute, as it stands in the lists above."""
    state = await home.state(entity)
    value = state.state if attribute is None else state.attributes.get(attribute)
    return list(value) if isinstance(value, tuple) else value
