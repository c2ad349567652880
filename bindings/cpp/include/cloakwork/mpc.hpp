/**
 * @file Multi-party computation: several parties compute on numbers that none of them sees.
 *
 * `mpc::Session` has all parties in one program and `mpc::Tensor` the operators; `mpc::Party` is one party's side, for parties over a transport of the
 * caller's. What it protects, against whom, and what everything costs is in docs/mpc.md.
 */
#ifndef CLOAKWORK_MPC_HPP
#define CLOAKWORK_MPC_HPP

#include "mpc/numbers.hpp"
#include "mpc/operators.hpp"
#include "mpc/party.hpp"
#include "mpc/session.hpp"
#include "mpc/tensor.hpp"

#endif
