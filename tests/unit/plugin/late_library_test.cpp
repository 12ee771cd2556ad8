// Libraries that the http plugin opens when it needs them.
#include "http/late_library.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace http_plugin {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(late_library, FindsFunctionsByName) {
  const late_library c("libc.so.6", "libc6");
  int (*absolute)(int) = nullptr;
  c.find(absolute, "abs");
  ASSERT_NE(absolute, nullptr);
  EXPECT_EQ(absolute(-3), 3);
}

TEST(late_library, MissingFileSaysWhichPackageToInstall) {
  EXPECT_THAT([] { late_library("libnobody-made-this.so.1", "libnobody1"); },
              ThrowsMessage<std::runtime_error>(
                  AllOf(HasSubstr("needs libnobody-made-this.so.1: install the package libnobody1"),
                        HasSubstr("No such file"))));
}

TEST(late_library, MissingFunctionSaysWhichPackageToUpdate) {
  const late_library c("libc.so.6", "libc6");
  int (*function)() = nullptr;
  EXPECT_THAT([&] { c.find(function, "nobody_made_this"); },
              ThrowsMessage<std::runtime_error>(
                  AllOf(HasSubstr("nobody_made_this"), HasSubstr("update the package libc6"))));
}

}  // namespace http_plugin
