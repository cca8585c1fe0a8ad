#!/bin/sh
# `make install` honours DESTDIR and prefix whatever is in them, and `make uninstall` leaves no file.
. "${0%/*}/lib.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root="$work/a root" faults=$work/faults
files() { (cd "$root" && find . -type f "$@" | sort); }

make -s DEV=1 install DESTDIR="$root" prefix="/opt/a 'prefix'" >/dev/null
for file in bin/measure share/man/man1/measure.1 share/man/man5/measure-json.5 \
	share/bash-completion/completions/measure share/zsh/site-functions/_measure \
	share/fish/vendor_completions.d/measure.fish share/doc/measure/formats/manifest.cddl; do
	[ -s "$root/opt/a 'prefix'/$file" ] || echo "$file: is not installed"
done >"$faults"
files ! -path "./opt/a 'prefix'/*" | sed 's/$/: is outside the prefix/' >>"$faults"
files ! -perm -444 | sed 's/$/: others cannot read it/' >>"$faults"
make -s DEV=1 uninstall DESTDIR="$root" prefix="/opt/a 'prefix'" >/dev/null
files | sed 's/$/: is left behind/' >>"$faults"
verdict install "$faults"
