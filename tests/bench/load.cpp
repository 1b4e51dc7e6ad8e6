// smtprig-load: sends mail as fast as a server takes it, checks every reply, and prints one JSON
// line. Postfix's smtp-source stops before a fast server does; this one must not.

#include <sys/types.h>

#include <charconv>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/cold_start.hpp"
#include "tests/bench/figures.hpp"
#include "tests/bench/idle_run.hpp"
#include "tests/bench/load_run.hpp"

namespace smtprig::bench {
namespace {

constexpr const char* kUsage =
    R"(smtprig-load [--host ADDRESS] --port N | --unix PATH   [OPTION…]   load (the default)
smtprig-load --latency     … [OPTION…]   one session at a time, new and reused
smtprig-load --idle N      … [OPTION…]   opens N sessions and holds them after EHLO
smtprig-load [--runs N] --cold-start COMMAND…   exec until the greeting is read;
                           {port} or {ready} in COMMAND stand for the port and the ready file

  --messages N         how many messages (10000; with --latency 2000; with --idle 200)
  --clients N          how many sessions at once (20)
  --size OCTETS        of the mail data of each message (1024)
  --reuse yes|no       many messages a session, or a new one for each (no)
  --rcpts N            forward-paths a message (1)
  --pipelining yes|no  MAIL, RCPT and DATA in one group (no)
  --dots yes|no        every twentieth line begins with a dot (no)
  --server-pid N       with --idle: read the resident memory of this process
  --silence-ms N       give up when nothing arrives for so long (30000)
  --runs N             with --cold-start: how often (20)

Prints one JSON line. Exit code 0: every message was accepted and every reply was as expected;
1: not so; 2: usage.
)";

enum class Mode { Load, Latency, Idle, ColdStart };

struct Options {
    Mode mode = Mode::Load;
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;
    std::string path;
    bool has_messages = false;
    LoadPlan load;
    IdlePlan idle;
    std::size_t runs = 20;
    std::vector<std::string> command;
};

template <class Number>
Number number(const std::string& option, std::string_view text) {
    Number value{};
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || value == 0)
        throw std::invalid_argument(option + " takes a number above 0.");
    return value;
}

bool yes_or_no(const std::string& option, std::string_view text) {
    if (text != "yes" && text != "no") throw std::invalid_argument(option + " takes yes or no.");
    return text == "yes";
}

void take_option(Options& options, const std::string& name, const std::string& value) {
    if (name == "--host")
        options.host = value;
    else if (name == "--port")
        options.port = number<std::uint16_t>(name, value);
    else if (name == "--unix")
        options.path = value;
    else if (name == "--messages") {
        options.load.messages = number<std::size_t>(name, value);
        options.has_messages = true;
    } else if (name == "--clients")
        options.load.clients = number<std::size_t>(name, value);
    else if (name == "--size")
        options.load.size = number<std::size_t>(name, value);
    else if (name == "--rcpts")
        options.load.recipients = number<std::size_t>(name, value);
    else if (name == "--silence-ms")
        options.load.silence_ms = number<int>(name, value);
    else if (name == "--runs")
        options.runs = number<std::size_t>(name, value);
    else if (name == "--server-pid")
        options.idle.server = number<pid_t>(name, value);
    else if (name == "--reuse")
        options.load.sessions =
            yes_or_no(name, value) ? Sessions::Reused : Sessions::OneMessageEach;
    else if (name == "--pipelining")
        options.load.pipelining = yes_or_no(name, value) ? Pipelining::On : Pipelining::Off;
    else if (name == "--dots")
        options.load.dots =
            yes_or_no(name, value) ? LeadingDots::EveryTwentiethLine : LeadingDots::None;
    else if (name == "--idle") {
        options.mode = Mode::Idle;
        options.idle.sessions = number<std::size_t>(name, value);
    } else
        throw std::invalid_argument(name + " is not an option.");
}

Options read_options(const std::vector<std::string>& arguments) {
    Options options;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string& name = arguments[i];
        if (name == "--latency") {
            options.mode = Mode::Latency;
        } else if (name == "--cold-start") {
            options.mode = Mode::ColdStart;
            options.command.assign(arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                                   arguments.end());
            if (options.command.empty())
                throw std::invalid_argument("--cold-start takes a command.");
            return options;
        } else if (i + 1 == arguments.size()) {
            throw std::invalid_argument(name + " is not an option, or lacks its value.");
        } else {
            take_option(options, name, arguments[++i]);
        }
    }
    if ((options.port == 0) == options.path.empty())
        throw std::invalid_argument("Give either --port or --unix.");
    return options;
}

bool as_asked(const LoadPlan& plan, const LoadOutcome& outcome) {
    return outcome.errors == 0 && outcome.accepted == plan.messages;
}

int load(const Options& options, const Target& target) {
    const double cpu_before = own_cpu_seconds();
    const LoadOutcome outcome = run_load(target, options.load);
    const double cpu = own_cpu_seconds() - cpu_before;
    std::printf(
        R"({"mode":"load","messages":%zu,"accepted":%zu,"sessions":%zu,"seconds":%.6f,)"
        R"("rate":%.1f,"bytes":%llu,"mb_per_s":%.3f,"latency_us":%s,"own_cpu_seconds":%.6f,)"
        R"("errors":%zu,"first_error":%s})"
        "\n",
        options.load.messages, outcome.accepted, outcome.sessions, outcome.seconds,
        static_cast<double>(outcome.accepted) / outcome.seconds,
        static_cast<unsigned long long>(outcome.octets),
        static_cast<double>(outcome.octets) / outcome.seconds / 1e6,
        latencies_json(outcome.latencies_ns).c_str(), cpu, outcome.errors,
        text_json(outcome.first_error).c_str());
    return as_asked(options.load, outcome) ? 0 : 1;
}

int latency(Options options, const Target& target) {
    options.load.clients = 1;
    if (!options.has_messages) options.load.messages = 2000;
    options.load.sessions = Sessions::OneMessageEach;
    const LoadOutcome fresh = run_load(target, options.load);
    options.load.sessions = Sessions::Reused;
    const LoadOutcome reused = run_load(target, options.load);
    const std::string& error = fresh.first_error.empty() ? reused.first_error : fresh.first_error;
    std::printf(R"({"mode":"latency","messages":%zu,"accepted":%zu,"new_us":%s,"reuse_us":%s,)"
                R"("errors":%zu,"first_error":%s})"
                "\n",
                2 * options.load.messages, fresh.accepted + reused.accepted,
                latencies_json(fresh.latencies_ns).c_str(),
                latencies_json(reused.latencies_ns).c_str(), fresh.errors + reused.errors,
                text_json(error).c_str());
    return as_asked(options.load, fresh) && as_asked(options.load, reused) ? 0 : 1;
}

int idle(const Options& options, const Target& target) {
    IdlePlan plan = options.idle;
    plan.silence_ms = options.load.silence_ms;
    if (options.has_messages) plan.probes = options.load.messages;
    const IdleOutcome outcome = run_idle(target, plan);
    const double added =
        static_cast<double>(outcome.resident_held) - static_cast<double>(outcome.resident_before);
    std::printf(R"({"mode":"idle","sessions":%zu,"opened":%zu,"held":%zu,"seconds":%.6f,)"
                R"("unloaded_us":%s,"loaded_us":%s,"resident_before":%llu,"resident_held":%llu,)"
                R"("resident_per_session":%.1f,"errors":%zu,"first_error":%s})"
                "\n",
                plan.sessions, outcome.opened, outcome.held, outcome.seconds,
                latencies_json(outcome.unloaded_ns).c_str(),
                latencies_json(outcome.loaded_ns).c_str(),
                static_cast<unsigned long long>(outcome.resident_before),
                static_cast<unsigned long long>(outcome.resident_held),
                added / static_cast<double>(plan.sessions), outcome.errors,
                text_json(outcome.first_error).c_str());
    return outcome.errors == 0 && outcome.held == plan.sessions ? 0 : 1;
}

int cold_start(const Options& options) {
    const ColdStartOutcome outcome = run_cold_start(options.command, options.runs);
    std::printf(R"({"mode":"cold-start","runs":%zu,"start_us":%s,"errors":%zu,"first_error":%s})"
                "\n",
                options.runs, latencies_json(outcome.start_ns).c_str(), outcome.errors,
                text_json(outcome.first_error).c_str());
    return outcome.errors == 0 ? 0 : 1;
}

int run(const Options& options) {
    if (options.mode == Mode::ColdStart) return cold_start(options);
    const Target target = options.path.empty() ? Target::tcp(options.host, options.port)
                                               : Target::local(options.path);
    switch (options.mode) {
        case Mode::Latency:
            return latency(options, target);
        case Mode::Idle:
            return idle(options, target);
        default:
            return load(options, target);
    }
}

}  // namespace
}  // namespace smtprig::bench

int main(int count, char** values) {
    const std::vector<std::string> arguments(values + 1, values + count);
    if (arguments.empty() || arguments[0] == "--help") {
        std::fputs(smtprig::bench::kUsage, arguments.empty() ? stderr : stdout);
        return arguments.empty() ? 2 : 0;
    }
    try {
        return smtprig::bench::run(smtprig::bench::read_options(arguments));
    } catch (const std::invalid_argument& error) {
        std::fprintf(stderr, "smtprig-load: %s\n", error.what());
        return 2;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "smtprig-load: %s\n", error.what());
        return 1;
    }
}
