// A folder of configuration files and a fixed environment, for tests of config/.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "config/load.hpp"

namespace nip::config {

/// Variables that a test sets.
inline environment variables(std::map<std::string, std::string> values) {
  return [values = std::move(values)](std::string_view name) -> std::optional<std::string> {
    const auto found = values.find(std::string(name));
    return found == values.end() ? std::nullopt : std::optional(found->second);
  };
}

/// A folder of its own for each test, gone when the test ends.
class config_folder : public testing::Test {
 protected:
  config_folder() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::path(testing::TempDir()) /
              (std::string("nip_config_") + test->name() + std::to_string(getpid()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~config_folder() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, std::string_view text) {
    const auto path = folder_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }
  result<configuration> load_all(std::map<std::string, std::string> values = {}) {
    return load(folder_ / "nip.yaml", variables(std::move(values)));
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  std::filesystem::path folder_;
};

/// Loads one text; the test fails when it does not load.
inline configuration loaded(std::string text, std::map<std::string, std::string> values = {}) {
  auto read = load_text("nip.yaml", std::move(text), variables(std::move(values)));
  EXPECT_TRUE(read) << read.error().detail;
  return read ? *std::move(read) : configuration{};
}

/// The message with which a text is refused; the test fails when it loads.
inline std::string refusal_of(std::string text, std::map<std::string, std::string> values = {}) {
  auto read = load_text("nip.yaml", std::move(text), variables(std::move(values)));
  EXPECT_FALSE(read) << "loaded, but should not";
  return read ? "" : read.error().detail;
}

}  // namespace nip::config
