// What the tests share. They are written once for both modes: GET takes the value of a call that has to succeed, ERROR_OF the error of one that must not,
// TAKE whichever it is.
#ifndef CHECK_HPP
#define CHECK_HPP

#include <cloakwork.hpp>
#include <cstdio>
#include <cstdlib>
#include <type_traits>

namespace check {

struct Counts {
    unsigned long passed = 0;
    unsigned long failed = 0;
};

inline Counts &counts() {
    static Counts all;
    return all;
}

inline void that(bool holds, const char *what, const char *file, int line) {
    if (holds) {
        counts().passed++;
    } else {
        counts().failed++;
        std::printf("%s:%d: %s\n", file, line, what);
    }
}

[[noreturn]] inline void give_up(const std::string &what, const char *file, int line) {
    std::printf("%s:%d: %s\n", file, line, what.c_str());
    std::exit(1);
}

template <class Call>
auto get(Call call, const char *file, int line) {
#ifdef CLOAKWORK_NO_EXCEPTIONS
    auto result = call();
    if (!result.ok()) {
        give_up(result.error().message(), file, line);
    }
    if constexpr (!std::is_same_v<decltype(result), cloakwork::Result<void>>) {
        return *std::move(result);
    }
#else
    try {
        return call();
    } catch (const cloakwork::Exception &error) {
        give_up(error.what(), file, line);
    }
#endif
}

// The error of a call, or its value in `out`.
template <class Call, class T>
cloakwork::Error take(Call call, T &out) {
#ifdef CLOAKWORK_NO_EXCEPTIONS
    auto result = call();
    if (!result.ok()) {
        return result.error();
    }
    out = *std::move(result);
    return {};
#else
    try {
        out = call();
        return {};
    } catch (const cloakwork::Exception &error) {
        return error.error();
    }
#endif
}

template <class Call>
cloakwork::Error error_of(Call call) {
#ifdef CLOAKWORK_NO_EXCEPTIONS
    const auto result = call();
    return result.ok() ? cloakwork::Error() : result.error();
#else
    try {
        static_cast<void>(call());
        return {};
    } catch (const cloakwork::Exception &error) {
        return error.error();
    }
#endif
}

} // namespace check

#define CHECK(...) check::that((__VA_ARGS__), #__VA_ARGS__, __FILE__, __LINE__)
#define GET(...) check::get([&]() { return __VA_ARGS__; }, __FILE__, __LINE__)
#define TAKE(out, ...) check::take([&]() { return __VA_ARGS__; }, out)
#define ERROR_OF(...) check::error_of([&]() { return __VA_ARGS__; })

void test_identity();
void test_rounds();
void test_errors();
void test_bad_input();
void test_privacy();
void test_noise();
void test_vectors();
void test_vectors_of_runs();
void test_transcripts();
void test_mpc();
void test_mpc_vectors();

#endif
