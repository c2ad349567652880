#' cloakwork: secure sums and distributed differential privacy
#'
#' Data owners who may not show each other their data compute sums together. Three roles take part in a *run*: *clients* hold data and send
#' masked vectors; the
#' *server* adds them up and learns the sum and nothing else; the *controller* defines the run and starts its rounds.
#'
#' Start with [local_federation()], which plays all roles in one session, and with the vignette,
#' `vignette("federated-analysis", package = "cloakwork")`. Over HTTPS a client calls [join_run()], a controller [controller()], a server
#' [serve()]. Sums with noise: [plan_privacy()]. Comparisons and functions of numbers that nobody sees: [mpc_session()].
#'
#' @section Dependencies:
#' The package itself is licensed MIT or Apache-2.0, and so is all that is linked into it. The server uses the package httpuv at run time,
#' which is licensed GPL (>= 2); it is suggested, not imported, and clients and controllers do without it.
#'
#' @keywords internal
#' @useDynLib cloakwork, .registration = TRUE, .fixes = "C_"
"_PACKAGE"

.onLoad <- function(libname, pkgname) {
  versions <- .Call(C_cw_versions)
  if (versions$abi != versions$expected_abi) {
    stop("the package was built with the header of another version of the library; install it anew", call. = FALSE)
  }
}

.onUnload <- function(libpath) library.dynam.unload("cloakwork", libpath)
