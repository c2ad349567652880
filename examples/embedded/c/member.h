/* A member of a run on a device: it joins, takes part in every round and leaves when the run is closed. */
#ifndef MEMBER_H
#define MEMBER_H

#include <cloakwork.h>

/*
 * Takes part in the run of the provisioning: CLOAK_OK once it is closed, else the number of the error for which this device stops, in `kind` the
 * message that it was about. The identity belongs to the caller.
 */
int32_t member_serve(const cloak_identity *identity, int32_t *kind);

#endif
