#' Serve runs over HTTPS
#'
#' Runs a server until it is told to end: by an interrupt, by SIGTERM, or when `until` returns `TRUE`. It answers the routes of
#' `docs/http.md` that members and controllers need. Its state is in memory: when it ends, so do its runs.
#'
#' R's web server, httpuv, speaks no TLS. `serve()` starts a TLS proxy before it, stunnel (Debian: `apt-get install stunnel4`), which takes
#' TLS 1.3 only and hands the bytes of the connection on through a socket that only the own user can open; it ends with `serve()`, and with
#' the R process. Without `tls` the server speaks plain HTTP to this machine alone: put a proxy of your own before it that leaves path and
#' query as they are, since they are under the MAC of a request.
#'
#' The server needs the packages httpuv, later, promises and processx. httpuv is licensed GPL (>= 2); the other roles do without it.
#'
#' Everything happens in one thread, the sums of rounds included. Bodies are refused by the length that they announce before they are read,
#' and the TLS proxy ends connections that are silent for two minutes; other than the Python server, this one has no limit on how slowly a
#' request may come, on how many do, and on the length of its headers. For open networks use that one.
#'
#' @param identity the server's identity, or its file.
#' @param controllers fingerprints of those who may create runs, start rounds and read results.
#' @param tls `list(certificate = , key = )`: PEM files of the certificate chain and its private key; `NULL` for plain HTTP.
#' @param host address to listen on; without `tls` the address of this machine.
#' @param port port to listen on; 0 for any free one.
#' @param name name of this server in its URL.
#' @param ready a function that is called once the server listens, with a list of `url` and `fingerprint`.
#' @param until a function that is called a few times a second; the server ends when it returns `TRUE`.
#' @return `NULL`, invisibly.
#' @examples
#' # For half a second, to this machine alone. With tls = list(certificate = "certificate.pem", key = "key.pem") it serves others as well.
#' if (all(vapply(c("httpuv", "later", "promises"), requireNamespace, NA, quietly = TRUE))) {
#'   end <- Sys.time() + 0.5
#'   serve(identity_generate(), fingerprint(identity_generate()),
#'     port = 0, ready = function(server) print(server$url), until = function() Sys.time() > end
#'   )
#' }
#' @export
serve <- function(identity, controllers, tls = NULL, host = "127.0.0.1", port = 8443, name = "localhost", ready = function(server) NULL,
                  until = function() FALSE) {
  needed <- c("httpuv", "later", "promises", if (!is.null(tls)) "processx")
  missing <- needed[!vapply(needed, requireNamespace, NA, quietly = TRUE)]
  if (length(missing) > 0L) raise("CONFIGURATION", paste("the server needs the packages", paste(missing, collapse = ", ")))
  if (is.character(identity)) identity <- identity_load(identity)
  of_class(identity, "cw_identity", "identity")
  port <- whole_number(port, "port", 0, 65535)
  if (is.null(tls) && !local_host(one_text(host, "host"))) {
    raise("CONFIGURATION", "without tls only this machine is served; give a certificate and its key", "tls")
  }
  table <- new_host(identity, controllers)
  listener <- if (is.null(tls)) listen_plain(table, host, port) else listen_tls(table, tls, host, port)
  on.exit(listener$end())
  .Call(C_cw_signals_catch)
  on.exit(.Call(C_cw_signals_release), add = TRUE)
  scheme <- if (is.null(tls)) "http" else "https"
  ready(list(url = sprintf("%s://%s:%d", scheme, one_text(name, "name"), as.integer(listener$port)), fingerprint = table$fingerprint))
  tryCatch(
    while (!.Call(C_cw_signals_caught) && !isTRUE(until())) {
      if (!listener$alive()) raise("CONFIGURATION", "the TLS proxy ended; is the certificate that of the key?", "tls")
      httpuv::service(250)
    },
    interrupt = function(e) NULL
  )
  end_waiting(table)
  later::run_now()
  httpuv::service(50)
  invisible(NULL)
}

# Everything that a server knows.
new_host <- function(identity, controllers) {
  table <- new.env(parent = emptyenv())
  table$identity <- identity
  table$fingerprint <- fingerprint(identity)
  table$controllers <- vapply(controllers, function(text) {
    tryCatch(hex(public_key(text)), cloakwork_error = function(e) raise(e$status, e$text, "controllers"))
  }, "", USE.NAMES = FALSE)
  table$channels <- new.env(parent = emptyenv())
  table$counters <- new.env(parent = emptyenv())
  table$runs <- list()
  # That of a server which is started again begins above those that it had: nothing changes once a microsecond.
  table$version <- floor(1e6 * as.numeric(Sys.time()))
  table$pending <- list()
  table$waiters <- list()
  table$timers <- list()
  table$ending <- FALSE
  table
}

# A promise of what a function gives after some seconds.
later_on <- function(seconds, give) promises::promise(function(resolve, reject) later::later(function() resolve(give()), seconds))

# Reads until there is something to give, at most for some seconds: an answer, or a promise of one. Another look is worthwhile when the run has
# changed, or anything for NULL.
wait_for <- function(host, live, seconds, read) {
  found <- read()
  if (!is.null(found)) {
    return(found)
  }
  if (seconds <= 0 || host$ending) {
    return(answer(204L))
  }
  promises::promise(function(resolve, reject) {
    waiter <- new.env(parent = emptyenv())
    waiter$live <- live
    waiter$read <- function() tryCatch(read(), cloakwork_error = answer_of)
    waiter$resolve <- function(value) {
      waiter$cancel()
      host$waiters <- Filter(function(other) !identical(other, waiter), host$waiters)
      resolve(value)
    }
    waiter$cancel <- later::later(function() waiter$resolve(answer(204L)), seconds)
    host$waiters <- c(host$waiters, list(waiter))
  })
}

# After a request, a timer or a sum: sets clocks, tells those who wait, adds up what is due.
host_wake <- function(host) {
  for (live in host$runs) {
    if (live$changed) {
      live$changed <- FALSE
      host$version <- host$version + 1
      set_clock(host, live)
      if (!live$closed && server_phase(live$machine)$step == "sum") later::later(function() sum_due(host, live))
      tell_waiting(host, live)
    }
  }
}

sum_due <- function(host, live) {
  live_sum(live)
  host_wake(host)
}

tell_waiting <- function(host, live) {
  for (waiter in host$waiters) {
    found <- if (is.null(waiter$live) || identical(waiter$live, live)) waiter$read()
    if (!is.null(found)) waiter$resolve(found)
  }
}

# The clock of a run's present step.
set_clock <- function(host, live) {
  key <- hex(live$id)
  if (!is.null(host$timers[[key]])) host$timers[[key]]()
  host$timers[[key]] <- NULL
  if (!is.null(live$deadline)) {
    delay <- max(0, live$deadline - as.numeric(Sys.time()))
    host$timers[[key]] <- later::later(function() time_passed(host, live), delay)
  }
}

time_passed <- function(host, live) {
  host$timers[[hex(live$id)]] <- NULL
  # A timer that came a moment early, or a clock that was set back: the limit is still ahead.
  if (!is.null(live$deadline) && as.numeric(Sys.time()) >= live$deadline) close_step(live)
  live$changed <- TRUE
  host_wake(host)
}

# Answers those who wait at once: the server is about to end.
end_waiting <- function(host) {
  host$ending <- TRUE
  for (waiter in host$waiters) waiter$resolve(answer(204L))
}
