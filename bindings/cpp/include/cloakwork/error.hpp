/** @file What went wrong, as an exception or as a value. */
#ifndef CLOAKWORK_ERROR_HPP
#define CLOAKWORK_ERROR_HPP

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#ifndef CLOAKWORK_NO_EXCEPTIONS
#include <stdexcept>
#endif

#include "span.hpp"

namespace cloakwork {
inline namespace CLOAKWORK_MODE {

/** Why a parameter was refused. */
struct Parameter {
    /** One of cloak_parameter. */
    std::int32_t number = 0;
    std::string name;
    double given = 0;
    double bound = 0;
    /** A value that works, if one is known. */
    std::optional<double> works;
};

/** What a call failed with. It holds no secret. */
struct Error {
    cloak_status status = CLOAK_OK;
    /** Id of the party that caused it. */
    std::optional<std::uint64_t> party;
    /** A size, a count or a largest value, as the status says. */
    std::optional<std::uint64_t> bound;
    std::optional<Parameter> parameter;
    /** The argument at fault, where a host knows its name. */
    std::string argument;
    /** What a host says instead of the sentence of the status. */
    std::string detail;

    /** A sentence for people. */
    std::string message() const {
        std::string text = argument.empty() ? std::string() : argument + ": ";
        text += detail.empty() ? std::string(cloak_status_text(status)) : detail;
        if (parameter && parameter->number != CLOAK_PARAMETER_MECHANISM) {
            text += ": the " + parameter->name + " is " + shortest(parameter->given);
            text += parameter->works ? "; " + shortest(*parameter->works) + " works" : std::string();
        }
        text += " (" + std::to_string(static_cast<std::int32_t>(status));
        text += party ? ", party " + std::to_string(*party) : std::string();
        text += bound ? ", bound " + std::to_string(*bound) : std::string();
        return text + ")";
    }

private:
    static std::string shortest(double value) {
        char text[32];
        const int length = std::snprintf(text, sizeof text, "%g", value);
        return {text, static_cast<std::size_t>(length)};
    }
};

#ifdef CLOAKWORK_NO_EXCEPTIONS

/** A value, or the error for which there is none. Whoever takes a value that is not there ends the program. */
template <class T>
class [[nodiscard]] Result {
public:
    Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : content_(std::in_place_index<1>, std::move(error)) {}

    bool ok() const noexcept { return content_.index() == 0; }
    explicit operator bool() const noexcept { return ok(); }

    T &value() & noexcept { return *present(std::get_if<0>(&content_)); }
    const T &value() const & noexcept { return *present(std::get_if<0>(&content_)); }
    T &&value() && noexcept { return std::move(*present(std::get_if<0>(&content_))); }
    T &operator*() & noexcept { return value(); }
    const T &operator*() const & noexcept { return value(); }
    T &&operator*() && noexcept { return std::move(*this).value(); }
    T *operator->() noexcept { return &value(); }
    const T *operator->() const noexcept { return &value(); }

    const Error &error() const noexcept { return *present(std::get_if<1>(&content_)); }
    /** CLOAK_OK if there is a value. */
    cloak_status status() const noexcept { return ok() ? CLOAK_OK : error().status; }

private:
    template <class Pointer>
    static Pointer present(Pointer pointer) noexcept {
        if (pointer == nullptr) {
            std::abort();
        }
        return pointer;
    }

    std::variant<T, Error> content_;
};

/** Success, or the error. */
template <>
class [[nodiscard]] Result<void> {
public:
    Result() = default;
    Result(Error error) : error_(std::move(error)) {}

    bool ok() const noexcept { return error_.status == CLOAK_OK; }
    explicit operator bool() const noexcept { return ok(); }
    const Error &error() const noexcept { return error_; }
    cloak_status status() const noexcept { return error_.status; }

private:
    Error error_;
};

template <class T>
using Returns = Result<T>;

namespace detail {

template <class T>
Result<T> fail(Error error) {
    return Result<T>(std::move(error));
}

} // namespace detail

#else

/** Base of all exceptions of this library; its own class is that of numbers which this version does not know. */
class Exception : public std::runtime_error {
public:
    explicit Exception(Error error) : std::runtime_error(error.message()), error_(std::move(error)) {}

    const Error &error() const noexcept { return error_; }
    cloak_status status() const noexcept { return error_.status; }
    const std::optional<std::uint64_t> &party() const noexcept { return error_.party; }
    const std::optional<std::uint64_t> &bound() const noexcept { return error_.bound; }

private:
    Error error_;
};

/** An argument has a wrong length or value, or an object was moved from (100 to 199). */
class ArgumentError : public Exception {
    using Exception::Exception;
};
/** A value is not finite or does not fit its segment (200 to 299). */
class NumberError : public ArgumentError {
    using ArgumentError::ArgumentError;
};
/** Bytes are not a well-formed, canonical message (300 to 399). */
class EncodingError : public Exception {
    using Exception::Exception;
};
/** A key, tag, ciphertext or mask is not what it has to be (400 to 499). */
class CryptoError : public Exception {
    using Exception::Exception;
};
/** A message or call that the protocol refuses (500 to 599). */
class ProtocolError : public Exception {
    using Exception::Exception;
};
/** The parameters of a run do not fit together (600 to 699). */
class ParameterError : public ArgumentError {
    using ArgumentError::ArgumentError;
};
/** Noise could not be made, or a parameter of it is refused (700 to 799). */
class PrivacyError : public Exception {
    using Exception::Exception;
};
/** A defect of the library (900 to 999): please report it. */
class InternalError : public Exception {
    using Exception::Exception;
};

template <class T>
using Returns = T;

namespace detail {

/** Throws the exception of the error's hundred. */
template <class T>
[[noreturn]] T fail(Error error) {
    switch (static_cast<std::int32_t>(error.status) / 100) {
    case 1: throw ArgumentError(std::move(error));
    case 2: throw NumberError(std::move(error));
    case 3: throw EncodingError(std::move(error));
    case 4: throw CryptoError(std::move(error));
    case 5: throw ProtocolError(std::move(error));
    case 6: throw ParameterError(std::move(error));
    case 7: throw PrivacyError(std::move(error));
    case 9: throw InternalError(std::move(error));
    default: throw Exception(std::move(error));
    }
}

} // namespace detail

#endif

namespace detail {

inline Error plain(cloak_status status) {
    Error error;
    error.status = status;
    return error;
}

/** With what the library said besides, if it was about this status. */
inline Error with(cloak_status status, const cloak_error &said) {
    Error error = plain(status);
    if (said.status == static_cast<std::int32_t>(status)) {
        if ((said.present & CLOAK_ERROR_HAS_PARTY) != 0) {
            error.party = said.party;
        }
        if ((said.present & CLOAK_ERROR_HAS_BOUND) != 0) {
            error.bound = said.bound;
        }
    }
    return error;
}

inline Error with(cloak_status status, const cloak_parameter_error &said) {
    Error error = plain(status);
    if (status == CLOAK_ERR_INVALID_MECHANISM) {
        Parameter parameter;
        parameter.number = said.parameter;
        parameter.name = cloak_parameter_name(said.parameter);
        parameter.given = said.given;
        parameter.bound = said.bound;
        // NaN stands for none.
        if (said.works == said.works) {
            parameter.works = said.works;
        }
        error.parameter = std::move(parameter);
    }
    return error;
}

/** The value if the call succeeded; `said` is what the library said besides. */
template <class T, class... Said>
Returns<T> give(cloak_status status, T &value, const Said &...said) {
    if (status == CLOAK_OK) {
        return std::move(value);
    }
    if constexpr (sizeof...(Said) == 0) {
        return fail<T>(plain(status));
    } else {
        return fail<T>(with(status, said...));
    }
}

template <class... Said>
Returns<void> done(cloak_status status, const Said &...said) {
    if (status != CLOAK_OK) {
        if constexpr (sizeof...(Said) == 0) {
            return fail<void>(plain(status));
        } else {
            return fail<void>(with(status, said...));
        }
    }
    return Returns<void>();
}

/**
 * A vector of what a call writes: `call` takes the elements, how many fit, and where their number goes. When they do not fit, nothing has happened, and
 * it is called again.
 */
template <class Vector, class Call>
cloak_status collect(Vector &out, std::size_t guess, Call call) {
    std::size_t length = 0;
    out.resize(guess);
    cloak_status status = call(out.data(), out.size(), &length);
    if (status == CLOAK_ERR_BUFFER_TOO_SMALL) {
        out.resize(length);
        status = call(out.data(), out.size(), &length);
    }
    out.resize(status == CLOAK_OK ? length : 0);
    return status;
}

} // namespace detail

} // namespace CLOAKWORK_MODE
} // namespace cloakwork

#endif
