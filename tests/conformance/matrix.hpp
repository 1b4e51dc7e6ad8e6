// The kill matrix: each mutant departs from the strict fixture in one way, and exactly the check
// for that way, and its named kin, notice.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/conformance/pipe.hpp"

namespace smtprig::conformance {

// A line of tests/mutants/mutants.txt: NAME MODE CHECK [tolerate=TOLERANCE]
// [switch=FLAW] [kin=CHECK …]. The scenario is NAME.xml, unless a tolerance of the posture or a
// switch of flaws.hpp is the mutation.
struct Mutant {
    std::string name;
    std::string mode;  // none, starttls, implicit or implicit-auth
    std::string kills;
    std::vector<std::string> tolerates;
    std::string flaw;
    std::set<std::string> kin;
};

std::vector<Mutant> mutants();
Fixture fixture_of(const Mutant& mutant);

class Matrix {
  public:
    explicit Matrix(const std::string& mode);

    // Ids of the checks that find a fault which the unchanged server does not have, or observe
    // something else.
    std::vector<std::string> changed_by(const Mutant& mutant) const;
    // How the check ended in the latest run.
    std::string last(const std::string& id) const;

  private:
    Report run(PipeConnector& connector) const;

    std::string mode_;
    RunSettings settings_;
    Preflight preflight_;
    Report base_;
    mutable std::map<std::string, std::string> last_;
};

}  // namespace smtprig::conformance
