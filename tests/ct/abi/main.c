/*
 * Constant time of the C library as it is shipped: its release build runs here with keys, seeds, shares, inputs and noise marked undefined, and
 * memcheck reports each branch and each address that depends on them. ../src/main.rs has the method and its limits, and does the same for the parts of
 * the core one by one; tools/constant_time.py builds both, runs them and reads the reports.
 */
#include <stdio.h>
#include <valgrind/memcheck.h>

#include "secret.h"

int main(void)
{
    const secret_case *const groups[] = {planted_cases, key_cases, noise_cases, round_cases};
    size_t group;
    if (!RUNNING_ON_VALGRIND) {
        stop("this runs under memcheck only: python3 tools/constant_time.py");
    }
    for (group = 0; group < sizeof groups / sizeof *groups; group++) {
        const secret_case *one;
        for (one = groups[group]; one->name != NULL; one++) {
            unsigned before = VALGRIND_COUNT_ERRORS;
            VALGRIND_PRINTF("case %s\n", one->name);
            one->run();
            VALGRIND_PRINTF("reports %u\n", (unsigned)VALGRIND_COUNT_ERRORS - before);
        }
    }
    return 0;
}
