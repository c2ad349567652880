/* Failures as values: lists of class cloakwork_failure, from which R/conditions.R makes conditions. */
#include "glue.h"

static const char *const FIELDS[] = {"status", "text", "argument", "party", "bound", "parameter", "bound_kind", "given", "works"};
enum { STATUS, TEXT, ARGUMENT, PARTY, BOUND, PARAMETER, BOUND_KIND, GIVEN, WORKS, FIELD_COUNT };

static SEXP plain(int status, const char *argument, const char *text) {
    SEXP out = PROTECT(named_list(FIELDS, FIELD_COUNT));
    SET_VECTOR_ELT(out, STATUS, Rf_ScalarInteger(status));
    SET_VECTOR_ELT(out, TEXT, Rf_mkString(text));
    if (argument != NULL) {
        SET_VECTOR_ELT(out, ARGUMENT, Rf_mkString(argument));
    }
    Rf_setAttrib(out, R_ClassSymbol, Rf_mkString("cloakwork_failure"));
    UNPROTECT(1);
    return out;
}

SEXP failure(cloak_status status, const char *argument) { return plain(status, argument, cloak_status_text(status)); }

SEXP failure_text(int status, const char *argument, const char *text) { return plain(status, argument, text); }

SEXP failure_of(const struct cloak_error *error, cloak_status status, const char *argument) {
    SEXP out = PROTECT(failure(status, argument));
    if (error->status == status && (error->present & CLOAK_ERROR_HAS_PARTY) != 0) {
        SET_VECTOR_ELT(out, PARTY, id_text(error->party));
    }
    if (error->status == status && (error->present & CLOAK_ERROR_HAS_BOUND) != 0) {
        SET_VECTOR_ELT(out, BOUND, Rf_ScalarReal((double)error->bound));
    }
    UNPROTECT(1);
    return out;
}

SEXP failure_of_parameter(const struct cloak_parameter_error *error, cloak_status status, const char *argument) {
    SEXP out = PROTECT(failure(status, argument));
    if (status == CLOAK_ERR_INVALID_MECHANISM && error->parameter != CLOAK_PARAMETER_MECHANISM) {
        SET_VECTOR_ELT(out, PARAMETER, Rf_mkString(cloak_parameter_name(error->parameter)));
        SET_VECTOR_ELT(out, BOUND_KIND, Rf_ScalarInteger(error->bound_kind));
        SET_VECTOR_ELT(out, GIVEN, Rf_ScalarReal(error->given));
        SET_VECTOR_ELT(out, BOUND, Rf_ScalarReal(error->bound));
        SET_VECTOR_ELT(out, WORKS, Rf_ScalarReal(error->works));
    }
    UNPROTECT(1);
    return out;
}
