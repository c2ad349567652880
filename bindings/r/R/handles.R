# Objects of the library: a list with an external pointer in `handle`, which the C code checks at every call.

#' End an object
#'
#' Ends an identity, run, client, server or accountant at once and wipes its secrets, instead of when R collects it. A second time nothing
#' happens. Every other use of a closed object raises a [cloakwork_error] with status 107, and so does the use of one that was saved with
#' [saveRDS()] and read again: such objects hold secrets, or a state that must not fork, and do not survive it.
#'
#' @param con the object.
#' @param ... ignored.
#' @return `NULL`, invisibly.
#' @examples
#' identity <- identity_generate()
#' close(identity)
#' tryCatch(fingerprint(identity), cloakwork_error = conditionMessage)
#' @export
close.cloakwork_object <- function(con, ...) {
  .Call(C_cw_close, con$handle)
  invisible(NULL)
}

object <- function(class, handle, ...) structure(list(handle = handle, ...), class = c(class, "cloakwork_object"))

alive <- function(x) .Call(C_cw_alive, x$handle)

#' @export
print.cloakwork_object <- function(x, ...) {
  cat("<", class(x)[[1L]], ">", if (!alive(x)) " (closed)", "\n", sep = "")
  invisible(x)
}
