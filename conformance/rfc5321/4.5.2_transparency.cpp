#include "conformance/rfc5321/sections.hpp"

#include "conformance/check/probe.hpp"

namespace smtprig::conformance::rfc5321 {
namespace {

// The message is taken, and nothing of it was taken for a command.
void one_message(Probe& client) {
    const Answer answer = client.reads();
    answer.server_replies(positively());
    const std::size_t surplus = client.surplus_replies();
    if (surplus != 0) client.fails("one reply", std::to_string(surplus + 1) + " replies");
}

}  // namespace

Section transparency() {
    Section section("rfc5321", "4.5.2", "Transparency");

    section
        .grammar("stuffed-period-ends-nothing",
                 "A line of two periods, and one that only begins with a period, end no mail data.",
                 [](Probe& client) {
                     client.given_mail_data();
                     client.puts(client.message("..\r\n...\r\n..x\r\n.x\r\nThe end.\r\n"));
                     one_message(client);
                 })
        .row("5321/4.5.2-5")
        .needs(Need::message)
        .impact(Impact::high);

    section
        .grammar("end-is-found-in-pieces",
                 "The end of mail data is found wherever the octets are split on their way.",
                 [](Probe& client) {
                     std::string text = client.message();
                     const std::string end = "\r\n.\r\n";
                     text.resize(text.size() - end.size());
                     client.given_mail_data();
                     client.puts(text);
                     for (const char c : end) client.puts(std::string(1, c));
                     one_message(client);
                 })
        .row("5321/4.5.2-3")
        .needs(Need::message)
        .impact(Impact::high);

    section
        .grammar("end-is-found-at-any-length",
                 "The end of mail data is found across the boundaries of usual buffers.",
                 [](Probe& client) {
                     for (const std::size_t size : {1024u, 4096u, 8192u, 65536u}) {
                         const std::size_t small = client.message("").size();
                         std::string body;
                         while (small + body.size() + 66 < size)
                             body += std::string(62, 'x') + "\r\n";
                         // The CRLF of the end stands on the boundary.
                         body += std::string(size - small - body.size(), 'y') + "\r\n";
                         client.given_mail_data();
                         client.puts(client.message(body));
                         client.reads().server_replies(positively());
                         client.anew();
                     }
                 })
        .row("5321/4.5.2-4")
        .needs(Need::message)
        .delivers(4)
        .risk(3);

    section
        .grammar("all-characters-are-taken",
                 "Mail data may hold every 7-bit character but NUL, CR and LF, which have a place.",
                 [](Probe& client) {
                     std::string line;
                     for (int c = 1; c < 128; ++c)
                         if (c != '\r' && c != '\n') line += static_cast<char>(c);
                     client.given_mail_data();
                     client.sends_octets(client.message("A" + line + "\r\n"))
                         .server_replies(positively(), with_permanent_refusal());
                 })
        .row("5321/4.5.2-6")
        .needs(Need::message);

    return section;
}

}  // namespace smtprig::conformance::rfc5321
