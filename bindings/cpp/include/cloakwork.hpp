/**
 * @file cloakwork.hpp
 * Cloakwork in C++17: data owners who may not show each other their data compute sums together.
 *
 * A thin layer over cloakwork.h, which is the reference of what the calls do; its rules about concurrent use hold here, too. Objects are move-only
 * and end themselves, vectors go in as anything contiguous and come out as std::vector, and an error is an exception of a class for its hundred
 * (`ProtocolError`, ...) with the number, the party and the bound.
 *
 * With CLOAKWORK_NO_EXCEPTIONS defined nothing throws: what can fail returns a `Result`, which holds a value or an `Error`. `Returns<T>` in this
 * reference is `T`, or `Result<T>` in that mode. An object that was moved from refuses every call with CLOAK_ERR_NULL_POINTER.
 */
#ifndef CLOAKWORK_HPP
#define CLOAKWORK_HPP

#include "cloakwork/client.hpp"
#include "cloakwork/error.hpp"
#include "cloakwork/identity.hpp"
#include "cloakwork/mechanism.hpp"
#include "cloakwork/mpc.hpp"
#include "cloakwork/noise.hpp"
#include "cloakwork/privacy.hpp"
#include "cloakwork/run.hpp"
#include "cloakwork/server.hpp"

#endif
