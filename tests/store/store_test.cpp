#include "fixture/store/store.hpp"

#include <dirent.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <sstream>
#include <thread>

#include "fixture/transcript/reader/read_json.hpp"

namespace smtprig::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using transcript::Kind;
using transcript::Side;

// A session of one message, as the server records it.
class Recorded {
  public:
    Recorded(Store& store, const std::string& id)
        : store_(store),
          log_(std::make_shared<transcript::Log>(id, "default", "127.0.0.1:50000", "127.0.0.1:1025",
                                                 0, store.observer())) {
        store.opened(log_);
        log_->event(Kind::connected, 0);
    }

    Kept mail(const std::string& wire, bool kept = true) {
        auto data = std::make_shared<smtp::MailData>();
        data->wire = wire;
        if (!wire.empty() && wire.front() == '.') data->removed_periods.push_back(0);
        data->complete = true;
        log_->mail_data(1, {Side::client, false, 1}, data, wire.size());
        ++mails_;
        if (!kept) return Kept::yes;
        transcript::Message message;
        message.id = log_->id() + '-' + std::to_string(mails_);
        message.session = log_->id();
        message.data = data;
        message.trace = trace;
        return store_.keep(message);
    }
    void line(const std::string& text) {
        log_->wire(Kind::client_line, 2, {Side::client, false, 1}, text + "\r\n");
    }
    void close() {
        log_->event(Kind::closed, 3, {{"by", std::string("client")}, {"how", std::string("quit")}});
        log_->close();
        store_.closed(log_);
    }

    std::string trace;

  private:
    Store& store_;
    std::shared_ptr<transcript::Log> log_;
    int mails_ = 0;
};

std::vector<std::string> ids(const Store& store) {
    std::vector<std::string> ids;
    for (const auto& session : store.sessions()) ids.push_back(session.id);
    return ids;
}

TEST(MemoryStore, ShowsSessionsAndMessagesWhileTheyGoOn) {
    const auto store = memory_store(1 << 20);
    Recorded first(*store, "s-1"), second(*store, "s-2");
    EXPECT_EQ(first.mail("Text\r\n"), Kept::yes);
    ASSERT_THAT(store->messages(), SizeIs(1));
    EXPECT_EQ(store->messages()[0].id, "s-1-1");
    EXPECT_EQ(store->messages()[0].data->wire, "Text\r\n");
    EXPECT_THAT(ids(*store), ElementsAre("s-1", "s-2"));
    EXPECT_TRUE(store->sessions()[0].open);
    second.close();
    first.close();
    // Oldest first, whichever ended first.
    EXPECT_THAT(ids(*store), ElementsAre("s-1", "s-2"));
    EXPECT_FALSE(store->sessions()[0].open);
    EXPECT_EQ(store->counts().sessions, 2U);
    EXPECT_EQ(store->counts().messages, 1U);
}

TEST(MemoryStore, CursorsOnlyGrowAndTellWhatCameAfterThem) {
    const auto store = memory_store(1 << 20);
    Recorded first(*store, "s-1");
    first.mail("one");
    const std::uint64_t mark = store->cursor();
    first.mail("two");
    first.close();
    Range range;
    range.after = mark;
    ASSERT_THAT(store->messages_in(range), SizeIs(1));
    EXPECT_EQ(store->messages_in(range)[0].message->id, "s-1-2");
    range = {};
    range.before = store->messages_in({})[1].cursor;
    EXPECT_THAT(store->messages_in(range), SizeIs(1));
    range = {};
    range.order = Order::newest_first;
    range.limit = 1;
    EXPECT_EQ(store->messages_in(range)[0].message->id, "s-1-2");
    const auto changes = store->changes_after(mark, 10);
    EXPECT_FALSE(changes.gap);
    ASSERT_THAT(changes.changes, SizeIs(2));
    EXPECT_EQ(changes.changes[0].what, Change::What::message_kept);
    EXPECT_EQ(changes.changes[1].what, Change::What::session_closed);
    EXPECT_THAT(store->changes_after(store->cursor(), 10).changes, IsEmpty());
}

TEST(MemoryStore, WhatIsDeletedIsGivenToOneOnly) {
    const auto store = memory_store(1 << 20);
    Recorded session(*store, "s-1");
    session.mail("one");
    session.mail("two");
    EXPECT_THAT(store->delete_messages({"s-1-1", "s-1-1", "s-9-1", "none"}), SizeIs(1));
    EXPECT_THAT(store->delete_messages({"s-1-1"}), IsEmpty());
    EXPECT_FALSE(store->message("s-1-1"));
    ASSERT_TRUE(store->session("s-1"));
    EXPECT_THAT(store->session("s-1")->messages, ElementsAre("s-1-2"));
    EXPECT_EQ(store->delete_sessions_of(""), 0U);  // it is open
    session.close();
    EXPECT_EQ(store->delete_sessions_of("another"), 0U);
    EXPECT_EQ(store->delete_sessions_of("default"), 1U);
    EXPECT_EQ(store->counts().messages, 0U);
    EXPECT_EQ(store->counts().octets, 0U);
    EXPECT_THAT(store->messages_in({}), IsEmpty());
}

TEST(MemoryStore, TellsOfEachChangeAfterItCanBeSeen) {
    const auto store = memory_store(1 << 20);
    std::vector<std::uint64_t> seen;
    store->on_change([&] { seen.push_back(store->counts().messages); });
    Recorded session(*store, "s-1");
    session.mail("one");
    session.close();
    store->delete_messages({"s-1-1"});
    EXPECT_THAT(seen, ElementsAre(0, 1, 1, 0));
}

TEST(MemoryStore, KnowsWhatALaneIsDoing) {
    const auto store = memory_store(1 << 20);
    Recorded session(*store, "s-1");
    const auto before = store->activity("default");
    EXPECT_EQ(before.open_sessions, 1U);
    session.mail("one");
    session.close();
    const auto after = store->activity("default");
    EXPECT_EQ(after.open_sessions, 0U);
    EXPECT_EQ(after.messages, 1U);
    EXPECT_GT(after.cursor, before.cursor);
    EXPECT_EQ(store->activity("").sessions, 1U);
    EXPECT_EQ(store->activity("another").sessions, 0U);
}

TEST(MemoryStore, EvictsTheOldestFinishedSessionWithItsMessages) {
    const auto store = memory_store(100'000);
    Recorded open(*store, "open");
    open.mail(std::string(50'000, 'x'));
    for (int i = 0; i < 10; ++i) {
        Recorded session(*store, "s-" + std::to_string(i));
        session.mail(std::string(30'000, 'x'));
        session.close();
        EXPECT_LE(store->counts().octets, 100'000U);
    }
    // Sessions that are open never go, and what they hold counts.
    // Sessions that are open never go, and what they hold leaves less room for the others.
    EXPECT_THAT(ids(*store), ElementsAre("open", "s-9"));
    EXPECT_THAT(store->messages(), SizeIs(2));
    const Store::Counts counts = store->counts();
    EXPECT_EQ(counts.sessions, 2U);
    EXPECT_EQ(counts.messages, 2U);
    EXPECT_EQ(counts.evicted_sessions, 9U);
    EXPECT_EQ(counts.evicted_messages, 9U);
    open.close();
    EXPECT_THAT(ids(*store), ElementsAre("open", "s-9"));
    Recorded last(*store, "last");
    last.mail(std::string(30'000, 'x'));
    last.close();
    // The one that finished first goes first.
    EXPECT_THAT(ids(*store), ElementsAre("open", "last"));
}

TEST(MemoryStore, ASessionAboveTheBoundIsGoneWhenItEnds) {
    const auto store = memory_store(1000);
    Recorded session(*store, "s-1");
    EXPECT_EQ(session.mail(std::string(5000, 'x')), Kept::yes);
    EXPECT_THAT(store->messages(), SizeIs(1));
    session.close();
    EXPECT_THAT(store->messages(), IsEmpty());
    EXPECT_EQ(store->counts().octets, 0U);
    EXPECT_EQ(store->counts().evicted_sessions, 1U);
}

TEST(MemoryStore, IsUsedByManyThreadsAtOnce) {
    const auto store = memory_store(200'000);
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t)
        threads.emplace_back([&store, t] {
            for (int i = 0; i < 100; ++i) {
                Recorded session(*store, std::to_string(t) + '-' + std::to_string(i));
                session.mail(std::string(1000, 'x'));
                session.close();
            }
        });
    for (int i = 0; i < 50; ++i) {
        store->sessions();
        store->messages();
    }
    for (std::thread& thread : threads) thread.join();
    const Store::Counts counts = store->counts();
    EXPECT_EQ(counts.sessions + counts.evicted_sessions, 300U);
    EXPECT_EQ(counts.messages + counts.evicted_messages, 300U);
}

class DirectoryStore : public testing::Test {
  protected:
    void SetUp() override {
        std::string name = "/tmp/smtprig-XXXXXX";
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        folder_ = name;
    }
    void TearDown() override { remove(folder_); }

    static void remove(const std::string& folder) {
        ::chmod(folder.c_str(), 0755);
        for (const std::string& name : names(folder)) {
            const std::string path = folder + '/' + name;
            if (::unlink(path.c_str()) != 0) remove(path);
        }
        ::rmdir(folder.c_str());
    }
    static std::vector<std::string> names(const std::string& folder) {
        std::vector<std::string> names;
        DIR* const stream = ::opendir(folder.c_str());
        if (stream == nullptr) return names;
        while (const dirent* entry = ::readdir(stream))
            if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
        ::closedir(stream);
        std::sort(names.begin(), names.end());
        return names;
    }
    std::string read(const std::string& name) const {
        std::ifstream in(folder_ + '/' + name, std::ios::binary);
        std::ostringstream text;
        text << in.rdbuf();
        return text.str();
    }
    std::unique_ptr<Store> store(const std::string& below = "") {
        std::string problem;
        auto store = directory_store(folder_ + below, problem);
        EXPECT_EQ(problem, "");
        return store;
    }

    std::string folder_;
};

TEST_F(DirectoryStore, KeepsMessagesAsTheyAreBeforeItSaysSo) {
    const auto store = this->store();
    Recorded session(*store, "s-1");
    session.trace = "Received: from a\r\n";
    EXPECT_EQ(session.mail("..\r\n\xff\r\n"), Kept::yes);
    EXPECT_EQ(read("s-1-1.eml"), "Received: from a\r\n.\r\n\xff\r\n");
    EXPECT_THAT(names(folder_), ElementsAre("s-1-1.eml", "s-1.jsonl"));
    session.close();
    EXPECT_THAT(names(folder_), ElementsAre("s-1-1.eml", "s-1.jsonl"));
    EXPECT_EQ(store->counts().messages, 1U);
    EXPECT_EQ(store->counts().sessions, 1U);
}

TEST_F(DirectoryStore, WritesTranscriptsThatCanBeReadAgainWhileTheyGoOn) {
    const auto store = this->store();
    Recorded session(*store, "s-1");
    session.line("EHLO client.example");
    const auto count = [&] {
        const std::string text = read("s-1.jsonl");
        return std::count(text.begin(), text.end(), '\n');
    };
    EXPECT_EQ(count(), 2);
    session.mail("Text\r\n");
    session.close();
    EXPECT_EQ(count(), 4);
    const auto read_back = transcript::read_json(read("s-1.jsonl"));
    EXPECT_THAT(read_back.problems, IsEmpty());
    ASSERT_THAT(read_back.sessions, SizeIs(1));
    EXPECT_THAT(read_back.sessions[0].events, SizeIs(4));
    EXPECT_THAT(read("s-1.jsonl"), HasSubstr("s-1-1.eml"));
}

TEST_F(DirectoryStore, PutsMailDataThatWasNotAcceptedAside) {
    const auto store = this->store();
    Recorded session(*store, "s-1");
    session.mail("refused\r\n", false);
    session.mail("accepted\r\n");
    session.close();
    EXPECT_THAT(names(folder_), ElementsAre("refused", "s-1-2.eml", "s-1.jsonl"));
    EXPECT_THAT(names(folder_ + "/refused"), ElementsAre("s-1-1.eml"));
    EXPECT_EQ(read("refused/s-1-1.eml"), "refused\r\n");
}

TEST_F(DirectoryStore, MakesTheFolderAndThoseAboveIt) {
    const auto store = this->store("/a/b/c//");
    ASSERT_NE(store, nullptr);
    EXPECT_THAT(names(folder_ + "/a/b"), ElementsAre("c"));
}

TEST_F(DirectoryStore, SaysWhyAFolderCannotBeUsed) {
    std::ofstream(folder_ + "/file") << "x";
    std::string problem;
    EXPECT_EQ(directory_store(folder_ + "/file", problem), nullptr);
    EXPECT_EQ(problem, "Cannot keep captures in the folder " + folder_ + "/file: Not a directory.");
    EXPECT_EQ(directory_store(folder_ + "/file/below", problem), nullptr);
    EXPECT_THAT(problem, HasSubstr("Not a directory"));
    if (::geteuid() == 0) return;  // who may write everywhere
    ::chmod(folder_.c_str(), 0555);
    EXPECT_EQ(directory_store(folder_, problem), nullptr);
    EXPECT_THAT(problem, HasSubstr("Permission denied"));
}

// A limit on the size of files stands for a disk that is full.
class FullDisk {
  public:
    explicit FullDisk(rlim_t octets) {
        former_ = std::signal(SIGXFSZ, SIG_IGN);
        ::getrlimit(RLIMIT_FSIZE, &limit_);
        const rlimit small{octets, limit_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &small);
    }
    ~FullDisk() {
        ::setrlimit(RLIMIT_FSIZE, &limit_);
        std::signal(SIGXFSZ, former_);
    }

  private:
    void (*former_)(int);
    rlimit limit_{};
};

TEST_F(DirectoryStore, RefusesAMessageThatDoesNotFitAndKeepsTheOthers) {
    const auto store = this->store();
    Recorded session(*store, "s-1");
    {
        const FullDisk disk(1000);
        EXPECT_EQ(session.mail(std::string(5000, 'x')), Kept::no_room);
        EXPECT_EQ(session.mail("fits\r\n"), Kept::yes);
    }
    EXPECT_THAT(names(folder_), ElementsAre("s-1-2.eml", "s-1.jsonl"));
    EXPECT_EQ(store->counts().messages, 1U);
}

TEST_F(DirectoryStore, ATranscriptThatDoesNotFitLosesWholeLines) {
    const auto store = this->store();
    Recorded session(*store, "s-1");
    {
        const FullDisk disk(700);
        for (int i = 0; i < 20; ++i) session.line("NOOP " + std::string(50, 'x'));
    }
    session.line("QUIT");
    session.close();
    const std::string text = read("s-1.jsonl");
    EXPECT_THAT(text, HasSubstr("QUIT"));
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        EXPECT_EQ(line.front(), '{');
        EXPECT_EQ(line.back(), '}');
    }
}

}  // namespace
}  // namespace smtprig::store
