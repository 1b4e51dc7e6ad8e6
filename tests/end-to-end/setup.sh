# shellcheck shell=bash
# The real clients of the end-to-end tests; sourced by tests/setup.sh, whose functions it uses.
# curl, swaks and msmtp are Debian packages like any other. nodemailer and Postfix go under
# build/deps: the source tree stays as it is, and the machine gets no mail server. Everything here
# is skipped when it is there already, so it works without a network then.

# swaks speaks TLS through libnet-ssleay-perl.
# shellcheck disable=SC2034,SC2154
end_to_end_packages=(curl swaks libnet-ssleay-perl msmtp python3 util-linux)

# The modules that package-lock.json lists, under build/deps/npm; again when it changes.
install_nodemailer() {
    local from="$root/tests/end-to-end" to="$deps/npm"
    ensure_node
    if [ -d "$to/node_modules/nodemailer" ] &&
        cmp -s "$from/package-lock.json" "$to/package-lock.json"; then
        return 0
    fi
    say "Installing nodemailer under ${to#"$root"/}."
    mkdir -p "$to"
    cp -- "$from/package.json" "$from/package-lock.json" "$to/"
    (cd -- "$to" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2) || {
        rm -f "$to/package-lock.json"
        die "npm could not install what tests/end-to-end/package-lock.json lists."
    }
}

end_to_end_setup() {
    install_nodemailer
    # apt-get download needs package lists, which a fresh machine lacks.
    [ -x "$deps/postfix/usr/sbin/smtp-sink" ] || refresh_lists
    "$root/tests/bench/fetch_postfix_tools.sh" >/dev/null
}
