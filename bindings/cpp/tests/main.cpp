#include "check.hpp"

int main() {
    if (cloak_abi_version() != CLOAK_ABI_VERSION) {
        return 1;
    }
    test_identity();
    test_rounds();
    test_errors();
    test_bad_input();
    test_privacy();
    test_noise();
    test_vectors();
    test_vectors_of_runs();
    test_transcripts();
    test_mpc();
    test_mpc_vectors();
    std::printf("%lu passed, %lu failed\n", check::counts().passed, check::counts().failed);
    return check::counts().failed == 0 ? 0 : 1;
}
