/* The routines that R may call. */
#include "glue.h"

#include <R_ext/Rdynload.h>
#include <R_ext/Visibility.h>

SEXP cw_close(SEXP);
SEXP cw_alive(SEXP);
SEXP cw_random_bytes(SEXP);
SEXP cw_signals_catch(void);
SEXP cw_signals_caught(void);
SEXP cw_signals_release(void);
SEXP cw_identity_new(SEXP);
SEXP cw_identity_from_bytes(SEXP);
SEXP cw_identity_public_key(SEXP);
SEXP cw_identity_save(SEXP, SEXP);
SEXP cw_identity_load(SEXP);
SEXP cw_private_write(SEXP, SEXP);
SEXP cw_private_read(SEXP);
SEXP cw_private_lock(SEXP);
SEXP cw_private_unlock(SEXP);
SEXP cw_fingerprint_encode(SEXP);
SEXP cw_fingerprint_decode(SEXP);
SEXP cw_sha256(SEXP);
SEXP cw_channel_new(SEXP, SEXP, SEXP);
SEXP cw_channel_mac(SEXP, SEXP, SEXP, SEXP, SEXP, SEXP);
SEXP cw_channel_verify(SEXP, SEXP, SEXP, SEXP, SEXP, SEXP, SEXP);
SEXP cw_run_new(SEXP, SEXP, SEXP, SEXP, SEXP, SEXP);
SEXP cw_run_decode(SEXP, SEXP);
SEXP cw_run_bytes(SEXP, SEXP);
SEXP cw_run_about(SEXP);
SEXP cw_run_neighbours(SEXP, SEXP);
SEXP cw_run_numbers(SEXP, SEXP, SEXP);
SEXP cw_plan_graph(SEXP);
SEXP cw_message_kind(SEXP);
SEXP cw_client_new(SEXP, SEXP, SEXP);
SEXP cw_client_advertise(SEXP, SEXP, SEXP);
SEXP cw_client_confirm(SEXP, SEXP);
SEXP cw_client_accept(SEXP, SEXP);
SEXP cw_client_begin(SEXP, SEXP, SEXP);
SEXP cw_client_mask(SEXP, SEXP, SEXP, SEXP);
SEXP cw_client_mask_private(SEXP, SEXP, SEXP, SEXP);
SEXP cw_client_acknowledge(SEXP, SEXP);
SEXP cw_client_unmask(SEXP, SEXP);
SEXP cw_client_finish(SEXP, SEXP);
SEXP cw_client_rotation_seed(SEXP);
SEXP cw_client_save(SEXP);
SEXP cw_client_info(SEXP);
SEXP cw_client_unconfirmed(SEXP);
SEXP cw_server_new(SEXP);
SEXP cw_server_invite(SEXP);
SEXP cw_server_receive(SEXP, SEXP, SEXP);
SEXP cw_server_close_step(SEXP);
SEXP cw_server_begin(SEXP, SEXP, SEXP);
SEXP cw_server_message(SEXP, SEXP);
SEXP cw_server_confirmations(SEXP, SEXP);
SEXP cw_server_stop(SEXP);
SEXP cw_server_finish(SEXP, SEXP);
SEXP cw_server_phase(SEXP);
SEXP cw_server_ids(SEXP, SEXP);
SEXP cw_server_sum(SEXP, SEXP, SEXP, SEXP);
SEXP cw_mechanism_check(SEXP, SEXP);
SEXP cw_mechanism_decode(SEXP, SEXP, SEXP, SEXP, SEXP, SEXP);
SEXP cw_contribution_residues(SEXP, SEXP, SEXP, SEXP, SEXP, SEXP, SEXP);
SEXP cw_plan_choose(SEXP, SEXP);
SEXP cw_privacy_expect(SEXP, SEXP, SEXP, SEXP);
SEXP cw_accountant_new(void);
SEXP cw_accountant_add(SEXP, SEXP, SEXP, SEXP, SEXP);
SEXP cw_accountant_add_other(SEXP, SEXP, SEXP, SEXP);
SEXP cw_accountant_epsilon(SEXP, SEXP);
SEXP cw_accountant_delta(SEXP, SEXP);
SEXP cw_gaussian(SEXP, SEXP, SEXP, SEXP);
SEXP cw_exact(SEXP, SEXP, SEXP, SEXP, SEXP);
SEXP cw_central_noise(SEXP, SEXP, SEXP);
SEXP cw_central_scale(SEXP, SEXP);
SEXP cw_gaussian_multiplier(SEXP, SEXP);
SEXP cw_hadamard(SEXP, SEXP, SEXP, SEXP, SEXP, SEXP);
SEXP cw_mpc_new(SEXP, SEXP);
SEXP cw_mpc_share(SEXP, SEXP, SEXP, SEXP);
SEXP cw_mpc_known(SEXP, SEXP, SEXP);
SEXP cw_mpc_apply(SEXP, SEXP, SEXP, SEXP, SEXP, SEXP);
SEXP cw_mpc_shuffle(SEXP, SEXP, SEXP);
SEXP cw_mpc_kind(SEXP, SEXP);
SEXP cw_mpc_forget(SEXP, SEXP);
SEXP cw_mpc_run(SEXP);
SEXP cw_mpc_open(SEXP, SEXP, SEXP);
SEXP cw_mpc_cost(SEXP);
SEXP cw_mpc_explain(SEXP);

/* The versions of header and library, which have to agree. */
static SEXP cw_versions(void) {
    static const char *const FIELDS[] = {"version", "abi", "expected_abi"};
    SEXP out = PROTECT(named_list(FIELDS, 3));
    SET_VECTOR_ELT(out, 0, Rf_mkString(cloak_version()));
    SET_VECTOR_ELT(out, 1, Rf_ScalarInteger((int)cloak_abi_version()));
    SET_VECTOR_ELT(out, 2, Rf_ScalarInteger(CLOAK_ABI_VERSION));
    UNPROTECT(1);
    return out;
}

#define ROUTINE(name, arguments) {#name, (DL_FUNC) & name, arguments}

static const R_CallMethodDef ROUTINES[] = {
    ROUTINE(cw_versions, 0),
    ROUTINE(cw_close, 1),
    ROUTINE(cw_alive, 1),
    ROUTINE(cw_random_bytes, 1),
    ROUTINE(cw_signals_catch, 0),
    ROUTINE(cw_signals_caught, 0),
    ROUTINE(cw_signals_release, 0),
    ROUTINE(cw_identity_new, 1),
    ROUTINE(cw_identity_from_bytes, 1),
    ROUTINE(cw_identity_public_key, 1),
    ROUTINE(cw_identity_save, 2),
    ROUTINE(cw_identity_load, 1),
    ROUTINE(cw_private_write, 2),
    ROUTINE(cw_private_read, 1),
    ROUTINE(cw_private_lock, 1),
    ROUTINE(cw_private_unlock, 1),
    ROUTINE(cw_fingerprint_encode, 1),
    ROUTINE(cw_fingerprint_decode, 1),
    ROUTINE(cw_sha256, 1),
    ROUTINE(cw_channel_new, 3),
    ROUTINE(cw_channel_mac, 6),
    ROUTINE(cw_channel_verify, 7),
    ROUTINE(cw_run_new, 6),
    ROUTINE(cw_run_decode, 2),
    ROUTINE(cw_run_bytes, 2),
    ROUTINE(cw_run_about, 1),
    ROUTINE(cw_run_neighbours, 2),
    ROUTINE(cw_run_numbers, 3),
    ROUTINE(cw_plan_graph, 1),
    ROUTINE(cw_message_kind, 1),
    ROUTINE(cw_client_new, 3),
    ROUTINE(cw_client_advertise, 3),
    ROUTINE(cw_client_confirm, 2),
    ROUTINE(cw_client_accept, 2),
    ROUTINE(cw_client_begin, 3),
    ROUTINE(cw_client_mask, 4),
    ROUTINE(cw_client_mask_private, 4),
    ROUTINE(cw_client_acknowledge, 2),
    ROUTINE(cw_client_unmask, 2),
    ROUTINE(cw_client_finish, 2),
    ROUTINE(cw_client_rotation_seed, 1),
    ROUTINE(cw_client_save, 1),
    ROUTINE(cw_client_info, 1),
    ROUTINE(cw_client_unconfirmed, 1),
    ROUTINE(cw_server_new, 1),
    ROUTINE(cw_server_invite, 1),
    ROUTINE(cw_server_receive, 3),
    ROUTINE(cw_server_close_step, 1),
    ROUTINE(cw_server_begin, 3),
    ROUTINE(cw_server_message, 2),
    ROUTINE(cw_server_confirmations, 2),
    ROUTINE(cw_server_stop, 1),
    ROUTINE(cw_server_finish, 2),
    ROUTINE(cw_server_phase, 1),
    ROUTINE(cw_server_ids, 2),
    ROUTINE(cw_server_sum, 4),
    ROUTINE(cw_mechanism_check, 2),
    ROUTINE(cw_mechanism_decode, 6),
    ROUTINE(cw_contribution_residues, 7),
    ROUTINE(cw_plan_choose, 2),
    ROUTINE(cw_privacy_expect, 4),
    ROUTINE(cw_accountant_new, 0),
    ROUTINE(cw_accountant_add, 5),
    ROUTINE(cw_accountant_add_other, 4),
    ROUTINE(cw_accountant_epsilon, 2),
    ROUTINE(cw_accountant_delta, 2),
    ROUTINE(cw_gaussian, 4),
    ROUTINE(cw_exact, 5),
    ROUTINE(cw_central_noise, 3),
    ROUTINE(cw_central_scale, 2),
    ROUTINE(cw_gaussian_multiplier, 2),
    ROUTINE(cw_hadamard, 6),
    ROUTINE(cw_mpc_new, 2),
    ROUTINE(cw_mpc_share, 4),
    ROUTINE(cw_mpc_known, 3),
    ROUTINE(cw_mpc_apply, 6),
    ROUTINE(cw_mpc_shuffle, 3),
    ROUTINE(cw_mpc_kind, 2),
    ROUTINE(cw_mpc_forget, 2),
    ROUTINE(cw_mpc_run, 1),
    ROUTINE(cw_mpc_open, 3),
    ROUTINE(cw_mpc_cost, 1),
    ROUTINE(cw_mpc_explain, 1),
    {NULL, NULL, 0},
};

attribute_visible void R_init_cloakwork(DllInfo *library);

void R_init_cloakwork(DllInfo *library) {
    R_registerRoutines(library, NULL, ROUTINES, NULL, NULL);
    R_useDynamicSymbols(library, FALSE);
    R_forceSymbols(library, TRUE);
}
