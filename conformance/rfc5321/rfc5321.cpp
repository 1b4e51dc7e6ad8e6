#include "conformance/rfc5321/rfc5321.hpp"

#include "conformance/rfc5321/sections.hpp"

namespace smtprig::conformance {

void add_rfc5321(std::vector<Section>& sections) {
    using namespace rfc5321;
    sections.push_back(extension_model());
    sections.push_back(host_names());
    sections.push_back(lines());
    sections.push_back(syntax_principles());
    sections.push_back(session_initiation());
    sections.push_back(client_initiation());
    sections.push_back(mail_transactions());
    sections.push_back(debugging_addresses());
    sections.push_back(relaying());
    sections.push_back(termination());
    sections.push_back(command_syntax());
    sections.push_back(hello());
    sections.push_back(mail());
    sections.push_back(recipient());
    sections.push_back(data());
    sections.push_back(reset());
    sections.push_back(verify());
    sections.push_back(help());
    sections.push_back(noop());
    sections.push_back(quit());
    sections.push_back(parameters());
    sections.push_back(argument_syntax());
    sections.push_back(address_literals());
    sections.push_back(order_of_commands());
    sections.push_back(private_use());
    sections.push_back(replies());
    sections.push_back(unknown_commands());
    sections.push_back(reply_sequences());
    sections.push_back(minimum_implementation());
    sections.push_back(transparency());
    sections.push_back(size_limits());
    sections.push_back(timeouts());
    sections.push_back(receiving_strategy());
    sections.push_back(null_reverse_path());
    sections.push_back(loops());
    sections.push_back(verify_security());
    sections.push_back(source_routes());
    sections.push_back(deprecated_features());
}

}  // namespace smtprig::conformance
