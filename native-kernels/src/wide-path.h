// A UTF-8 path as Windows wants it.
#pragma once
#ifdef _WIN32
#include <windows.h>

#include <string>

namespace hearth {

class WidePath {
 public:
  explicit WidePath(const char* utf8) {
    const int length = MultiByteToWideChar(CP_UTF8, 0, utf8, -1, nullptr, 0);
    if (length <= 0) return;
    text_.resize(static_cast<size_t>(length));
    MultiByteToWideChar(CP_UTF8, 0, utf8, -1, &text_[0], length);
  }
  const wchar_t* c_str() const { return text_.c_str(); }

 private:
  std::wstring text_;
};

}  // namespace hearth
#endif
