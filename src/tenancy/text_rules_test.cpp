#include "tenancy/text_rules.hpp"

#include <gtest/gtest.h>

namespace sluice::tenancy {
namespace {

TEST(TextRules, NamesAreTextsOfPeople) {
    for (const char* name : {"Acme", "Österreich", "日本", "O'Neill & Sons <x>"})
        EXPECT_TRUE(check_name(name, "name", 20)) << name;
    for (const char* name :
         {"", "a\tb", "a\x7f", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe0\x80\xaf"})
        EXPECT_FALSE(check_name(name, "name", 20)) << name;
    EXPECT_TRUE(check_name("ääää", "name", 4)) << "characters, not bytes";
    EXPECT_FALSE(check_name("äääää", "name", 4));
}

TEST(TextRules, SlugsAndLogins) {
    EXPECT_TRUE(check_slug("a"));
    EXPECT_TRUE(check_slug("acme-2"));
    EXPECT_FALSE(check_slug(std::string(64, 'a')));
    EXPECT_FALSE(check_slug("acme_2"));
    EXPECT_TRUE(check_login("anna.b+x@acme.example"));
    EXPECT_FALSE(check_login("@anna"));
    EXPECT_FALSE(check_login("an na"));
    EXPECT_FALSE(check_login(""));
}

TEST(TextRules, CutsBetweenCharacters) {
    EXPECT_EQ(cut_text("abc", 2), "ab");
    EXPECT_EQ(cut_text("aä", 2), "a");
    EXPECT_EQ(cut_text("a\xff\x01z\n", 10), "a? z\n");
    EXPECT_EQ(cut_text("", 10), "");
}

}  // namespace
}  // namespace sluice::tenancy
