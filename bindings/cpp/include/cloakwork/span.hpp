/** @file The namespace of this build, and views of contiguous elements. */
#ifndef CLOAKWORK_SPAN_HPP
#define CLOAKWORK_SPAN_HPP

#include <array>
#include <cloakwork.h>
#include <cstddef>
#include <cstdint>
#include <vector>

#if __cplusplus >= 202002L && __has_include(<span>)
#include <span>
#define CLOAKWORK_STD_SPAN 1
#else
#include <type_traits>
#include <utility>
#define CLOAKWORK_STD_SPAN 0
#endif

// Parts of a program may be built in different modes: their functions get different symbols.
#ifdef CLOAKWORK_NO_EXCEPTIONS
#if CLOAKWORK_STD_SPAN
#define CLOAKWORK_MODE results_std_span
#else
#define CLOAKWORK_MODE results
#endif
#elif CLOAKWORK_STD_SPAN
#define CLOAKWORK_MODE exceptions_std_span
#else
#define CLOAKWORK_MODE exceptions
#endif

namespace cloakwork {
inline namespace CLOAKWORK_MODE {

#if CLOAKWORK_STD_SPAN

using std::span;

#else

/** A view of elements that lie one after the other: the part of C++20's std::span that is needed here. */
template <class T>
class span {
    template <class Container>
    using Reaches = std::enable_if_t<
        !std::is_same_v<std::remove_cv_t<std::remove_reference_t<Container>>, span> &&
        std::is_convertible_v<std::remove_pointer_t<decltype(std::declval<Container &>().data())> (*)[], T (*)[]> &&
        std::is_convertible_v<decltype(std::declval<Container &>().size()), std::size_t>>;

public:
    using element_type = T;
    using value_type = std::remove_cv_t<T>;

    constexpr span() noexcept = default;
    constexpr span(T *data, std::size_t size) noexcept : data_(data), size_(size) {}
    template <std::size_t Size>
    constexpr span(T (&elements)[Size]) noexcept : data_(elements), size_(Size) {}
    template <class Container, class = Reaches<Container>>
    constexpr span(Container &&container) noexcept : data_(container.data()), size_(container.size()) {}

    constexpr T *data() const noexcept { return data_; }
    constexpr std::size_t size() const noexcept { return size_; }
    constexpr bool empty() const noexcept { return size_ == 0; }
    constexpr T *begin() const noexcept { return data_; }
    constexpr T *end() const noexcept { return data_ + size_; }
    constexpr T &operator[](std::size_t index) const noexcept { return data_[index]; }
    constexpr span subspan(std::size_t first, std::size_t size) const noexcept { return {data_ + first, size}; }

private:
    T *data_ = nullptr;
    std::size_t size_ = 0;
};

#endif

using ByteView = span<const std::uint8_t>;
using Bytes = std::vector<std::uint8_t>;
/** A public key, a run hash, a context hash, a seed that is public. */
using Bytes32 = std::array<std::uint8_t, 32>;
using RunId = std::array<std::uint8_t, CLOAK_RUN_ID_SIZE>;

} // namespace CLOAKWORK_MODE
} // namespace cloakwork

#endif
