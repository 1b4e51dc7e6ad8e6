#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <thread>

#include "tests/bench/load_run.hpp"
#include "tests/bench/mail.hpp"
#include "tests/bench/reply_reader.hpp"

namespace smtprig::bench {
namespace {

using Result = ReplyReader::Result;

TEST(ReplyReader, CompletesAMultilineReplyThatArrivesOctetByOctet) {
    const std::string octets = "250-server.example\r\n250-PIPELINING\r\n250 SIZE\r\n";
    ReplyReader reader;
    for (std::size_t i = 0; i < octets.size(); ++i) {
        std::string_view piece(octets.data() + i, 1);
        const Result expected = i + 1 == octets.size() ? Result::Complete : Result::Incomplete;
        ASSERT_EQ(reader.take(piece), expected) << "at octet " << i;
    }
    EXPECT_EQ(reader.code(), 250);
    EXPECT_EQ(reader.last_line(), "250 SIZE");
}

TEST(ReplyReader, LeavesTheNextReplyInTheInput) {
    std::string_view input = "250 OK\r\n354 go ahead\r\n";
    ReplyReader reader;
    EXPECT_EQ(reader.take(input), Result::Complete);
    EXPECT_EQ(reader.code(), 250);
    EXPECT_EQ(reader.take(input), Result::Complete);
    EXPECT_EQ(reader.code(), 354);
    EXPECT_TRUE(input.empty());
}

TEST(ReplyReader, TakesACodeWithoutText) {
    std::string_view input = "250\r\n";
    ReplyReader reader;
    EXPECT_EQ(reader.take(input), Result::Complete);
}

TEST(ReplyReader, RefusesWhatIsNoReply) {
    for (const std::string_view octets :
         {std::string_view("hello\r\n"), std::string_view("25 OK\r\n"), std::string_view("\r\n"),
          std::string_view("250 OK\n"), std::string_view("250_OK\r\n"),
          std::string_view("250-one\r\n251 two\r\n")}) {
        std::string_view input = octets;
        ReplyReader reader;
        EXPECT_EQ(reader.take(input), Result::Malformed) << octets;
    }
}

TEST(ReplyReader, RefusesALineWithoutEnd) {
    const std::string octets(5000, '2');
    std::string_view input = octets;
    ReplyReader reader;
    EXPECT_EQ(reader.take(input), Result::Malformed);
}

std::vector<std::string> lines_of(std::string_view octets) {
    std::vector<std::string> lines;
    for (std::size_t end = 0; (end = octets.find("\r\n")) != std::string_view::npos;) {
        lines.emplace_back(octets.substr(0, end));
        octets.remove_prefix(end + 2);
    }
    EXPECT_TRUE(octets.empty()) << "the last line has no CRLF";
    return lines;
}

/// Octets of the message before transparency, from what goes over the wire.
std::size_t size_before_transparency(const Mail& mail) {
    std::size_t size = mail.header().size();
    std::vector<std::string> lines = lines_of(mail.text());
    EXPECT_EQ(lines.back(), ".");
    lines.pop_back();
    for (const std::string& line : lines)
        size += line.size() + 2 - (line.substr(0, 1) == "." ? 1 : 0);
    return size;
}

TEST(Mail, HasExactlyTheSizeThatIsAskedFor) {
    const std::size_t smallest = Mail(1024, LeadingDots::None).header().size();
    EXPECT_THROW(Mail(smallest - 1, LeadingDots::None), std::invalid_argument);
    EXPECT_THROW(Mail(smallest + 1, LeadingDots::None), std::invalid_argument);
    EXPECT_EQ(size_before_transparency(Mail(smallest, LeadingDots::None)), smallest);
    for (std::size_t size = smallest + 2; size < smallest + 4000; ++size) {
        ASSERT_EQ(size_before_transparency(Mail(size, LeadingDots::None)), size);
        ASSERT_EQ(size_before_transparency(Mail(size, LeadingDots::EveryTwentiethLine)), size);
    }
}

TEST(Mail, HasLinesOfAtMost76OctetsWithTheirCrlf) {
    const std::vector<std::string> lines = lines_of(Mail(10'000, LeadingDots::None).text());
    EXPECT_TRUE(std::all_of(lines.begin(), lines.end(),
                            [](const std::string& line) { return line.size() <= 74; }));
    EXPECT_EQ(lines[0].size(), 74U);
}

TEST(Mail, DoublesTheDotOfEveryTwentiethLine) {
    const std::vector<std::string> lines =
        lines_of(Mail(10'000, LeadingDots::EveryTwentiethLine).text());
    for (std::size_t i = 0; i + 1 < lines.size(); ++i)
        EXPECT_EQ(lines[i].substr(0, 2) == "..", i % 20 == 19) << "line " << i + 1;
}

TEST(Mail, WritesTheSerialIntoTheMessageId) {
    const Mail mail(1024, LeadingDots::None);
    std::string header = mail.header();
    mail.number(header, 4711);
    EXPECT_NE(header.find("\r\nMessage-ID: <load-000000004711@client.example>\r\n\r\n"),
              std::string::npos);
    EXPECT_EQ(header.size(), mail.header().size());
}

/// A server of one session that gives the listed replies, the first as its greeting, and then
/// closes. After a 354 it reads up to the end of mail data.
class CannedServer {
  public:
    explicit CannedServer(std::vector<std::string> replies) : replies_(std::move(replies)) {
        std::string name = (std::filesystem::temp_directory_path() / "canned-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
        directory_ = name;
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path().c_str(), sizeof address.sun_path - 1);
        listener_ = ::socket(AF_UNIX, SOCK_STREAM, 0);
        if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
            ::listen(listener_, 1) != 0)
            throw std::runtime_error("bind");
        thread_ = std::thread([this] { serve(); });
    }
    ~CannedServer() {
        thread_.join();
        ::close(listener_);
        std::filesystem::remove_all(directory_);
    }
    std::string path() const { return directory_ / "socket"; }

  private:
    void serve() {
        const int session = ::accept(listener_, nullptr, nullptr);
        std::string received;
        for (const std::string& reply : replies_) {
            const std::string_view end = in_mail_data_ ? "\r\n.\r\n" : "\r\n";
            std::size_t at = 0;
            while (&reply != &replies_.front() && (at = received.find(end)) == std::string::npos) {
                char octets[4096];
                const ssize_t length = ::recv(session, octets, sizeof octets, 0);
                if (length <= 0) break;
                received.append(octets, static_cast<std::size_t>(length));
            }
            if (at == std::string::npos) break;
            if (&reply != &replies_.front()) received.erase(0, at + end.size());
            in_mail_data_ = reply[0] == '3';
            ::send(session, reply.data(), reply.size(), MSG_NOSIGNAL);
        }
        ::close(session);
    }

    std::vector<std::string> replies_;
    std::filesystem::path directory_;
    int listener_ = -1;
    bool in_mail_data_ = false;
    std::thread thread_;
};

LoadOutcome one_message(const std::vector<std::string>& replies, Pipelining pipelining) {
    CannedServer server(replies);
    LoadPlan plan;
    plan.messages = 1;
    plan.pipelining = pipelining;
    return run_load(Target::local(server.path()), plan);
}

const std::vector<std::string> kGood = {"220 hello\r\n", "250-server.example\r\n250 SIZE\r\n",
                                        "250 OK\r\n",    "250 OK\r\n",
                                        "354 go\r\n",    "250 accepted\r\n",
                                        "221 bye\r\n"};

TEST(LoadRun, CountsAMessageThatIsAccepted) {
    for (const Pipelining pipelining : {Pipelining::Off, Pipelining::On}) {
        const LoadOutcome outcome = one_message(kGood, pipelining);
        EXPECT_EQ(outcome.accepted, 1U);
        EXPECT_EQ(outcome.errors, 0U) << outcome.first_error;
        EXPECT_EQ(outcome.latencies_ns.size(), 1U);
        EXPECT_EQ(outcome.octets, 1024U + 3U);
    }
}

TEST(LoadRun, FindsEveryReplyOfTheWrongClass) {
    for (std::size_t wrong = 0; wrong < kGood.size(); ++wrong) {
        std::vector<std::string> replies = kGood;
        replies[wrong] = replies[wrong][0] == '3' ? "250 OK\r\n" : "451 not now\r\n";
        replies.resize(wrong + 1);
        const LoadOutcome outcome = one_message(replies, Pipelining::Off);
        EXPECT_EQ(outcome.errors, 1U) << "reply " << wrong;
        EXPECT_EQ(outcome.accepted, wrong + 1 == kGood.size() ? 1U : 0U) << "reply " << wrong;
        EXPECT_THAT(outcome.first_error, testing::HasSubstr(wrong == 4 ? "250 OK" : "451 not now"));
    }
}

TEST(LoadRun, FindsASessionThatIsClosedBeforeItsReply) {
    for (std::size_t kept = 0; kept < kGood.size(); ++kept) {
        const std::vector<std::string> replies(kGood.begin(),
                                               kGood.begin() + static_cast<std::ptrdiff_t>(kept));
        const LoadOutcome outcome = one_message(replies, Pipelining::Off);
        EXPECT_EQ(outcome.errors, 1U) << "after " << kept << " replies";
        EXPECT_EQ(outcome.accepted, kept + 1 == kGood.size() ? 1U : 0U);
    }
}

TEST(LoadRun, NumbersTheErrorsOfAServerThatIsNotThere) {
    LoadPlan plan;
    plan.messages = 3;
    const LoadOutcome outcome = run_load(Target::local("/nonexistent/socket"), plan);
    EXPECT_EQ(outcome.errors, 3U);
    EXPECT_EQ(outcome.accepted, 0U);
}

}  // namespace
}  // namespace smtprig::bench
