#include "tests/bench/cold_start.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include "tests/bench/figures.hpp"
#include "tests/bench/reply_reader.hpp"
#include "tests/bench/target.hpp"

extern char** environ;

namespace smtprig::bench {
namespace {

constexpr std::uint64_t kDeadlineNs = 20'000'000'000;

/// A directory for the ready file that goes away with its owner.
class ScratchDirectory {
  public:
    ScratchDirectory() {
        std::string name = (std::filesystem::temp_directory_path() / "smtprig-load-XXXXXX");
        if (mkdtemp(name.data()) == nullptr)
            throw std::system_error(errno, std::generic_category(), "mkdtemp");
        path_ = name;
    }
    ScratchDirectory(const ScratchDirectory&) = delete;
    ScratchDirectory& operator=(const ScratchDirectory&) = delete;
    ~ScratchDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    std::string ready_file() const { return path_ / "ready"; }

  private:
    std::filesystem::path path_;
};

std::uint16_t free_port() {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    const bool bound =
        descriptor >= 0 &&
        ::bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
        ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &length) == 0;
    if (descriptor >= 0) ::close(descriptor);
    if (!bound) throw std::runtime_error("No free port was found.");
    return ntohs(address.sin_port);
}

bool replace_all(std::string& text, std::string_view what, const std::string& with) {
    bool found = false;
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) {
        text.replace(at, what.size(), with);
        found = true;
    }
    return found;
}

/// The port in a ready line: the first number after `"smtp"` and `"port"`. The line comes from a
/// server of ours, and the file appears complete; a JSON parser would only cost time here.
std::optional<std::uint16_t> port_in_ready_file(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return std::nullopt;
    std::array<char, 4096> octets{};
    const ssize_t length = ::read(descriptor, octets.data(), octets.size());
    ::close(descriptor);
    if (length <= 0) return std::nullopt;
    const std::string_view line(octets.data(), static_cast<std::size_t>(length));
    constexpr std::string_view kKey = "\"port\":";
    const std::size_t smtp = line.find("\"smtp\"");
    const std::size_t key = smtp == std::string_view::npos ? smtp : line.find(kKey, smtp);
    if (key == std::string_view::npos) return std::nullopt;
    std::uint16_t port = 0;
    const char* const first = line.data() + key + kKey.size();
    const auto parsed = std::from_chars(first, line.data() + line.size(), port);
    return parsed.ec == std::errc() && port != 0 ? std::optional(port) : std::nullopt;
}

pid_t spawn(std::vector<std::string>& arguments) {
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t process = -1;
    const int error =
        posix_spawnp(&process, pointers[0], &actions, nullptr, pointers.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0)
        throw std::system_error(error, std::generic_category(),
                                arguments[0] + " cannot be started");
    return process;
}

void stop(pid_t process) {
    ::kill(process, SIGTERM);
    const int handle = static_cast<int>(::syscall(SYS_pidfd_open, process, 0));
    pollfd ended{handle, POLLIN, 0};
    if (handle < 0 || ::poll(&ended, 1, 2000) <= 0) ::kill(process, SIGKILL);
    if (handle >= 0) ::close(handle);
    ::waitpid(process, nullptr, 0);
}

/// Reads the greeting from a connected socket; the sentence that says what is wrong, or empty.
std::string read_greeting(int descriptor) {
    ReplyReader replies;
    std::array<char, 512> octets{};
    while (true) {
        pollfd readable{descriptor, POLLIN, 0};
        if (::poll(&readable, 1, 5000) <= 0) return "No greeting came for five seconds.";
        const ssize_t length = ::recv(descriptor, octets.data(), octets.size(), 0);
        if (length <= 0) return "The server closed the session without a greeting.";
        std::string_view input(octets.data(), static_cast<std::size_t>(length));
        const ReplyReader::Result result = replies.take(input);
        if (result == ReplyReader::Result::Complete && replies.code() == 220) return {};
        if (result != ReplyReader::Result::Incomplete)
            return "The greeting was '" + replies.last_line() + "'.";
    }
}

/// Waits for the server and its greeting; the sentence that says what is wrong, or empty.
std::string await_greeting(pid_t process, std::uint16_t port, const std::string& ready_file,
                           std::uint64_t started) {
    std::optional<std::uint16_t> where;
    if (ready_file.empty()) where = port;
    for (std::size_t attempt = 0;; ++attempt) {
        if (!where) where = port_in_ready_file(ready_file);
        const int descriptor = where ? Target::tcp("127.0.0.1", *where).connect_or_refused() : -1;
        if (descriptor >= 0) {
            std::string wrong = read_greeting(descriptor);
            ::close(descriptor);
            return wrong;
        }
        // A loop without a pause can keep the very core that the server was placed on. This one
        // costs at most a twentieth of a millisecond of accuracy.
        const timespec pause{0, 20'000};
        ::clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, nullptr);
        if (attempt % 64 != 63) continue;
        siginfo_t ended{};
        if (::waitid(P_PID, static_cast<id_t>(process), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
            ended.si_pid == process)
            return "The server ended before it listened.";
        if (now_ns() - started > kDeadlineNs) return "The server did not listen in 20 seconds.";
    }
}

}  // namespace

ColdStartOutcome run_cold_start(const std::vector<std::string>& command, std::size_t runs) {
    ColdStartOutcome outcome;
    const ScratchDirectory scratch;
    const std::string ready_file = scratch.ready_file();
    ::prctl(PR_SET_TIMERSLACK, 1UL);
    for (std::size_t run = 0; run < runs; ++run) {
        const std::uint16_t port = free_port();
        std::vector<std::string> arguments = command;
        bool by_port = false;
        bool by_file = false;
        for (std::string& argument : arguments) {
            by_port = replace_all(argument, "{port}", std::to_string(port)) || by_port;
            by_file = replace_all(argument, "{ready}", ready_file) || by_file;
        }
        if (!by_port && !by_file)
            throw std::invalid_argument("The command must contain {port} or {ready}.");
        std::filesystem::remove(ready_file);
        const std::uint64_t started = now_ns();
        const pid_t process = spawn(arguments);
        const std::string wrong =
            await_greeting(process, port, by_file ? ready_file : std::string(), started);
        const std::uint64_t taken = now_ns() - started;
        stop(process);
        if (wrong.empty()) {
            outcome.start_ns.push_back(taken);
        } else if (outcome.errors++ == 0) {
            outcome.first_error = wrong;
        }
    }
    return outcome;
}

}  // namespace smtprig::bench
