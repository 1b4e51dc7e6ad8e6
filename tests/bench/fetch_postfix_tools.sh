#!/bin/sh
# Unpacks Debian's postfix package, with the libraries and the SASL mechanisms that this host lacks,
# into build/deps/postfix (or the folder that is given). Nothing is installed: a host must not get a mail server by running
# tests. Standard output carries only the value of LD_LIBRARY_PATH that the programs there need
# (usr/sbin/smtp-sink, usr/sbin/smtp-source, usr/lib/postfix/sbin/…); messages go to standard error.
#
#   export LD_LIBRARY_PATH="$(tests/bench/fetch_postfix_tools.sh)"
#
# Safe to run twice and at the same time; works offline once everything is there. To get another
# version, remove the folder.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
folder=${1:-$root/build/deps/postfix}

say() { echo "fetch_postfix_tools.sh: $*" >&2; }

library_path() {
    architecture=$(dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null || gcc -print-multiarch)
    echo "$1/usr/lib/postfix:$1/usr/lib/$architecture:$1/lib/$architecture"
}

# Library packages among what a package file depends on. The C library is always there; of
# alternatives the first is taken.
library_dependencies() {
    dpkg-deb -f "$1" Depends | tr ',' '\n' | sed -e 's/|.*//' -e 's/(.*//' -e 's/[[:space:]]//g' |
        grep '^lib' | grep -v -e '^libc6$' -e '^libgcc-s1$' -e '^libstdc++6$' || true
}

is_installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed$'; }

unpack() {
    for package in "$@"; do
        set -- "$download/${package}"_*.deb
        [ ! -e "$1" ] || continue
        (cd "$download" && apt-get download -q "$package" >&2) || {
            say "The package $package cannot be downloaded; 'apt-get update' may help."
            exit 1
        }
        set -- "$download/${package}"_*.deb
        dpkg-deb -x "$1" "$new"
        for library in $(library_dependencies "$1"); do
            is_installed "$library" || unpack "$library"
        done
    done
}

mkdir -p "$(dirname "$folder")"
folder=$(cd "$(dirname "$folder")" && pwd)/$(basename "$folder")
# Two tests that start at once must not unpack over each other.
exec 9>"$folder.lock"
flock 9
sasl=libsasl2-modules  # AUTH of Postfix as a client; nothing depends on it
if [ ! -x "$folder/usr/sbin/smtp-sink" ] ||
    ! { is_installed "$sasl" || ls "$folder"/usr/lib/*/sasl2/libcrammd5.so >/dev/null 2>&1; }; then
    new=$folder.new
    download=$folder.download
    rm -rf "$new" "$download"
    mkdir -p "$new" "$download"
    say "unpacking postfix into $folder"
    unpack postfix
    is_installed "$sasl" || unpack "$sasl"
    if LD_LIBRARY_PATH=$(library_path "$new") ldd "$new/usr/sbin/smtp-sink" | grep 'not found' >&2; then
        say "These libraries are missing."
        exit 1
    fi
    rm -rf "$folder" "$download"
    mv "$new" "$folder"
fi
library_path "$folder"
