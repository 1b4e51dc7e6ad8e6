// One function a section, each in a file of its name.
#pragma once

#include "conformance/check/check.hpp"

namespace smtprig::conformance::rfc5321 {

Section host_names();              // 2.3.5
Section lines();                   // 2.3.8
Section syntax_principles();       // 2.4
Section extension_model();         // 2.2
Section session_initiation();      // 3.1
Section client_initiation();       // 3.2
Section mail_transactions();       // 3.3
Section debugging_addresses();     // 3.5
Section relaying();                // 3.6
Section termination();             // 3.8
Section command_syntax();          // 4.1.1
Section hello();                   // 4.1.1.1
Section mail();                    // 4.1.1.2
Section recipient();               // 4.1.1.3
Section data();                    // 4.1.1.4
Section reset();                   // 4.1.1.5
Section verify();                  // 4.1.1.6
Section help();                    // 4.1.1.8
Section noop();                    // 4.1.1.9
Section quit();                    // 4.1.1.10
Section parameters();              // 4.1.1.11
Section argument_syntax();         // 4.1.2
Section address_literals();        // 4.1.3
Section order_of_commands();       // 4.1.4
Section private_use();             // 4.1.5
Section replies();                 // 4.2
Section unknown_commands();        // 4.2.4
Section reply_sequences();         // 4.3
Section minimum_implementation();  // 4.5.1
Section transparency();            // 4.5.2
Section size_limits();             // 4.5.3.1
Section timeouts();                // 4.5.3.2
Section receiving_strategy();      // 4.5.4.2
Section null_reverse_path();       // 4.5.5
Section loops();                   // 6.3
Section verify_security();         // 7.3
Section source_routes();           // appendix C
Section deprecated_features();     // appendix F

}  // namespace smtprig::conformance::rfc5321
