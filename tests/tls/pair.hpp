// Two engines joined by strings.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "fixture/tls/authority.hpp"
#include "fixture/tls/client_context.hpp"
#include "fixture/tls/context.hpp"

namespace smtprig::tls {

inline Engine server_engine(const std::shared_ptr<Authority>& authority,
                            ServerSettings settings = {}) {
    return ServerContext::make(std::move(settings), authority)->new_server_engine();
}

inline ClientSettings trusting(Authority& authority, std::string server_name) {
    ClientSettings settings;
    settings.trust = Trust::given;
    settings.ca_pem = authority.ca_pem();
    settings.server_name = std::move(server_name);
    return settings;
}

inline Engine client_engine(ClientSettings settings) {
    return ClientContext::make(std::move(settings))->new_client_engine();
}

// Everything that there is to read.
inline std::string read_all(Engine& engine) {
    std::string plaintext;
    std::string piece(16 * 1024, '\0');
    while (const auto count = engine.read(piece.data(), piece.size()))
        plaintext.append(piece, 0, count);
    return plaintext;
}

struct Pair {
    Engine server;
    Engine client;
    std::string at_server;  // plaintext that arrived
    std::string at_client;
    Microseconds now = 0;

    // Carries ciphertext in pieces of `piece` octets until both sides have nothing more to say.
    // Each piece takes a microsecond.
    void talk(std::size_t piece = std::string::npos) {
        client.start(now);
        while (!server.output().empty() || !client.output().empty()) {
            carry(client, server, at_server, piece);
            carry(server, client, at_client, piece);
        }
    }

    void carry(Engine& from, Engine& to, std::string& arrived, std::size_t piece) {
        const auto ciphertext = from.take_output();
        std::string_view rest = ciphertext;
        while (!rest.empty()) {
            const auto taken = to.receive(rest.substr(0, piece), ++now);
            rest.remove_prefix(taken);
            arrived += read_all(to);
        }
    }
};

}  // namespace smtprig::tls
