#include "conformance/rfc5321/sections.hpp"

#include "conformance/check/probe.hpp"

namespace smtprig::conformance::rfc5321 {
Section lines() {
    Section section("rfc5321", "2.3.8", "Lines");

    section
        .must_not("bare-lf-ends-no-command", "A LF without CR does not end a command.",
                  [](Probe& client) {
                      client.given_hello();
                      client.given("NOOP");
                      client.puts("NOOP\n");
                      client.server_is_silent();
                  })
        .row("5321/2.3.8-2")
        .risk(3);

    section
        .must_not("bare-cr-ends-no-command", "A CR without LF does not end a command.",
                  [](Probe& client) {
                      client.given_hello();
                      client.given("NOOP");
                      const Answer answer = client.sends_octets("NOOP\rNOOP\r\n");
                      if (!answer.replied()) client.falls_short("one reply", answer.text());
                      const std::size_t surplus = client.surplus_replies();
                      if (surplus != 0)
                          client.falls_short("one reply", std::to_string(surplus + 1) + " replies");
                  })
        .row("5321/2.3.8-3")
        .risk(3);

    section
        .must_not("second-cr-is-not-dropped",
                  "CR CR LF is not taken for CRLF: the first CR is part of the command.",
                  [](Probe& client) {
                      client.given_hello();
                      client.given("RSET");
                      client.sends_octets("RSET\r\r\n")
                          .server_replies(with_permanent_refusal() || by_closing(), positively());
                  })
        .row("5321/2.3.8-4")
        .risk(3);

    section
        .every_reply(Level::must_not, "replies-end-with-crlf",
                     "Every line that a server sends ends with CRLF, and CR and LF stand nowhere "
                     "else in it.",
                     [](const Exchange& exchange) {
                         Remark remark;
                         remark.concerned = true;
                         for (const std::string& line : exchange.reply.lines) {
                             const std::size_t size = line.size();
                             const bool crlf = size >= 2 && line[size - 2] == '\r';
                             const bool inside = line.find_first_of("\r\n") != std::string::npos &&
                                                 line.find_first_of("\r\n") + 2 < size;
                             if (!crlf || inside)
                                 remark.complaint = "A line of a reply has a bare CR or a bare LF.";
                         }
                         return remark;
                     })
        .row("5321/2.3.8-1")
        .impact(Impact::medium);

    return section;
}

}  // namespace smtprig::conformance::rfc5321
