#include "fixture/smtp/session.hpp"

#include <gtest/gtest.h>

#include <map>

namespace smtprig::smtp {
namespace {

constexpr Severity severities[] = {Severity::positive_completion, Severity::positive_intermediate,
                                   Severity::transient_negative, Severity::permanent_negative};

std::uint16_t code_of(Severity severity) {
    return static_cast<std::uint16_t>(static_cast<int>(severity) * 100 + 50);
}

// A session in this state, brought there by replies.
Session in(State state) {
    Session session;
    const auto go = [&](std::initializer_list<std::pair<Verb, int>> steps) {
        for (const auto& [verb, code] : steps)
            session.exchanged(verb, static_cast<std::uint16_t>(code));
    };
    switch (state) {
        case State::connected:
            break;
        case State::refused:
            go({{Verb::connect, 554}});
            break;
        case State::greeted:
            go({{Verb::connect, 220}});
            break;
        case State::identified:
            go({{Verb::connect, 220}, {Verb::ehlo, 250}});
            break;
        case State::authenticating:
            go({{Verb::connect, 220}, {Verb::ehlo, 250}, {Verb::auth, 334}});
            break;
        case State::reverse_path_given:
            go({{Verb::connect, 220}, {Verb::ehlo, 250}, {Verb::mail, 250}});
            break;
        case State::forward_path_given:
            go({{Verb::connect, 220}, {Verb::ehlo, 250}, {Verb::mail, 250}, {Verb::rcpt, 250}});
            break;
        case State::mail_data:
            go({{Verb::connect, 220},
                {Verb::ehlo, 250},
                {Verb::mail, 250},
                {Verb::rcpt, 250},
                {Verb::data, 354}});
            break;
        case State::quit:
            go({{Verb::connect, 220}, {Verb::quit, 221}});
            break;
    }
    return session;
}

TEST(Session, ReachesEveryState) {
    for (std::size_t i = 0; i < state_count; ++i) {
        const auto state = static_cast<State>(i);
        EXPECT_EQ(in(state).state(), state) << name(state);
    }
}

TEST(Session, HasOneOutcomeForEachStateVerbAndSeverity) {
    for (std::size_t s = 0; s < state_count; ++s) {
        for (std::size_t v = 0; v < verb_count; ++v) {
            for (const Severity severity : severities) {
                const auto state = static_cast<State>(s);
                const auto verb = static_cast<Verb>(v);
                int rows = 0;
                State to = state;
                for (const Transition& row : transitions()) {
                    if (row.verb != verb || row.severity != severity) continue;
                    if (row.from && *row.from != state) continue;
                    ++rows;
                    to = row.to;
                }
                EXPECT_LE(rows, 1) << name(state) << ", " << name(verb);
                Session session = in(state);
                session.exchanged(verb, code_of(severity));
                EXPECT_EQ(session.state(), to) << name(state) << ", " << name(verb);
            }
        }
    }
}

TEST(Session, EveryRowOfTheTableIsCited) {
    for (const Transition& row : transitions())
        EXPECT_EQ(row.citation.substr(0, 4), "RFC ") << name(row.verb);
}

TEST(Session, ACommandThatWasRefusedNeverHappened) {
    for (std::size_t s = 0; s < state_count; ++s) {
        const auto state = static_cast<State>(s);
        for (std::size_t v = 0; v < verb_count; ++v) {
            const auto verb = static_cast<Verb>(v);
            // What the server says by itself, and what ends an exchange whatever the reply is.
            if (verb == Verb::connect || verb == Verb::idle || verb == Verb::end_of_mail_data ||
                verb == Verb::auth_response)
                continue;
            for (const int code : {450, 550}) {
                Session session = in(state);
                session.exchanged(verb, static_cast<std::uint16_t>(code));
                EXPECT_EQ(session.state(), state) << name(state) << ", " << name(verb);
                EXPECT_FALSE(session.authenticated());
            }
        }
    }
}

TEST(Session, Ends421InEveryState) {
    for (std::size_t s = 0; s < state_count; ++s) {
        Session session = in(static_cast<State>(s));
        session.exchanged(Verb::noop, 421);
        EXPECT_EQ(session.state(), State::quit);
    }
}

TEST(Session, AfterA554GreetingOnlyQuitIsServed) {
    const Session session = in(State::refused);
    for (std::size_t v = 0; v < verb_count; ++v) {
        const auto verb = static_cast<Verb>(v);
        const auto refusal = session.out_of_order(verb, true);
        if (verb == Verb::quit)
            EXPECT_FALSE(refusal);
        else
            EXPECT_EQ(refusal, Situation::not_served) << name(verb);
    }
}

TEST(Session, KnowsWhichCommandIsOutOfOrder) {
    using enum State;
    const std::map<std::pair<State, Verb>, Situation> expected{
        {{greeted, Verb::mail}, Situation::need_ehlo},
        {{greeted, Verb::rcpt}, Situation::need_mail},
        {{greeted, Verb::data}, Situation::need_mail},
        {{greeted, Verb::auth}, Situation::need_ehlo},
        {{identified, Verb::rcpt}, Situation::need_mail},
        {{identified, Verb::data}, Situation::need_mail},
        {{reverse_path_given, Verb::mail}, Situation::nested_mail},
        {{reverse_path_given, Verb::data}, Situation::need_rcpt},
        {{reverse_path_given, Verb::auth}, Situation::auth_in_transaction},
        {{reverse_path_given, Verb::starttls}, Situation::starttls_in_transaction},
        {{forward_path_given, Verb::mail}, Situation::nested_mail},
        {{forward_path_given, Verb::auth}, Situation::auth_in_transaction},
        {{forward_path_given, Verb::starttls}, Situation::starttls_in_transaction},
    };
    for (const State state : {greeted, identified, reverse_path_given, forward_path_given}) {
        for (const Verb verb :
             {Verb::ehlo, Verb::helo, Verb::mail, Verb::rcpt, Verb::data, Verb::rset, Verb::noop,
              Verb::quit, Verb::vrfy, Verb::expn, Verb::help, Verb::starttls, Verb::auth}) {
            const auto refusal = in(state).out_of_order(verb, false);
            const auto row = expected.find({state, verb});
            if (row == expected.end())
                EXPECT_FALSE(refusal) << name(state) << ", " << name(verb);
            else
                EXPECT_EQ(refusal, row->second) << name(state) << ", " << name(verb);
        }
    }
    EXPECT_FALSE(in(greeted).out_of_order(Verb::mail, true));
}

TEST(Session, TlsForgetsEverything) {
    Session session = in(State::identified);
    session.exchanged(Verb::auth, 235);
    EXPECT_TRUE(session.authenticated());
    EXPECT_EQ(session.out_of_order(Verb::auth, false), Situation::auth_already);
    session.tls_started();
    EXPECT_EQ(session.state(), State::greeted);
    EXPECT_TRUE(session.tls());
    EXPECT_FALSE(session.authenticated());
    EXPECT_EQ(session.out_of_order(Verb::starttls, false), Situation::tls_already);
}

TEST(Session, ImplicitTlsComesBeforeTheGreeting) {
    Session session;
    session.tls_implicit();
    EXPECT_TRUE(session.tls());
    EXPECT_EQ(session.state(), State::connected);
}

}  // namespace
}  // namespace smtprig::smtp
