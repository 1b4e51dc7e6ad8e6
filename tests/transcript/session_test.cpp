#include "fixture/transcript/session.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "fixture/transcript/facts.hpp"

namespace smtprig::transcript {
namespace {

Log a_log(Observer* observer = nullptr) {
    return Log("7f3a9c", "default", "127.0.0.1:50123", "127.0.0.1:1025", 1795561200000000,
               observer);
}

constexpr Log::Wire from_client{Side::client, false, 1, Secret::no};
constexpr Log::Wire from_server{Side::server, false, 1, Secret::no};

std::shared_ptr<const smtp::MailData> mail_data_of(std::string wire) {
    auto data = std::make_shared<smtp::MailData>();
    data->wire = std::move(wire);
    data->complete = true;
    return data;
}

TEST(Log, KeepsTheOctetsOfBothSidesInOrder) {
    Log log = a_log();
    log.event(Kind::connected, 0);
    log.wire(Kind::server_line, 10, from_server, "220 mail.example\r\n");
    log.wire(Kind::client_line, 20, {Side::client, true, 3, Secret::no}, "NOOP\r\n");
    log.wire(Kind::client_line, 30, from_client, "QUIT\r\n");

    const Session session = log.snapshot();
    ASSERT_EQ(session.events.size(), 4U);
    EXPECT_EQ(session.octets_of(session.events[1]), "220 mail.example\r\n");
    EXPECT_EQ(session.octets_of(session.events[2]), "NOOP\r\n");
    EXPECT_EQ(session.octets_of(session.events[3]), "QUIT\r\n");
    EXPECT_EQ(session.events[2].at, 20);
    EXPECT_EQ(session.events[2].segment, 3U);
    EXPECT_TRUE(session.events[2].tls);
    EXPECT_FALSE(session.events[3].tls);
}

TEST(Log, CountsOffsetsOnEachSideByItself) {
    Log log = a_log();
    log.wire(Kind::server_line, 0, from_server, "220 a\r\n");
    log.wire(Kind::client_line, 0, from_client, "NOOP\r\n");
    log.wire(Kind::server_line, 0, from_server, "250 b\r\n");
    log.wire(Kind::client_line, 0, from_client, "QUIT\r\n");

    const Session session = log.snapshot();
    EXPECT_EQ(session.events[0].offset, 0U);
    EXPECT_EQ(session.events[1].offset, 0U);
    EXPECT_EQ(session.events[2].offset, 7U);
    EXPECT_EQ(session.events[3].offset, 6U);
}

TEST(Log, CountsASecretAsLongAsItWasOnTheWireAndDoesNotKeepIt) {
    Log log = a_log();
    log.secret(Kind::client_line, 5, from_client, "AUTH PLAIN ********\r\n", 40);
    log.wire(Kind::client_line, 6, from_client, "QUIT\r\n");

    const Session session = log.snapshot();
    EXPECT_EQ(session.octets_of(session.events[0]), "AUTH PLAIN ********\r\n");
    EXPECT_EQ(session.events[0].secret, Secret::yes);
    EXPECT_EQ(session.events[0].length, 40U);
    EXPECT_EQ(session.events[0].kept, 21U);
    EXPECT_EQ(session.events[1].offset, 40U);
}

TEST(Log, RefersToMailDataWithoutACopy) {
    Log log = a_log();
    const auto data = mail_data_of("Subject: x\r\n\r\nx\r\n");
    log.mail_data(5, from_client, data, data->wire.size());
    log.wire(Kind::client_line, 6, from_client, "QUIT\r\n");

    const Session session = log.snapshot();
    EXPECT_EQ(session.events[0].kind, Kind::octets);
    EXPECT_EQ(session.mail_data[session.events[0].mail_data], data);
    EXPECT_EQ(session.octets_of(session.events[0]), data->wire);
    EXPECT_EQ(session.events[1].offset, data->wire.size());
    EXPECT_EQ(session.octets, "QUIT\r\n");
}

TEST(Log, KeepsTheFactsOfEachEventApart) {
    Log log = a_log();
    log.event(Kind::greeted, 1, {{key::code, 220}});
    log.event(Kind::tls_started, 2,
              std::vector<Fact>{{key::version, "TLSv1.3"}, {key::resumed, true}});
    log.event(Kind::aborted, 3);

    const Session session = log.snapshot();
    EXPECT_EQ(std::get<std::int64_t>(session.fact(session.events[0], key::code)->value), 220);
    EXPECT_EQ(session.fact(session.events[0], key::version), nullptr);
    EXPECT_EQ(std::get<std::string>(session.fact(session.events[1], key::version)->value),
              "TLSv1.3");
    EXPECT_TRUE(std::get<bool>(session.fact(session.events[1], key::resumed)->value));
    EXPECT_EQ(session.events[2].facts_count, 0U);
}

TEST(Log, NamesAnAnomalyByItsId) {
    Log log = a_log();
    log.anomaly(9, smtp::Anomaly::bare_lf_ends_command, 17);

    const Session session = log.snapshot();
    const Event& event = session.events[0];
    EXPECT_EQ(event.kind, Kind::anomaly);
    EXPECT_EQ(std::get<std::string>(session.fact(event, key::anomaly)->value),
              smtp::row(smtp::Anomaly::bare_lf_ends_command).id);
    EXPECT_EQ(std::get<std::int64_t>(session.fact(event, key::at)->value), 17);
    EXPECT_TRUE(complaints(session).empty());
}

TEST(Log, RecordsNothingOnceItIsClosedAndCountsWhatCameLate) {
    Log log = a_log();
    log.event(Kind::connected, 0);
    log.close();
    log.wire(Kind::client_line, 1, from_client, "QUIT\r\n");
    log.mail_data(1, from_client, mail_data_of("x"), 1);
    log.event(Kind::closed, 1);

    EXPECT_EQ(log.event_count(), 1U);
    EXPECT_EQ(log.late(), 3U);
    EXPECT_FALSE(log.snapshot().open);
}

TEST(Log, HandsTheSessionOver) {
    Log log = a_log();
    log.wire(Kind::client_line, 1, from_client, "QUIT\r\n");

    const Session session = log.take();
    EXPECT_FALSE(session.open);
    EXPECT_EQ(session.client, "127.0.0.1:50123");
    EXPECT_EQ(session.octets, "QUIT\r\n");
    EXPECT_EQ(log.event_count(), 0U);
    EXPECT_EQ(log.id(), "7f3a9c");
}

void greet_and_identify(Log& log) {
    log.event(Kind::connected, 0);
    log.wire(Kind::server_line, 1, from_server, "220 mail.example ESMTP smtprig\r\n");
    log.event(Kind::greeted, 1, {{key::code, 220}});
    log.wire(Kind::client_line, 2, from_client, "EHLO client.example\r\n");
    for (const char* line : {"250-mail.example greets client.example\r\n", "250-PIPELINING\r\n",
                             "250-SIZE 52428800\r\n", "250-8BITMIME\r\n", "250-SMTPUTF8\r\n",
                             "250-AUTH PLAIN LOGIN CRAM-MD5\r\n", "250 ENHANCEDSTATUSCODES\r\n"})
        log.wire(Kind::server_line, 3, from_server, line);
    log.event(Kind::identified, 3, {{key::name, "client.example"}, {key::verb, "EHLO"}});
}

TEST(Log, HoldsAnIdleSessionInLessThanTwoKibibytes) {
    Log log = a_log();
    greet_and_identify(log);
    EXPECT_LT(log.memory(), 1700U);
    EXPECT_GT(log.memory(), sizeof(Log) + log.event_count() * sizeof(Event));
}

TEST(Log, GivesBackWhatIsNotNeededWhenItCloses) {
    Log log = a_log();
    for (int i = 0; i < 1000; ++i) {
        log.wire(Kind::client_line, i, from_client, "NOOP\r\n");
        log.event(Kind::greeted, i, {{key::code, 250}});
    }
    log.close();
    const Session session = log.snapshot();
    EXPECT_LE(log.memory(), sizeof(Log) + 2000 * sizeof(Event) + 1000 * sizeof(Fact) + 6100);
    EXPECT_EQ(session.events.size(), 2000U);
}

TEST(Log, CountsMailDataAmongItsMemory) {
    Log log = a_log();
    const std::size_t before = log.memory();
    log.mail_data(0, from_client, mail_data_of(std::string(100000, 'x')), 100003);
    EXPECT_GE(log.memory(), before + 100000);
}

class Counter : public Observer {
  public:
    void recorded(const Session& session, const Event& event) override {
        ++count;
        is_last = is_last && &event == &session.events.back();
    }
    std::size_t count = 0;
    bool is_last = true;
};

TEST(Log, TellsItsObserverOfEachEventWithTheSessionAsItIsThen) {
    Counter counter;
    Log log = a_log(&counter);
    greet_and_identify(log);
    log.mail_data(4, from_client, mail_data_of("x"), 1);
    log.anomaly(5, smtp::Anomaly::trailing_space, 1);
    EXPECT_EQ(counter.count, log.event_count());
    EXPECT_TRUE(counter.is_last);
}

TEST(Log, IsReadByOtherThreadsWhileItIsWritten) {
    Log log = a_log();
    std::atomic<bool> done = false;
    std::size_t torn = 0;
    std::thread reader([&] {
        while (!done) {
            const Session session = log.snapshot();
            for (const Event& event : session.events)
                if (session.octets_of(event) != "NOOP\r\n") ++torn;
        }
    });
    for (int i = 0; i < 500; ++i) log.wire(Kind::client_line, i, from_client, "NOOP\r\n");
    done = true;
    reader.join();
    EXPECT_EQ(torn, 0U);
    EXPECT_EQ(log.event_count(), 500U);
}

TEST(Kind, IsFoundByItsName) {
    for (std::size_t i = 0; i < kind_count; ++i) {
        const Kind kind = static_cast<Kind>(i);
        EXPECT_EQ(kind_of(name(kind)), kind);
    }
    EXPECT_EQ(kind_of("client_lines"), std::nullopt);
}

}  // namespace
}  // namespace smtprig::transcript
