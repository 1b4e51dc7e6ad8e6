#include "tests/transcript/sample.hpp"

#include "fixture/transcript/facts.hpp"

namespace smtprig::transcript::sample {

Log log(Observer* observer) {
    return Log("12", "default", "127.0.0.1:50123", "127.0.0.1:1025", 1795561200000000, observer);
}

std::shared_ptr<const smtp::MailData> mail_data(std::string wire) {
    auto data = std::make_shared<smtp::MailData>();
    for (std::size_t i = 0; i < wire.size(); ++i)
        if (wire[i] == '.' && (i == 0 || (i >= 2 && wire.compare(i - 2, 2, "\r\n") == 0)))
            data->removed_periods.push_back(i);
    data->wire = std::move(wire);
    data->complete = true;
    return data;
}

namespace {

void append_octets(Log& log) {
    const Log::Wire under_tls{Side::client, true, 7, Secret::no};
    log.wire(Kind::client_line, 40, under_tls, "MAIL FROM:<gr\u00fc\u00dfe@client.example>\r\n");
    log.wire(Kind::client_line, 41, under_tls, "NOOP\n");
    log.wire(Kind::client_line, 42, under_tls, "NOOP");
    log.wire(Kind::client_line, 43, under_tls, "\r\n");
    log.wire(Kind::client_line, 44, under_tls, std::string_view("NO\0OP \xff\x1b[2J\\ \r\n", 15));
    log.wire(Kind::server_line, 45, server, "250 2.0.0 OK \"quoted\" \\\r\n");
    log.wire(Kind::octets, 46, server, "25");
    log.wire(Kind::octets, 47, server, "0 OK\r\n250 OK\r\n");
    log.wire(Kind::octets, 48, client, "");
    log.secret(Kind::client_line, 49, client, "AUTH PLAIN ********\r\n", 99);

    log.mail_data(50, client, mail_data("Subject: x\r\n\r\n..\r\n.a\r\n"), 22);
    auto broken = std::make_shared<smtp::MailData>();
    broken->wire = std::string("a\rb\nc\0\xe9", 7);
    broken->bare_cr = {1, 1};
    broken->bare_lf = {1, 3};
    broken->nul = {1, 5};
    broken->eight_bit = {1, 6};
    broken->over_long_line = {2, 1000};
    log.mail_data(51, client, broken, 1234567);
}

}  // namespace

Session everything() {
    Log log = sample::log();
    log.event(Kind::connected, 0);
    for (const FactRow& row : fact_rows()) {
        if (row.kind == Kind::connected || &row != &fact_rows(row.kind).front()) continue;
        std::vector<Fact> facts;
        for (const FactRow& one : fact_rows(row.kind)) {
            Fact fact{one.key, true};
            if (one.type == FactType::text) fact.value = "a " + std::string(one.key);
            if (one.type == FactType::integer) fact.value = std::int64_t{250};
            facts.push_back(fact);
        }
        log.event(row.kind, 20, std::move(facts));
        log.event(row.kind, 21);
    }
    log.event(Kind::opened, 30, {{key::reverse_path, "caf\xe9@client.example"}});
    log.anomaly(31, smtp::Anomaly::bare_lf_ends_command, 17);
    append_octets(log);
    log.close();
    return log.snapshot();
}

}  // namespace smtprig::transcript::sample
