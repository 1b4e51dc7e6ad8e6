#!/usr/bin/env bash
# Installs what the tests need on a Debian 12, builds, and runs all tests, in phases. A failed phase
# does not end the run: what can still be judged is judged, so that one run shows everything that is
# wrong, and the run fails at its end.
set -euo pipefail
here=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")" && pwd)
# shellcheck source=tests/setup.sh
. "$here/setup.sh"
cd -- "$root"

results="$root/build/results"
budgets="$here/budgets.txt"
fuzz_seconds=${SMTPRIG_FUZZ_SECONDS:-60}

usual_phases=(packages format release-build release-tests generated asan-build headers asan-tests
    tsan-build tsan-tests)
full_phases=("${usual_phases[@]}" fuzz dev-build dev-tests gcc-asan-build gcc-asan-tests)
# What has to be well before a phase makes sense. Without the packages nothing does.
declare -A needs=([release-tests]=release-build [generated]=release-build [headers]=asan-build
    [asan-tests]=asan-build [fuzz]=asan-build [tsan-tests]=tsan-build [dev-tests]=dev-build
    [gcc-asan-tests]=gcc-asan-build)
# Threads matter only here; --full takes the whole tree.
tsan_labels='server|store|api'
not_judged=77

usage() {
    cat <<TEXT
Usage: tests/run.sh [--full] [--phase NAME]... [--list] [--help]

  --full        also the longer fuzzing (SMTPRIG_FUZZ_SECONDS for each target, default 60), the
                debug tree, the whole tree under the thread sanitizer, and g++ with the address and
                undefined behaviour sanitizers
  --phase NAME  only this phase; can be given several times
  --list        the phases, what they do, and their budgets in seconds
  --help        this text

SMTPRIG_JOBS says how many compilers and tests run at the same time (default: all cores).
TEXT
}

describe() {
    case $1 in
        packages) echo "installs the packages, Node and what the real clients need" ;;
        format) echo "clang-format 14 on the C++ sources, shellcheck on the scripts" ;;
        release-build) echo "g++ -O2, everything" ;;
        release-tests) echo "all tests, on the optimised build" ;;
        generated) echo "documents made from the program are up to date, and the run changed nothing" ;;
        asan-build) echo "clang 14 with the address and undefined behaviour sanitizers, fuzz targets" ;;
        headers) echo "each public header compiles on its own" ;;
        asan-tests) echo "all tests and the fuzz corpora, under these sanitizers" ;;
        tsan-build) echo "g++ with the thread sanitizer: what the next phase runs" ;;
        tsan-tests) echo "the tests of server, store and api (with --full: all)" ;;
        fuzz) echo "each fuzz target searches for new input" ;;
        dev-build) echo "g++ -O0 with assertions" ;;
        dev-tests) echo "all tests, with assertions" ;;
        gcc-asan-build) echo "g++ with the address and undefined behaviour sanitizers" ;;
        gcc-asan-tests) echo "all tests, under g++'s sanitizers" ;;
    esac
}

budget_of() { awk -v name="$1" '$1 == "phase" && $2 == name {print $3}' "$budgets"; }

# ---- phases ------------------------------------------------------------------------------------

sources() {
    if git rev-parse --git-dir >/dev/null 2>&1; then
        git ls-files -z -c -o --exclude-standard --deduplicate -- "$@"
    else
        find fixture conformance tests -type f \( -name "$1" -o -name "${2:-$1}" \) -print0
    fi | while IFS= read -r -d '' file; do
        if [ -f "$file" ]; then printf '%s\0' "$file"; fi
    done
}

format() {
    # One place of each file is enough: clang-format-14 -i mends the rest.
    sources '*.cpp' '*.hpp' | xargs -0 -r clang-format-14 --dry-run -Werror --ferror-limit=1
    sources '*.sh' '.ci/run' | xargs -0 -r shellcheck -x
}

build() { cmake --build "build/$1" -j "$jobs" -- -k 0 "${@:2}"; }

# run_ctest TREE [OPTION…]: keeps what ctest prints, for the table of labels, and its JUnit file.
run_ctest() {
    local tree=$1
    shift
    ctest --test-dir "build/$tree" -j "$jobs" --output-on-failure --no-tests=error \
        --output-junit "$results/$tree.xml" "$@" 2>&1 | tee "$results/$tree.txt"
}

# The targets tests_LABEL of tests/CMakeLists.txt that are run under the thread sanitizer.
tsan_targets() { ninja -C build/tsan -t targets all | grep -oE "^tests_($tsan_labels)\>" | sort -u; }

tsan_build() {
    local targets
    configure tsan build/tsan -DSMTPRIG_TESTS=ON
    if [ "$full" = yes ]; then
        build tsan
        return
    fi
    mapfile -t targets < <(tsan_targets)
    if [ "${#targets[@]}" -eq 0 ]; then
        echo "No test has a label among server, store and api."
        return "$not_judged"
    fi
    build tsan "${targets[@]}"
}

tsan_tests() {
    if [ "$full" = yes ]; then
        run_ctest tsan
    else
        run_ctest tsan -L "^($tsan_labels)\$"
    fi
}

# What git shows of the checkout, so that a run in the middle of work is not blamed for that work.
checkout_state() {
    git rev-parse --git-dir >/dev/null 2>&1 || return 0
    git status --porcelain
    git diff HEAD
}

generated() {
    python3 -B tests/docs/generate.py --write . build/release/fixture/program/smtprig ||
        [ $? -eq "$not_judged" ]
    if ! git rev-parse --git-dir >/dev/null 2>&1; then
        echo "This is no git checkout, so whether the run changed a file cannot be told."
        return "$not_judged"
    fi
    if [ "$(checkout_state)" != "$state_at_start" ]; then
        echo "The run changed files of the checkout. Commit what is generated, and nothing else:"
        git --no-pager diff --stat
        git status --short
        return 1
    fi
    echo "The checkout is as it was when the run began."
}

fuzz() {
    local target name found=no
    for target in build/asan/tests/fuzz/*_fuzz; do
        [ -x "$target" ] || continue
        found=yes
        name=$(basename "$target")
        mkdir -p "$results/fuzz/$name"
        echo "Fuzzing $name for $fuzz_seconds seconds."
        # New input goes to the first folder, so the committed corpus stays as it is.
        "$target" -max_total_time="$fuzz_seconds" -print_funcs=0 \
            -artifact_prefix="$results/fuzz/$name-" "$results/fuzz/$name" \
            "tests/fuzz/corpus/$name"
    done
    if [ "$found" = no ]; then
        echo "There is no fuzz target in build/asan/tests/fuzz."
        return "$not_judged"
    fi
}

perform() {
    case $1 in
        packages) set_up_tests ;;
        format) format ;;
        release-build) configure release build/release -DSMTPRIG_TESTS=ON && build release ;;
        release-tests) run_ctest release ;;
        generated) generated ;;
        asan-build) configure asan build/asan -DSMTPRIG_TESTS=ON && build asan ;;
        headers) build asan all_verify_interface_header_sets ;;
        asan-tests) run_ctest asan ;;
        tsan-build) tsan_build ;;
        tsan-tests) tsan_tests ;;
        fuzz) fuzz ;;
        dev-build) configure dev build/dev -DSMTPRIG_TESTS=ON && build dev ;;
        dev-tests) run_ctest dev ;;
        gcc-asan-build)
            configure dev build/gcc-asan -DSMTPRIG_TESTS=ON -DSMTPRIG_SANITIZE=address,undefined
            build gcc-asan
            ;;
        gcc-asan-tests) run_ctest gcc-asan ;;
    esac
}

# ---- the run -----------------------------------------------------------------------------------

declare -A outcome=() used=()
broken=0

run_phase() {
    local phase=$1 need=${needs[$1]:-packages} begin code
    printf '\n== %s: %s (budget %s s)\n' "$phase" "$(describe "$phase")" "$(budget_of "$phase")"
    case ${outcome[packages]:-}/${outcome[$need]:-} in
        failed/* | */failed | */"not run")
            echo "Not run, since ${need} failed or was not run."
            outcome[$phase]="not run"
            return
            ;;
        */skipped)
            echo "Nothing to run, since $need had nothing to do."
            outcome[$phase]=skipped
            return
            ;;
    esac
    begin=$EPOCHREALTIME
    set +e
    # Not in a condition: there, bash would not end a phase at its first error.
    (
        set -e
        # Held for the phase only: a test may start fixture/serve.sh, which takes it as well.
        case $phase in packages | *-build | headers) lock_build ;; esac
        perform "$phase"
    )
    code=$?
    set -e
    used[$phase]=$(awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN {printf "%.1f", b - a}')
    case $code in
        0) outcome[$phase]=passed ;;
        "$not_judged") outcome[$phase]=skipped ;;
        *) outcome[$phase]=failed ;;
    esac
    printf '== %s: %s after %s s\n' "$phase" "${outcome[$phase]}" "${used[$phase]}"
}

over() { awk -v used="$1" -v budget="${2:-0}" 'BEGIN {exit !(budget > 0 && used > budget)}'; }

phase_table() {
    local phase mark total=0 planned=0
    printf '\n%-16s %-8s %10s %10s\n' phase outcome "used (s)" "budget (s)"
    for phase in "$@"; do
        mark=
        if over "${used[$phase]:-0}" "$(budget_of "$phase")"; then mark="  OVER BUDGET"; fi
        printf '%-16s %-8s %10s %10s%s\n' "$phase" "${outcome[$phase]}" "${used[$phase]:--}" \
            "$(budget_of "$phase")" "$mark"
        total=$(awk -v a="$total" -v b="${used[$phase]:-0}" 'BEGIN {print a + b}')
        planned=$((planned + $(budget_of "$phase")))
    done
    printf '%-16s %-8s %10.1f %10d\n' total "" "$total" "$planned"
}

# From ctest's "Label Time Summary", for each tree that was tested in this run.
label_table() {
    local trees=("$@") tree
    [ "${#trees[@]}" -gt 0 ] || return 0
    printf '\n%-16s %-8s %10s %10s\n' label tree "used (s)" "budget (s)"
    for tree in "${trees[@]}"; do
        awk -v tree="$tree" '
            FNR == NR {
                if ($1 == "label") { r[$2] = $3; a[$2] = $4; t[$2] = $5 }
                next
            }
            /^Label Time Summary:/ { inside = 1; next }
            inside && NF == 0 { inside = 0 }
            inside && $2 == "=" {
                budget = tree == "tsan" ? t[$1] : tree ~ /asan/ ? a[$1] : r[$1]
                mark = ""
                if (budget + 0 == 0) mark = "  NO BUDGET in tests/budgets.txt"
                else if ($3 > budget) mark = "  OVER BUDGET"
                printf "%-16s %-8s %10.1f %10s%s\n", $1, tree, $3, (budget + 0 ? budget : "-"), mark
            }' "$budgets" "$results/$tree.txt"
    done
}

attribute() { sed -n "s/^[[:space:]]*$1=\"\([0-9]*\)\".*/\1/p" "$2" | head -n 1; }

# The last line of the run. A phase that fails without a failed test counts as one failure.
closing_line() {
    local tree phase all failed=0 passed=0 skipped=0 lost
    for tree in "$@"; do
        [ -s "$results/$tree.xml" ] || continue
        all=$(attribute tests "$results/$tree.xml")
        lost=$(attribute failures "$results/$tree.xml")
        failed=$((failed + lost))
        skipped=$((skipped + $(attribute skipped "$results/$tree.xml")))
        passed=$((passed + all - lost - $(attribute skipped "$results/$tree.xml")))
    done
    for phase in "${phases[@]}"; do
        [ "${outcome[$phase]}" = failed ] || continue
        tree=${phase%-tests}
        if [ "$tree" = "$phase" ] || [ ! -s "$results/$tree.xml" ] ||
            [ "$(attribute failures "$results/$tree.xml")" -eq 0 ]; then
            failed=$((failed + 1))
        fi
    done
    printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
}

full=no
phases=()
while [ $# -gt 0 ]; do
    case $1 in
        --full) full=yes ;;
        --phase)
            [ $# -ge 2 ] || die "--phase needs a name; --list shows them."
            [[ " ${full_phases[*]} " == *" $2 "* ]] ||
                die "There is no phase $2; --list shows them."
            phases+=("$2")
            shift
            ;;
        --list)
            for phase in "${full_phases[@]}"; do
                printf '%-16s %5s s  %s\n' "$phase" "$(budget_of "$phase")" "$(describe "$phase")"
            done
            exit 0
            ;;
        --help | -h)
            usage
            exit 0
            ;;
        *)
            usage >&2
            exit 2
            ;;
    esac
    shift
done
if [ "${#phases[@]}" -eq 0 ]; then
    if [ "$full" = yes ]; then phases=("${full_phases[@]}"); else phases=("${usual_phases[@]}"); fi
fi

mkdir -p "$results"
rm -f "$results"/*.xml "$results"/*.txt
# Debian calls the symbolizer of clang otherwise than its runtime expects; addr2line is there.
export ASAN_OPTIONS=${ASAN_OPTIONS:-allow_addr2line=1:detect_stack_use_after_return=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-allow_addr2line=1:print_stacktrace=1}
export TSAN_OPTIONS=${TSAN_OPTIONS:-second_deadlock_stack=1}
state_at_start=$(checkout_state)
# On a fresh machine git comes with the packages, and the state can only be taken after them.
had_git=no
if have git; then had_git=yes; fi

tested=()
for phase in "${phases[@]}"; do
    run_phase "$phase"
    if [ "$phase" = packages ]; then
        use_node
        [ "$had_git" = yes ] || state_at_start=$(checkout_state)
    fi
    tree=${phase%-tests}
    if [ "$tree" != "$phase" ] && [ -s "$results/$tree.txt" ]; then tested+=("$tree"); fi
    if [ "${outcome[$phase]}" != passed ] && [ "${outcome[$phase]}" != skipped ]; then broken=1; fi
done

phase_table "${phases[@]}"
label_table "${tested[@]}"
closing_line "${tested[@]}"
exit "$broken"
