#!/bin/sh
# Installs Hearth as a service of the user who runs this, and starts it.
# `--no-start` only writes the unit, for images and tests. systemd/uninstall.sh takes it all back.
set -eu

fail() {
    echo "$*" >&2
    exit 1
}

folder=$(cd "$(dirname "$0")/.." && pwd)
units=${XDG_CONFIG_HOME:-$HOME/.config}/systemd/user
unit=$units/hearth.service
start=yes
[ "${1:-}" = --no-start ] && start=no

[ "$start" = no ] || [ "$(id -u)" -ne 0 ] ||
    fail "Run this as the user whose microphone Hearth should use, without sudo."
[ -x "$folder/.venv/bin/assistant" ] || fail "$folder/.venv is missing: run \`make install\`."
case $folder in
*[\"\\]*) fail "The folder's name ($folder) must hold neither quotes nor backslashes: move it." ;;
esac

# What the configuration needs: a network only for what is elsewhere (Home Assistant, a satellite, a
# voice, a plugin's source), and the one folder that Hearth may write to, if it keeps recordings at all.
wanted=$(cd "$folder" && .venv/bin/python -c '
import sys
from assistant.config import ConfigError, load
from assistant.plugins.loader import want_network
try:
    settings = load()
except ConfigError as error:
    sys.exit(str(error))
network = settings.needs_network or want_network(settings.understanding.plugins)
print("AF_UNIX AF_INET AF_INET6" if network else "AF_UNIX")
print(settings.privacy.save_recordings or "")
')
families=$(printf '%s\n' "$wanted" | head -n 1)
recordings=$(printf '%s\n' "$wanted" | tail -n +2)
[ -z "$recordings" ] || mkdir -p "$recordings"

linger_note=
if [ "$start" = yes ]; then
    systemctl --user show-environment >/dev/null 2>&1 ||
        fail "There is no service manager for $(id -un): log in as that user, not with su or sudo."
    if grep -qs '^# linger: ' "$unit"; then
        linger_note='# linger: turned on by make install'
    elif [ ! -e "/var/lib/systemd/linger/$(id -un)" ]; then
        # Without it the service ends when the user logs out and does not start at boot.
        if loginctl enable-linger 2>/dev/null; then
            linger_note='# linger: turned on by make install'
        else
            echo "To start Hearth at boot: sudo loginctl enable-linger $(id -un)" >&2
        fi
    fi
fi

# Escapes for the unit (% is a specifier) and for sed.
escaped() {
    printf '%s' "$1" | sed 's/%/%%/g; s/[&|\\]/\\&/g'
}
writable=
[ -z "$recordings" ] || writable="ReadWritePaths=\"$(escaped "$recordings")\""

mkdir -p "$units"
sed -e "s|@FOLDER@|$(escaped "$folder")|g" -e "s|@FAMILIES@|$families|" \
    -e "s|^@WRITABLE@\$|$writable|" "$folder/systemd/hearth.service" >"$unit.new"
[ -z "$linger_note" ] || echo "$linger_note" >>"$unit.new"
mv "$unit.new" "$unit"
echo "Installed $unit"

id -nG | tr ' ' '\n' | grep -qx audio ||
    echo "To open the microphone: sudo usermod -aG audio $(id -un), then log in again." >&2
[ "$start" = yes ] || exit 0

systemctl --user daemon-reload
systemctl --user enable --quiet hearth.service
systemctl --user restart hearth.service ||
    fail "Hearth did not start. What it says: journalctl --user-unit hearth -n 20"
echo "Hearth is listening. What it hears: journalctl --user-unit hearth -f"
