"""English words that commands are full of, so that names made of them need little help."""

from __future__ import annotations

from typing import Final

_FUNCTION_WORDS: Final = """
a all an and at be by do for from go he her his i in is it its my no not of off on or our out she so
that the their them they this to up was we what with yes you your
"""
FUNCTION_WORDS: Final = frozenset(_FUNCTION_WORDS.split())
"""They add nothing to a name: it would be heard everywhere."""

# The words that are frequent both in the NLU Evaluation Data (Liu et al., 2019; CC BY 4.0) and in
# Snips (CC0), proper names left out, and the commonest words for what is in a house.
_FREQUENT: Final = """
about add after again any anything app april are area around artist as available away back bad bar
bathroom bedroom before best between birthday blinds blue book bright bring but buy call called can
car catch ceiling change channel check cleaning clear close closest colour come coming company cook
could country current currently curtain curtains dark day days degrees desk did dinner does doing
door doors down downtown eat eight eleven enough episode evening every family fan fantastic far
favorite favorites fifteen fifty find first five floor following food forecast four free friday
friend friends funny g game games garden get give going good got great green hall hallway happy has
have hear heater heating help here hi high home hot hour hours house how hundred if information into
jazz job just keep kitchen know lamp lamps last late latest let lets light lights like list listen
little living local location lock locks long look love lunch machine made make maker many march may
me message mind minute minutes mom monday month more morning most movie movies much music name near
nearby nearest need new news next nice night nine noon now office oh old once one only open over
park party people percent perfect place places play played playing playlist please plug point post
power previous price provide pull put radio rain rate rates read ready red remember repeat
restaurant restaurants ride right road rock room route run saturday save say scene schedule
scheduled search second seconds see send sensor service set seven shop should show singer six smart
smith social socket some something song songs sound start station stop store street sunday switch
table take talk tell temperature ten there thing things think third thirty thousand three thursday
ticket time times title today tomorrow tonight too top town train travel tune turn tv twelve twenty
two u until us use very volume want watch way weather week weekend well west whats when where which
who will window windows wonderful word words work world worth would wrong year yesterday zone
"""
FREQUENT: Final = frozenset(_FREQUENT.split())
"""They add less to a name than rare words do."""
