#include "conformance/check/preflight.hpp"

#include <algorithm>
#include <array>

#include "conformance/check/probe.hpp"

namespace smtprig::conformance {
namespace {

// Names that stand in greetings. Only a guess: an operator may write there what he likes.
constexpr std::array<std::string_view, 16> products{
    "Postfix", "Exim",    "OpenSMTPD", "Sendmail", "Courier", "Haraka", "chasquid",  "mox",
    "Dovecot", "qpsmtpd", "Mailpit",   "MailHog",  "smtprig", "Python", "Microsoft", "smtp-sink"};

class Steps {
  public:
    Steps(const RunSettings& settings, probe::Connector& connector)
        : settings_(settings), connector_(connector) {
        check_.id = "preflight";
        check_.level = Level::information;
    }

    Preflight run() {
        Facts& facts = made_.facts;
        step([this](Probe& client) { first_session(client); });
        if (!facts.abort.empty()) return std::move(made_);
        step([this](Probe& client) { helo(client); });
        step([this](Probe& client) { errors(client); });
        const bool offered = find(facts.in_clear, "STARTTLS") != nullptr;
        if (settings_.tls == Tls::none && offered) step([this](Probe& client) { tls(client); });
        return std::move(made_);
    }

  private:
    template <typename Body>
    void step(Body body) {
        const Facts before = made_.facts;  // a probe looks at what is known so far
        Probe client({settings_, before, connector_, check_});
        try {
            body(client);
        } catch (const Stop& stop) {
            if (made_.connections == 0 && made_.facts.abort.empty())
                made_.facts.abort = stop.judgement.reason;
        }
        ++made_.connections;
        for (transcript::Session& session : client.take_transcripts())
            made_.transcripts.push_back(std::move(session));
        for (const Exchange& exchange : client.exchanges()) {
            made_.exchanges.push_back(exchange);
            made_.facts.reply_time =
                exchange.verb == "greeting"
                    ? made_.facts.reply_time
                    : std::max(made_.facts.reply_time, time_of(exchange.reply));
        }
    }

    static Microseconds time_of(const probe::Reply& reply) { return reply.came - reply.asked; }

    // The greeting is read here and not by given_greeting, to say what it was.
    bool greeted(Probe& client) {
        Facts& facts = made_.facts;
        client.given_connection();
        facts.reachable = true;
        const Answer greeting = client.reads_within(settings_.patience);
        if (!greeting.replied()) {
            facts.abort = "The server sent no greeting: " + greeting.text() + '.';
            return false;
        }
        facts.greeting_code = greeting.code();
        facts.greeting = greeting.text();
        facts.greeting_latency = greeting.reply().came;
        for (const std::string_view product : products)
            if (facts.product.empty() && facts.greeting.find(product) != std::string::npos)
                facts.product = product;
        // Any other code that is no refusal is for the checks to judge.
        if (!greeting.refused()) return true;
        facts.abort = "The server does not accept mail from here: it greeted with \"" +
                      greeting.text() + "\".";
        return false;
    }

    void first_session(Probe& client) {
        Facts& facts = made_.facts;
        if (!greeted(client)) return;
        const Answer ehlo = client.sends(client.ehlo());
        if (!ehlo.positive()) {
            facts.abort = "The server refused " + client.ehlo() + ": " + ehlo.text() +
                          ". --helo takes another name.";
            return;
        }
        facts.in_clear = client.extensions();
        if (settings_.tls == Tls::implicit) facts.in_tls = facts.in_clear;
        if (settings_.tls == Tls::starttls) {
            const Answer answer = client.sends("STARTTLS");
            if (answer.code() != 220) {
                facts.abort =
                    "The server refused STARTTLS: " + answer.text() + ". --tls none goes without.";
                return;
            }
            const probe::TlsOutcome outcome = client.starts_tls();
            note(outcome);
            if (!outcome.established) {
                facts.abort =
                    "TLS could not be established: " + outcome.reason + " --tls none goes without.";
                return;
            }
            client.given(client.ehlo());
            facts.in_tls = client.extensions();
        }
        envelope(client);
        client.sends("RSET");
        facts.noop = client.sends("NOOP").positive();
        client.surplus_replies();
    }

    void note(const probe::TlsOutcome& outcome) {
        made_.facts.tls_version = outcome.version;
        made_.facts.certificate = outcome.verify;
    }

    void envelope(Probe& client) {
        Facts& facts = made_.facts;
        client.given_authentication();
        Answer mail = client.sends(client.mail());
        if (!mail.positive()) {
            const std::string refusal = mail.text();
            mail = client.sends("MAIL FROM:<>");
            facts.null_sender_used = mail.positive();
            if (!mail.positive()) {
                facts.abort = "The server refused " + client.mail() + ": " + refusal + ". " +
                              (mail.code() == 530 ? "--auth and --tls may be what it asks for."
                                                  : "--from names another sender.");
                return;
            }
        }
        facts.sender_accepted = true;
        if (settings_.recipient.empty()) return;
        const Answer rcpt = client.sends(client.rcpt());
        facts.recipient_accepted = rcpt.positive();
        if (!rcpt.positive()) {
            facts.abort = "The server refused the recipient: " + rcpt.text() +
                          ". --rcpt names a mailbox that it takes mail for.";
            return;
        }
        if (!settings_.second_recipient.empty())
            facts.second_recipient_accepted =
                client.sends("RCPT TO:<" + settings_.second_recipient + '>').positive();
        facts.catch_all =
            client
                .sends("RCPT TO:<no-such-" + client.nonce() + '@' + client.recipient_domain() + '>')
                .positive();
        if (!settings_.foreign.empty())
            facts.privileged = client.sends("RCPT TO:<" + settings_.foreign + '>').positive();
    }

    void helo(Probe& client) {
        client.given_greeting();
        made_.facts.helo = client.sends("HELO " + settings_.helo).positive();
        client.surplus_replies();
    }

    // RFC 5321 section 7.8 lets a server defend itself; how soon decides what can be asked of it.
    void errors(Probe& client) {
        client.given_hello();
        for (int count = 1; count <= 4; ++count) {
            const Answer answer = client.sends("XNOSUCH" + std::to_string(count));
            if (!answer.replied() || answer.code() == 421) {
                made_.facts.errors_before_close = count;
                return;
            }
            made_.facts.error_time = std::max(made_.facts.error_time, time_of(answer.reply()));
        }
        client.surplus_replies();
    }

    void tls(Probe& client) {
        client.given_greeting();
        client.given(client.ehlo());
        client.given("STARTTLS", with_code(220));
        const probe::TlsOutcome outcome = client.starts_tls();
        note(outcome);
        if (!outcome.established) return;
        client.given(client.ehlo());
        made_.facts.in_tls = client.extensions();
        client.surplus_replies();
    }

    const RunSettings& settings_;
    probe::Connector& connector_;
    Check check_;
    Preflight made_;
};

}  // namespace

Preflight preflight(const RunSettings& settings, probe::Connector& connector) {
    return Steps(settings, connector).run();
}

}  // namespace smtprig::conformance
