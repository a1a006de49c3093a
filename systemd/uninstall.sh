#!/bin/sh
# Takes back what systemd/install.sh did. Configuration and recordings stay.
set -eu

unit=${XDG_CONFIG_HOME:-$HOME/.config}/systemd/user/hearth.service
if [ ! -e "$unit" ]; then
    echo "Hearth is not installed as a service."
    exit 0
fi

if systemctl --user show-environment >/dev/null 2>&1; then
    systemctl --user disable --quiet --now hearth.service
    grep -q '^# linger: ' "$unit" && loginctl disable-linger
fi
rm -f "$unit" "$(dirname "$unit")/default.target.wants/hearth.service"
if systemctl --user show-environment >/dev/null 2>&1; then
    systemctl --user daemon-reload
    systemctl --user reset-failed hearth.service 2>/dev/null || true
fi
echo "Hearth is no longer a service. Configuration and recordings are still here."
