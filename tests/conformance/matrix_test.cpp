#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "conformance/suites.hpp"
#include "tests/conformance/matrix.hpp"

namespace smtprig::conformance {
namespace {

const Matrix& matrix_of(const std::string& mode) {
    static std::map<std::string, Matrix> all;
    const auto found = all.find(mode);
    return found != all.end() ? found->second : all.emplace(mode, Matrix(mode)).first->second;
}

class Mutants : public testing::TestWithParam<Mutant> {};

TEST_P(Mutants, AreSeenByTheirCheckAndItsKinOnly) {
    const Mutant& mutant = GetParam();
    const Matrix& matrix = matrix_of(mutant.mode);
    bool killed = false;
    std::set<std::string> seen;
    for (const std::string& id : matrix.changed_by(mutant)) {
        seen.insert(id);
        if (id == mutant.kills)
            killed = true;
        else
            EXPECT_EQ(mutant.kin.count(id), 1u)
                << "kin=" << id << " is not named. " << matrix.last(id);
    }
    EXPECT_TRUE(killed) << mutant.kills << ": " << matrix.last(mutant.kills);
    for (const std::string& id : mutant.kin)
        EXPECT_EQ(seen.count(id), 1u) << id << " is named as kin and sees nothing.";
}

INSTANTIATE_TEST_SUITE_P(All, Mutants, testing::ValuesIn(mutants()), [](const auto& test) {
    std::string name = test.param.name;
    for (char& c : name)
        if (c == '-' || c == '.') c = '_';
    return name;
});

TEST(Matrix, HasAMutantForEveryCheck) {
    std::set<std::string> killed;
    for (const Mutant& mutant : mutants()) killed.insert(mutant.kills);
    for (const Section& section : suite())
        for (const Check& check : section.checks())
            EXPECT_EQ(killed.count(check.id), 1u) << check.id << " has no mutant.";
}

}  // namespace
}  // namespace smtprig::conformance
