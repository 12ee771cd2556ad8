#include "base/result.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

namespace nip {
namespace {

result<int> half(int number) {
  if (number % 2 != 0) return fail(errc::invalid_argument, "odd");
  return number / 2;
}

result<int> quarter(int number) {
  NIP_TRY(once, half(number));
  NIP_TRY(twice, half(once));
  return twice;
}

status check(int number) {
  NIP_CHECK(quarter(number));
  return {};
}

TEST(result, TryHandsOnValuesAndErrors) {
  EXPECT_EQ(quarter(8), 2);
  EXPECT_EQ(quarter(6).error().detail, "odd");
  EXPECT_TRUE(check(4));
  EXPECT_EQ(check(1).error().code, errc::invalid_argument);
}

TEST(result, ErrorKnowsWhereItWasMade) {
  EXPECT_THAT(half(1).error().where.file_name(), testing::EndsWith("result_test.cpp"));
}

TEST(result, EveryCodeHasItsOwnName) {
  std::vector<std::string_view> names;
  for (auto code = errc::invalid_argument; code <= errc::internal;
       code = static_cast<errc>(static_cast<int>(code) + 1)) {
    EXPECT_THAT(names, testing::Not(testing::Contains(to_string(code))));
    names.push_back(to_string(code));
  }
  EXPECT_EQ(names.size(), 17U);
}

TEST(result, TransientTellsWhatIsWorthARetry) {
  EXPECT_TRUE((error{errc::exhausted, {}, {}}).transient());
  EXPECT_TRUE((error{errc::timeout, {}, {}}).transient());
  EXPECT_FALSE((error{errc::parse, {}, {}}).transient());
}

TEST(result, SystemErrorsKeepFullDisksApart) {
  EXPECT_EQ(fail_errno(ENOSPC, "write x").error().code, errc::storage_full);
  EXPECT_EQ(fail_errno(ENOENT, "open x").error().code, errc::not_found);
  EXPECT_EQ(fail_errno(EIO, "sync x").error().code, errc::io);
  EXPECT_EQ(fail_errno(EIO, "sync x").error().detail, "sync x: Input/output error");
}

}  // namespace
}  // namespace nip
