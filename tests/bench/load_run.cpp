#include "tests/bench/load_run.hpp"

#include <sys/epoll.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "tests/bench/figures.hpp"
#include "tests/bench/reply_reader.hpp"

namespace smtprig::bench {
namespace {

constexpr std::size_t kMostErrors = 100;
/// Where QUIT stands in the output when it goes out with the mail data.
constexpr std::size_t kQuitPart = 2;

/// The reply that a client waits for.
enum class Step { Greeting, Ehlo, Mail, Rcpt, Data, MailData, Quit };

const char* name_of(Step step) {
    switch (step) {
        case Step::Greeting:
            return "the greeting";
        case Step::Ehlo:
            return "EHLO";
        case Step::Mail:
            return "MAIL";
        case Step::Rcpt:
            return "RCPT";
        case Step::Data:
            return "DATA";
        case Step::MailData:
            return "the end of mail data";
        case Step::Quit:
            return "QUIT";
    }
    return "";
}

struct Client {
    int descriptor = -1;
    Step step = Step::Greeting;
    ReplyReader replies;
    std::string header;
    std::array<iovec, 3> output{};
    std::size_t output_first = 0;
    std::size_t output_count = 0;
    bool waits_for_room = false;
    std::size_t recipients_done = 0;
    std::uint64_t started_ns = 0;
};

iovec part(std::string_view octets) {
    return iovec{const_cast<char*>(octets.data()), octets.size()};
}

class Load {
  public:
    Load(const Target& target, const LoadPlan& plan)
        : target_(target), plan_(plan), mail_(plan.size, plan.dots), unclaimed_(plan.messages) {
        for (std::size_t i = 1; i <= plan.recipients; ++i)
            rcpt_.push_back("RCPT TO:<recipient-" + std::to_string(i) + "@server.example>\r\n");
        group_ = mail_command_;
        for (const std::string& rcpt : rcpt_) group_ += rcpt;
        group_ += data_;
        outcome_.latencies_ns.reserve(plan.messages);
        epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
        if (epoll_ < 0) throw std::system_error(errno, std::generic_category(), "epoll");
    }
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;
    ~Load() {
        for (Client& client : clients_)
            if (client.descriptor >= 0) ::close(client.descriptor);
        ::close(epoll_);
    }

    LoadOutcome run() {
        clients_.resize(std::min(plan_.clients, plan_.messages));
        const std::uint64_t started = now_ns();
        for (Client& client : clients_) {
            client.header = mail_.header();
            begin_session(client);
        }
        std::array<epoll_event, 256> events{};
        while (active_ > 0 && outcome_.errors < kMostErrors) {
            const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()),
                                           plan_.silence_ms);
            if (count == 0) {
                note_error("Nothing arrived from the server for " +
                           std::to_string(plan_.silence_ms) + " milliseconds.");
                break;
            }
            if (count < 0 && errno != EINTR)
                throw std::system_error(errno, std::generic_category(), "epoll_wait");
            for (int i = 0; i < count; ++i) {
                const epoll_event& event = events[static_cast<std::size_t>(i)];
                Client& client = *static_cast<Client*>(event.data.ptr);
                // Reading comes first: a server that refuses the message while it is still being
                // sent has said why.
                if ((event.events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0)
                    receive(client);
                else
                    send_output(client);
            }
        }
        outcome_.seconds = static_cast<double>(now_ns() - started) / 1e9;
        return std::move(outcome_);
    }

  private:
    /// Connects for the next message, or leaves the client at rest when none is left.
    void begin_session(Client& client) {
        while (client.descriptor < 0 && unclaimed_ > 0 && outcome_.errors < kMostErrors) {
            --unclaimed_;
            client.started_ns = now_ns();
            client.replies.reset();
            client.output_count = 0;
            client.waits_for_room = false;
            client.step = Step::Greeting;
            try {
                client.descriptor = target_.start_connecting();
            } catch (const std::system_error& error) {
                note_error(error.what());
                continue;
            }
            ++active_;
            watch(client, EPOLL_CTL_ADD, EPOLLIN);
        }
    }

    void end_session(Client& client) {
        ::close(client.descriptor);
        client.descriptor = -1;
        --active_;
        begin_session(client);
    }

    void watch(Client& client, int operation, std::uint32_t what) {
        epoll_event event{};
        event.events = what;
        event.data.ptr = &client;
        if (::epoll_ctl(epoll_, operation, client.descriptor, &event) != 0)
            throw std::system_error(errno, std::generic_category(), "epoll_ctl");
    }

    void note_error(const std::string& sentence) {
        if (outcome_.errors++ == 0) outcome_.first_error = sentence;
    }

    void fail(Client& client, const std::string& sentence) {
        note_error(sentence);
        end_session(client);
    }

    void receive(Client& client) {
        const int descriptor = client.descriptor;
        const ssize_t length = ::recv(descriptor, input_.data(), input_.size(), MSG_DONTWAIT);
        if (length < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (length <= 0) {
            const std::string why =
                length == 0 ? "the server closed the session" : std::strerror(errno);
            fail(client,
                 std::string("Instead of a reply to ") + name_of(client.step) + ": " + why + ".");
            return;
        }
        std::string_view input(input_.data(), static_cast<std::size_t>(length));
        while (!input.empty()) {
            const ReplyReader::Result result = client.replies.take(input);
            if (result == ReplyReader::Result::Incomplete) return;
            const char expected = client.step == Step::Data ? '3' : '2';
            if (result == ReplyReader::Result::Malformed ||
                client.replies.last_line()[0] != expected) {
                fail(client, std::string("The reply to ") + name_of(client.step) + " was '" +
                                 client.replies.last_line() + "'.");
                return;
            }
            if (client.step == Step::MailData && client.output_count != 0 &&
                client.output_first < kQuitPart) {
                fail(client, "A reply came before the end of mail data was sent: '" +
                                 client.replies.last_line() + "'.");
                return;
            }
            // QUIT ends the session; what would follow belongs to nobody.
            if (!advance(client)) return;
        }
    }

    /// Takes the step that follows a good reply; false when the session has ended.
    bool advance(Client& client) {
        const bool pipelined = plan_.pipelining == Pipelining::On;
        switch (client.step) {
            case Step::Greeting:
                ++outcome_.sessions;
                client.step = Step::Ehlo;
                send(client, ehlo_);
                break;
            case Step::Ehlo:
                begin_message(client);
                break;
            case Step::Mail:
                client.step = Step::Rcpt;
                if (!pipelined) send(client, rcpt_[0]);
                break;
            case Step::Rcpt:
                if (++client.recipients_done < rcpt_.size()) {
                    if (!pipelined) send(client, rcpt_[client.recipients_done]);
                } else {
                    client.step = Step::Data;
                    if (!pipelined) send(client, data_);
                }
                break;
            case Step::Data:
                client.step = Step::MailData;
                mail_.number(client.header, ++serial_);
                client.output = {part(client.header), part(mail_.text()), part(quit_)};
                client.output_first = 0;
                client.output_count = quits_with_mail_data() ? 3 : 2;
                send_output(client);
                break;
            case Step::MailData:
                ++outcome_.accepted;
                outcome_.octets += mail_.wire_size();
                if (plan_.sessions == Sessions::Reused) {
                    outcome_.latencies_ns.push_back(now_ns() - client.started_ns);
                    if (unclaimed_ > 0) {
                        --unclaimed_;
                        begin_message(client);
                        break;
                    }
                }
                client.step = Step::Quit;
                if (!quits_with_mail_data()) send(client, quit_);
                break;
            case Step::Quit:
                if (plan_.sessions == Sessions::OneMessageEach)
                    outcome_.latencies_ns.push_back(now_ns() - client.started_ns);
                end_session(client);
                return false;
        }
        // send() ends the session when the server has gone.
        return client.descriptor >= 0 && client.step != Step::Greeting;
    }

    void begin_message(Client& client) {
        if (plan_.sessions == Sessions::Reused) client.started_ns = now_ns();
        client.recipients_done = 0;
        client.step = Step::Mail;
        send(client, plan_.pipelining == Pipelining::On ? group_ : mail_command_);
    }

    bool quits_with_mail_data() const {
        return plan_.pipelining == Pipelining::On && plan_.sessions == Sessions::OneMessageEach;
    }

    void send(Client& client, const std::string& command) {
        client.output[0] = part(command);
        client.output_first = 0;
        client.output_count = 1;
        send_output(client);
    }

    void send_output(Client& client) {
        while (client.output_first < client.output_count) {
            msghdr message{};
            message.msg_iov = &client.output[client.output_first];
            message.msg_iovlen = client.output_count - client.output_first;
            const ssize_t sent =
                ::sendmsg(client.descriptor, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
            if (sent < 0) {
                if (errno == EINTR) continue;
                if (errno != EAGAIN) {
                    fail(client, std::string("While sending for ") + name_of(client.step) + ": " +
                                     std::strerror(errno) + ".");
                } else if (!client.waits_for_room) {
                    client.waits_for_room = true;
                    watch(client, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
                }
                return;
            }
            drop(client, static_cast<std::size_t>(sent));
        }
        client.output_count = 0;
        if (client.waits_for_room) {
            client.waits_for_room = false;
            watch(client, EPOLL_CTL_MOD, EPOLLIN);
        }
    }

    static void drop(Client& client, std::size_t sent) {
        while (sent > 0) {
            iovec& first = client.output[client.output_first];
            const std::size_t taken = std::min(sent, first.iov_len);
            first.iov_base = static_cast<char*>(first.iov_base) + taken;
            first.iov_len -= taken;
            sent -= taken;
            if (first.iov_len == 0) ++client.output_first;
        }
    }

    const Target& target_;
    const LoadPlan& plan_;
    Mail mail_;
    std::size_t unclaimed_;
    std::size_t active_ = 0;
    std::uint64_t serial_ = 0;
    LoadOutcome outcome_;
    std::vector<Client> clients_;
    int epoll_ = -1;
    std::array<char, 16384> input_{};
    const std::string ehlo_ = "EHLO client.example\r\n";
    const std::string mail_command_ = "MAIL FROM:<sender@client.example>\r\n";
    std::vector<std::string> rcpt_;
    const std::string data_ = "DATA\r\n";
    const std::string quit_ = "QUIT\r\n";
    std::string group_;
};

}  // namespace

LoadOutcome run_load(const Target& target, const LoadPlan& plan) {
    Load load(target, plan);
    return load.run();
}

}  // namespace smtprig::bench
