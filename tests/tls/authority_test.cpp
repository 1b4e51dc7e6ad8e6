#include "fixture/tls/authority.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <set>

#include "fixture/tls/ca_store.hpp"
#include "fixture/tls/certificates.hpp"
#include "fixture/tls/pem.hpp"
#include "tests/tls/scratch.hpp"

namespace smtprig::tls {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

mode_t mode_of(const std::string& path) {
    struct stat about {};
    EXPECT_EQ(::stat(path.c_str(), &about), 0) << path;
    return about.st_mode & 0777;
}

std::string output_of(const std::string& command) {
    std::FILE* const pipe = ::popen((command + " 2>&1").c_str(), "r");
    if (pipe == nullptr) return "popen failed";
    std::string output;
    char piece[4096];
    while (const auto count = std::fread(piece, 1, sizeof piece, pipe)) output.append(piece, count);
    return output + "status " + std::to_string(::pclose(pipe));
}

// What each of `count` processes that start together sees as the CA.
std::vector<std::string> race(const StateFolder& folder, int count) {
    int gate[2];
    int answers[2];
    EXPECT_EQ(::pipe(gate), 0);
    EXPECT_EQ(::pipe(answers), 0);
    std::vector<pid_t> children;
    for (int i = 0; i < count; ++i) {
        const pid_t child = ::fork();
        if (child == 0) {
            ::close(gate[1]);
            char octet = 0;
            // Ends when the parent opens the gate by closing it.
            if (::read(gate[0], &octet, 1) != 0) ::_exit(1);
            Authority authority(folder);
            const auto pem = authority.ca_pem();
            const bool is_stored = authority.ca_file().has_value();
            // A fingerprint line is shorter than PIPE_BUF, so lines of several writers stay whole.
            const auto facts = describe(*authority.identity().certificate);
            const auto line = (is_stored ? facts.sha256 : "memory " + facts.sha256) + "\n";
            const bool is_written =
                ::write(answers[1], line.data(), line.size()) == static_cast<ssize_t>(line.size());
            ::_exit(is_written ? 0 : 2);
        }
        children.push_back(child);
    }
    ::close(gate[0]);
    ::close(gate[1]);
    ::close(answers[1]);
    std::string text;
    char piece[4096];
    for (ssize_t got; (got = ::read(answers[0], piece, sizeof piece)) > 0;)
        text.append(piece, static_cast<std::size_t>(got));
    ::close(answers[0]);
    for (const pid_t child : children) {
        int status = 0;
        EXPECT_EQ(::waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0);
    }
    std::vector<std::string> lines;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = text.find('\n', begin);
        lines.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return lines;
}

void expect_one_ca(const std::vector<std::string>& seen, const StateFolder& folder) {
    ASSERT_EQ(seen.size(), 8u);
    EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 1u);
    auto stored = load_or_make_ca(folder);
    EXPECT_EQ(seen[0], describe(*stored.identity.certificate).sha256);
    EXPECT_THAT(stored.notices, IsEmpty());
}

TEST(StateFolder, IsSharedByProcessesThatStartAtTheSameMoment) {
    for (int round = 0; round < 5; ++round) {
        const Scratch scratch;
        const StateFolder folder{scratch / "state/smtprig"};
        expect_one_ca(race(folder, 8), folder);
    }
}

TEST(StateFolder, IsRepairedOnceWhenSeveralProcessesFindItDamaged) {
    for (int round = 0; round < 5; ++round) {
        const Scratch scratch;
        const StateFolder folder{scratch / "state"};
        load_or_make_ca(folder);
        write_file(folder.certificate_file(), "not a certificate");
        expect_one_ca(race(folder, 8), folder);
    }
}

TEST(StateFolder, KeepsTheCaFromRunToRun) {
    const Scratch scratch;
    const StateFolder folder{scratch / "a/b/state"};
    Authority first(folder);
    const auto pem = first.ca_pem();
    EXPECT_EQ(first.ca_file(), folder.certificate_file());
    EXPECT_EQ(text_of(folder.certificate_file()), pem);
    EXPECT_THAT(first.take_notices(), IsEmpty());
    EXPECT_EQ(Authority(folder).ca_pem(), pem);
    EXPECT_EQ(mode_of(folder.path), 0700u);
    EXPECT_EQ(mode_of(folder.key_file()), 0600u);
    EXPECT_EQ(mode_of(folder.certificate_file()), 0644u);
}

TEST(StateFolder, IsUntouchedBeforeTheCaIsNeeded) {
    const Scratch scratch;
    Authority authority(StateFolder{scratch / "state"});
    EXPECT_FALSE(std::filesystem::exists(scratch / "state"));
}

std::string notice_after(void (*damage)(const StateFolder&)) {
    const Scratch scratch;
    const StateFolder folder{scratch / "state"};
    const auto before = Authority(folder).ca_pem();
    damage(folder);
    Authority authority(folder);
    EXPECT_NE(authority.ca_pem(), before);
    const auto notices = authority.take_notices();
    EXPECT_EQ(notices.size(), 1u);
    EXPECT_THAT(authority.take_notices(), IsEmpty());
    // The new one is good.
    Authority next(folder);
    EXPECT_EQ(next.ca_pem(), authority.ca_pem());
    EXPECT_THAT(next.take_notices(), IsEmpty());
    return notices.empty() ? "" : notices[0];
}

TEST(StateFolder, ReplacesADamagedCaAndSaysSo) {
    EXPECT_THAT(notice_after([](const StateFolder& folder) {
                    write_file(folder.certificate_file(), "-----BEGIN CERTIFICATE-----\nAAAA\n");
                }),
                AllOf(HasSubstr("ca.pem"), HasSubstr("was replaced"), HasSubstr("is damaged")));
    EXPECT_THAT(notice_after([](const StateFolder& folder) { write_file(folder.key_file(), ""); }),
                HasSubstr("its key is damaged"));
    EXPECT_THAT(
        notice_after([](const StateFolder& folder) { ::unlink(folder.key_file().c_str()); }),
        HasSubstr("its key cannot be read (No such file or directory)"));
    EXPECT_THAT(notice_after([](const StateFolder& folder) {
                    write_file(folder.key_file(), to_pem(*make_p256_key()));
                }),
                HasSubstr("its key is another one"));
}

TEST(StateFolder, ReplacesAnExpiredCaAndSaysSo) {
    EXPECT_THAT(notice_after([](const StateFolder& folder) {
                    Recipe recipe;
                    recipe.purpose = Purpose::authority;
                    recipe.common_name = "smtprig test CA of long ago";
                    recipe.not_before = -100;
                    recipe.not_after = -1;
                    const auto key = make_p256_key();
                    write_file(folder.certificate_file(),
                               to_pem(*make_certificate(recipe, *key, nullptr)));
                    write_file(folder.key_file(), to_pem(*key));
                }),
                HasSubstr("it has expired"));
}

TEST(StateFolder, ClosesAKeyThatOthersCouldRead) {
    const Scratch scratch;
    const StateFolder folder{scratch / "state"};
    const auto before = Authority(folder).ca_pem();
    ASSERT_EQ(::chmod(folder.key_file().c_str(), 0644), 0);
    Authority authority(folder);
    EXPECT_EQ(authority.ca_pem(), before);
    EXPECT_THAT(authority.take_notices(), ElementsAre(HasSubstr("could be read by others")));
    EXPECT_EQ(mode_of(folder.key_file()), 0600u);
}

TEST(StateFolder, ThatCannotBeMadeGivesACaInMemoryAndSaysSo) {
    const Scratch scratch;
    write_file(scratch / "file", "");
    Authority authority(StateFolder{scratch / "file/state"});
    EXPECT_THAT(authority.ca_pem(), HasSubstr("BEGIN CERTIFICATE"));
    EXPECT_FALSE(authority.ca_file());
    EXPECT_THAT(authority.take_notices(),
                ElementsAre(AllOf(HasSubstr("cannot be made (Not a directory)"),
                                  HasSubstr("kept in memory"))));
}

TEST(StateFolder, ThatCannotBeWrittenGivesACaInMemoryAndSaysSo) {
    const Scratch scratch;
    const StateFolder folder{scratch / "state"};
    // A folder in place of the lock stops every user, root too.
    std::filesystem::create_directories(folder.lock_file());
    Authority authority(folder);
    EXPECT_FALSE(authority.ca_file());
    EXPECT_THAT(authority.take_notices(), ElementsAre(HasSubstr("cannot be written")));
}

TEST(StateFolder, IsWhereTheEnvironmentSays) {
    ::setenv("HOME", "/home/somebody", 1);
    ::setenv("XDG_STATE_HOME", "/var/state", 1);
    EXPECT_EQ(default_state_folder()->path, "/var/state/smtprig");
    ::setenv("XDG_STATE_HOME", "relative", 1);
    EXPECT_EQ(default_state_folder()->path, "/home/somebody/.local/state/smtprig");
    ::unsetenv("XDG_STATE_HOME");
    ::unsetenv("HOME");
    EXPECT_FALSE(default_state_folder());
}

TEST(Authority, WritesItsCertificateWhereItIsTold) {
    const Scratch scratch;
    Authority authority;
    EXPECT_TRUE(authority.save_ca(scratch / "ca.pem"));
    EXPECT_EQ(text_of(scratch / "ca.pem"), authority.ca_pem());
    const auto outcome = authority.save_ca(scratch / "missing/ca.pem");
    EXPECT_FALSE(outcome);
    EXPECT_THAT(outcome.problem(),
                AllOf(HasSubstr("missing/ca.pem"), HasSubstr("No such file or directory")));
}

TEST(Authority, WritesItsCertificateThroughALinkInsteadOfReplacingIt) {
    const Scratch scratch;
    write_file(scratch / "target", "a longer text than will be there");
    std::filesystem::create_symlink(scratch / "target", scratch / "link");
    Authority authority;
    EXPECT_TRUE(authority.save_ca(scratch / "link"));
    EXPECT_TRUE(std::filesystem::is_symlink(scratch / "link"));
    EXPECT_EQ(text_of(scratch / "target"), authority.ca_pem());
}

TEST(Authority, IsAnotherOneInEachRunWhenKeptInMemory) {
    EXPECT_NE(Authority().ca_pem(), Authority().ca_pem());
}

TEST(Certificates, AreWhatOpensslOnTheCommandLineExpects) {
    const Scratch scratch;
    const auto authority = std::make_shared<Authority>();
    ASSERT_TRUE(authority->save_ca(scratch / "ca.pem"));
    Leaves leaves(authority, *find_certificate_kind("good"), "fixture.example", 10);
    const auto leaf = leaves.for_name("Mail.Example");
    const auto file = write_file(scratch / "leaf.pem", to_pem(*leaf->certificate));
    const auto ca = scratch / "ca.pem";

    const auto verify = "openssl verify -x509_strict -purpose sslserver -CAfile " + ca;
    for (const auto* name : {"mail.example", "fixture.example", "localhost"})
        EXPECT_THAT(output_of(verify + " -verify_hostname " + name + " " + file),
                    HasSubstr("leaf.pem: OK\nstatus 0"));
    for (const auto* address : {"127.0.0.1", "::1"})
        EXPECT_THAT(output_of(verify + " -verify_ip " + address + " " + file),
                    HasSubstr("leaf.pem: OK\nstatus 0"));
    EXPECT_THAT(output_of(verify + " -verify_hostname other.example " + file),
                HasSubstr("hostname mismatch"));

    const auto text = output_of("openssl x509 -noout -text -in " + file);
    EXPECT_THAT(text, HasSubstr("Subject: CN = mail.example"));
    EXPECT_THAT(text, HasSubstr("Issuer: CN = smtprig test CA "));
    EXPECT_THAT(text, HasSubstr("ASN1 OID: prime256v1"));
    EXPECT_THAT(text, HasSubstr("DNS:mail.example, DNS:fixture.example, DNS:localhost, IP "
                                "Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1"));
    EXPECT_THAT(text, HasSubstr("TLS Web Server Authentication"));
    EXPECT_THAT(text, HasSubstr("X509v3 Authority Key Identifier"));
    EXPECT_THAT(output_of("openssl x509 -noout -checkend 34128000 -in " + file),
                HasSubstr("will not expire"));
    EXPECT_THAT(output_of("openssl x509 -noout -checkend 34300800 -in " + file),
                HasSubstr("will expire"));

    const auto about_ca = output_of("openssl x509 -noout -text -in " + ca);
    EXPECT_THAT(about_ca, HasSubstr("CA:TRUE"));
    EXPECT_THAT(about_ca, HasSubstr("Certificate Sign, CRL Sign"));
    EXPECT_THAT(about_ca, HasSubstr("X509v3 Subject Key Identifier"));
}

}  // namespace
}  // namespace smtprig::tls
