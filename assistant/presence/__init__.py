"""Whether somebody is in the room, and whether they face the device."""
