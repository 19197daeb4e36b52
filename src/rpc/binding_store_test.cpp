#include "rpc/binding_store.hpp"

#include <gtest/gtest.h>

#include "rpc/convert_users.hpp"
#include "rpc/sample_messages.hpp"

namespace sluice::rpc {
namespace {

// What a gateway has that takes every update.
class Taker {
  public:
    explicit Taker(const BindingStore& store) : store_(store) {}

    std::size_t take() {
        const auto messages = store_.missing(sent_);
        for (std::size_t i = 0; i < messages.size(); ++i) {
            const auto update = to_model(messages[i]->bindings());
            EXPECT_TRUE(update.has_value());
            EXPECT_EQ(messages[i]->bindings().more(), i + 1 < messages.size());
            if (update->full && i == 0) {
                has.clear();
                ++full;
            }
            for (const auto& binding : update->bindings) has[binding.key()] = binding;
            for (const auto& key : update->ended) has.erase(key);
            named += update->bindings.size() + update->ended.size();
        }
        return messages.size();
    }

    std::map<model::UserBindingKey, model::UserBinding> has;
    int full = 0;
    std::size_t named = 0;

  private:
    const BindingStore& store_;
    BindingStore::Sent sent_;
};

model::UserBinding host(std::uint32_t number) {
    auto binding = sample_binding();
    binding.prefix = net::Prefix::host(net::Address::v4(0x0a000000U + number));
    return binding;
}

}  // namespace

TEST(BindingStore, ChangesAreSentAlone) {
    BindingStore store(65'536);
    Taker gateway(store);
    store.set(host(0));
    EXPECT_EQ(gateway.take(), 0U) << "the full set is not known yet";
    store.set_all({host(1), host(2)});
    EXPECT_EQ(gateway.take(), 1U);
    EXPECT_EQ(gateway.full, 1);
    EXPECT_EQ(gateway.has.size(), 2U);
    EXPECT_EQ(gateway.take(), 0U);
    gateway.named = 0;
    store.set(host(3));
    store.remove(host(1).key());
    store.remove(host(9).key());
    EXPECT_EQ(gateway.take(), 1U);
    EXPECT_EQ(gateway.named, 2U);
    EXPECT_EQ(gateway.full, 1);
    EXPECT_EQ(gateway.has.size(), 2U);
    EXPECT_EQ(gateway.has.count(host(1).key()), 0U);
    Taker other(store);
    EXPECT_EQ(other.take(), 1U);
    EXPECT_EQ(other.has, gateway.has);
}

TEST(BindingStore, ATenantGoesWithAllHisBindings) {
    BindingStore store(65'536);
    store.set_all({host(1), host(2), sample_binding("10.0.0.1/32", 13), sample_binding("10.0.0.1/32", 11)});
    Taker gateway(store);
    (void)gateway.take();
    store.remove_all_of(model::TenantId(12));
    (void)gateway.take();
    EXPECT_EQ(gateway.has.size(), 2U);
    EXPECT_EQ(gateway.has.count(host(1).key()), 0U);
}

TEST(BindingStore, AnEmptyFullSetIsSaid) {
    BindingStore store(65'536);
    store.set_all({});
    Taker gateway(store);
    gateway.has[host(1).key()] = host(1);
    EXPECT_EQ(gateway.take(), 1U);
    EXPECT_TRUE(gateway.has.empty());
    EXPECT_EQ(gateway.take(), 0U);
}

TEST(BindingStore, WhoMissedTooManyEndsGetsAllAgain) {
    BindingStore store(65'536, 4);
    store.set_all({});
    Taker gateway(store);
    Taker late(store);
    (void)late.take();
    for (std::uint32_t i = 0; i < 20; ++i) store.set(host(i));
    (void)gateway.take();
    (void)late.take();
    for (std::uint32_t i = 0; i < 12; ++i) {
        store.remove(host(i).key());
        (void)gateway.take();
    }
    EXPECT_EQ(gateway.full, 1);
    (void)late.take();
    EXPECT_EQ(late.full, 2);
    EXPECT_EQ(late.has, gateway.has);
    EXPECT_EQ(late.has.size(), 8U);
}

TEST(BindingStore, MuchIsSentInSeveralMessages) {
    BindingStore store(4096);
    std::vector<model::UserBinding> all;
    for (std::uint32_t i = 0; i < 500; ++i) all.push_back(host(i));
    store.set_all(all);
    Taker gateway(store);
    EXPECT_GT(gateway.take(), 10U);
    EXPECT_EQ(gateway.has.size(), 500U);
    EXPECT_EQ(gateway.full, 1);
}

TEST(ConvertUsers, WhatMakesNoSenseIsRefusedByItsField) {
    link::v1::UserBindingUpdate message;
    to_message({.full = false, .generation = 3, .bindings = {sample_binding()}, .ended = {host(5).key()}},
               message);
    const auto whole = to_model(message);
    ASSERT_TRUE(whole.has_value());
    EXPECT_EQ(whole->bindings.front(), sample_binding());
    EXPECT_EQ(whole->ended.front(), host(5).key());
    const auto field = [&](auto spoil) {
        link::v1::UserBindingUpdate wrong = message;
        spoil(wrong);
        const auto model = to_model(wrong);
        return model ? std::string("taken") : model.error().message();
    };
    using Update = link::v1::UserBindingUpdate;
    EXPECT_NE(field([](Update& m) { m.mutable_bindings(0)->set_tenant(0); }).find("tenant"),
              std::string::npos);
    EXPECT_NE(field([](Update& m) { m.mutable_bindings(0)->set_user(""); }).find("user"), std::string::npos);
    EXPECT_NE(
        field([](Update& m) { m.mutable_bindings(0)->mutable_prefix()->set_length(99); }).find("prefix"),
        std::string::npos);
    EXPECT_NE(field([](Update& m) {
                  for (int i = 0; i < 40; ++i) m.mutable_bindings(0)->add_groups("g");
              }).find("groups"),
              std::string::npos);
    EXPECT_NE(field([](Update& m) { m.set_full(true); }).find("ended"), std::string::npos);
}

}  // namespace sluice::rpc
