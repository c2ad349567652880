// A C++ program of somebody else that uses the installed library.
#include <cloakwork.hpp>
#include <iostream>

int main() {
    const cloakwork::Bytes text = {'a', 'b', 'c'};
    const cloakwork::Bytes32 digest = cloakwork::sha256(text);
    // SHA-256 of "abc" (FIPS 180-4).
    if (cloak_abi_version() != CLOAK_ABI_VERSION || digest[0] != 0xba || digest[31] != 0xad) {
        return 1;
    }
    std::cout << cloak_version() << ' ' << cloakwork::fingerprint(digest) << '\n';
    return 0;
}
