#include "tests/bench/idle_run.hpp"

#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include "tests/bench/figures.hpp"
#include "tests/bench/reply_reader.hpp"

namespace smtprig::bench {
namespace {

constexpr std::size_t kAtOnce = 100;
constexpr std::size_t kSpareDescriptors = 32;

void raise_open_files(std::size_t wanted) {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        throw std::system_error(errno, std::generic_category(), "getrlimit");
    if (limit.rlim_cur >= wanted) return;
    if (limit.rlim_max < wanted)
        throw std::runtime_error("The hard limit on open files is " +
                                 std::to_string(limit.rlim_max) + "; " + std::to_string(wanted) +
                                 " are needed.");
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        throw std::system_error(errno, std::generic_category(), "setrlimit");
}

std::uint64_t resident_octets(pid_t process) {
    const std::string path = "/proc/" + std::to_string(process) + "/status";
    std::ifstream status(path);
    for (std::string word; status >> word;) {
        std::uint64_t kibibytes = 0;
        if (word == "VmRSS:" && status >> kibibytes) return kibibytes * 1024;
    }
    throw std::runtime_error("The resident memory cannot be read from " + path + ".");
}

enum class Step { Greeting, Ehlo, Held, Noop };

struct IdleSession {
    int descriptor = -1;
    Step step = Step::Greeting;
    ReplyReader replies;
};

class IdleSessions {
  public:
    IdleSessions(const Target& target, const IdlePlan& plan, IdleOutcome& outcome)
        : target_(target), plan_(plan), outcome_(outcome), sessions_(plan.sessions) {
        epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
        if (epoll_ < 0) throw std::system_error(errno, std::generic_category(), "epoll");
    }
    IdleSessions(const IdleSessions&) = delete;
    IdleSessions& operator=(const IdleSessions&) = delete;
    ~IdleSessions() {
        for (IdleSession& session : sessions_) close(session);
        ::close(epoll_);
    }

    void open_all() {
        const std::uint64_t started = now_ns();
        for (std::size_t next = 0; next < sessions_.size() || pending_ > 0;) {
            while (next < sessions_.size() && pending_ < kAtOnce) open(sessions_[next++]);
            if (pending_ > 0 && !turn()) return;
        }
        outcome_.seconds = static_cast<double>(now_ns() - started) / 1e9;
    }

    /// A session counts as held when it still answers.
    void ask_all() {
        for (std::size_t next = 0; next < sessions_.size() || pending_ > 0;) {
            while (next < sessions_.size() && pending_ < kAtOnce) {
                IdleSession& session = sessions_[next++];
                if (session.descriptor < 0) continue;
                session.step = Step::Noop;
                ++pending_;
                send(session, "NOOP\r\n");
            }
            if (pending_ > 0 && !turn()) return;
        }
    }

  private:
    void open(IdleSession& session) {
        try {
            session.descriptor = target_.start_connecting();
        } catch (const std::system_error& error) {
            note_error(error.what());
            return;
        }
        ++pending_;
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = &session;
        if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, session.descriptor, &event) != 0)
            throw std::system_error(errno, std::generic_category(), "epoll_ctl");
    }

    /// Handles what has arrived; false when nothing does any more.
    bool turn() {
        std::array<epoll_event, 256> events{};
        const int count =
            ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), plan_.silence_ms);
        if (count == 0) note_error("A session got no reply.");
        for (int i = 0; i < count; ++i)
            receive(*static_cast<IdleSession*>(events[static_cast<std::size_t>(i)].data.ptr));
        return count > 0 || (count < 0 && errno == EINTR);
    }

    void receive(IdleSession& session) {
        std::array<char, 4096> octets{};
        const ssize_t length =
            ::recv(session.descriptor, octets.data(), octets.size(), MSG_DONTWAIT);
        if (length < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (length <= 0) {
            drop(session, length == 0 ? "The server closed an idle session."
                                      : std::string("An idle session: ") + std::strerror(errno));
            return;
        }
        std::string_view input(octets.data(), static_cast<std::size_t>(length));
        const ReplyReader::Result result = session.replies.take(input);
        if (result == ReplyReader::Result::Incomplete) return;
        if (result == ReplyReader::Result::Malformed || session.replies.code() / 100 != 2 ||
            !input.empty() || session.step == Step::Held) {
            drop(session, "An idle session got '" + session.replies.last_line() + "'.");
            return;
        }
        switch (session.step) {
            case Step::Greeting:
                session.step = Step::Ehlo;
                send(session, "EHLO client.example\r\n");
                return;
            case Step::Ehlo:
                ++outcome_.opened;
                break;
            case Step::Noop:
                ++outcome_.held;
                break;
            case Step::Held:
                break;
        }
        session.step = Step::Held;
        --pending_;
    }

    void send(IdleSession& session, std::string_view command) {
        const ssize_t sent =
            ::send(session.descriptor, command.data(), command.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent != static_cast<ssize_t>(command.size()))
            drop(session, "An idle session takes no command any more.");
    }

    void drop(IdleSession& session, const std::string& sentence) {
        note_error(sentence);
        if (session.step != Step::Held) --pending_;
        close(session);
    }

    static void close(IdleSession& session) {
        if (session.descriptor >= 0) ::close(session.descriptor);
        session.descriptor = -1;
    }

    void note_error(const std::string& sentence) {
        if (outcome_.errors++ == 0) outcome_.first_error = sentence;
    }

    const Target& target_;
    const IdlePlan& plan_;
    IdleOutcome& outcome_;
    std::vector<IdleSession> sessions_;
    std::size_t pending_ = 0;  ///< sessions that wait for a reply
    int epoll_ = -1;
};

std::vector<std::uint64_t> probe(const Target& target, const IdlePlan& plan, IdleOutcome& outcome) {
    LoadPlan messages;
    messages.messages = plan.probes;
    messages.clients = 1;
    messages.silence_ms = plan.silence_ms;
    LoadOutcome result = run_load(target, messages);
    if (result.errors > 0 && outcome.errors == 0)
        outcome.first_error = "A new client: " + result.first_error;
    outcome.errors += result.errors;
    return std::move(result.latencies_ns);
}

}  // namespace

IdleOutcome run_idle(const Target& target, const IdlePlan& plan) {
    raise_open_files(plan.sessions + kSpareDescriptors);
    IdleOutcome outcome;
    outcome.unloaded_ns = probe(target, plan, outcome);
    if (plan.server != 0) outcome.resident_before = resident_octets(plan.server);
    IdleSessions sessions(target, plan, outcome);
    sessions.open_all();
    if (plan.server != 0) outcome.resident_held = resident_octets(plan.server);
    outcome.loaded_ns = probe(target, plan, outcome);
    sessions.ask_all();
    return outcome;
}

}  // namespace smtprig::bench
