/** @file The file that keeps a party's identity: its secret key, readable by its owner alone. */
#ifndef CLOAKWORK_HTTP_KEYFILE_HPP
#define CLOAKWORK_HTTP_KEYFILE_HPP

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "../identity.hpp"
#include "text.hpp"

namespace cloakwork {
inline namespace CLOAKWORK_MODE {
namespace http {

namespace internal {

/** A file descriptor that closes itself. */
class Descriptor {
public:
    explicit Descriptor(int number) noexcept : number_(number) {}
    Descriptor(const Descriptor &) = delete;
    Descriptor &operator=(const Descriptor &) = delete;
    ~Descriptor() {
        if (number_ >= 0) {
            ::close(number_);
        }
    }
    int get() const noexcept { return number_; }

private:
    int number_;
};

[[noreturn]] inline void unreadable(const std::string &path, const std::string &why) {
    throw FlowError(FlowStatus::configuration, why, path);
}

} // namespace internal

/** Reads an identity: comment lines, and one line of 64 hexadecimal digits. Nobody else may be allowed to read the file. */
inline Identity load_identity(const std::string &path) {
    static constexpr std::size_t longest = 4096;
    const internal::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat about = {};
    if (file.get() < 0 || ::fstat(file.get(), &about) != 0) {
        internal::unreadable(path, std::string("there is no identity that can be read (") + std::strerror(errno) + "); make one first");
    }
    if ((about.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        internal::unreadable(path, "others may read this secret key; forbid it with: chmod 600 " + path);
    }
    SecretBytes content(longest);
    std::size_t length = 0;
    for (ssize_t more = 1; more > 0 && length < longest; length += static_cast<std::size_t>(more)) {
        more = ::read(file.get(), content.data() + length, longest - length);
        if (more < 0) {
            internal::unreadable(path, std::string("cannot be read: ") + std::strerror(errno));
        }
    }
    SecretBytes secret(CLOAK_KEY_SIZE);
    unsigned keys = 0;
    std::string_view rest(reinterpret_cast<const char *>(content.data()), length);
    while (!rest.empty()) {
        std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
        while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) {
            line.remove_suffix(1);
        }
        if (!line.empty() && line.front() != '#') {
            keys += unhex(line, secret) ? 1U : 2U;
        }
    }
    if (keys != 1) {
        internal::unreadable(path, "holds no identity");
    }
    return Identity::from_bytes(secret);
}

/** Makes an identity and its file, whole or not at all; an existing file is never overwritten. */
inline Identity create_identity(const std::string &path) {
    Identity identity = Identity::generate();
    const SecretBytes secret = identity.secret();
    const std::string head = "# The secret key of a Cloakwork identity. Whoever has it can act as this party: do not copy or send it.\n# fingerprint: " +
                             fingerprint(identity.public_key()) + "\n";
    SecretBytes content(head.begin(), head.end());
    for (const std::uint8_t byte : secret) {
        static constexpr char digits[] = "0123456789abcdef";
        content.push_back(static_cast<std::uint8_t>(digits[byte >> 4]));
        content.push_back(static_cast<std::uint8_t>(digits[byte & 15]));
    }
    content.push_back('\n');
    const std::string unfinished = path + "." + std::to_string(::getpid()) + ".new";
    const auto failed = [](const std::string &what, int error) {
        throw FlowError(FlowStatus::storage_failed, std::string("cannot be written: ") + std::strerror(error), what);
    };
    {
        const internal::Descriptor file(::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
        if (file.get() < 0) {
            failed(unfinished, errno);
        }
        const ssize_t written = ::write(file.get(), content.data(), content.size());
        if (written != static_cast<ssize_t>(content.size()) || ::fsync(file.get()) != 0) {
            const int error = errno;
            ::unlink(unfinished.c_str());
            failed(path, error);
        }
    }
    const int linked = ::link(unfinished.c_str(), path.c_str());
    const int error = errno;
    ::unlink(unfinished.c_str());
    if (linked != 0 && error == EEXIST) {
        throw FlowError(FlowStatus::conflict, "there is an identity already, and it is not overwritten", path);
    }
    if (linked != 0) {
        failed(path, error);
    }
    return identity;
}

} // namespace http
} // namespace CLOAKWORK_MODE
} // namespace cloakwork

#endif
