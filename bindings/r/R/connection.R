# Requests of a party to its server: authenticated, repeated until they are answered, bounded in time and size (docs/protocol.md, section
# 9).

# An answer that is not a model, a result or a roster.
SMALL_ANSWER <- 16 * 2^20
# Beyond the time that a long poll asks the server to wait.
SILENCE_SECONDS <- 30
CONNECT_SECONDS <- 10
FIRST_PAUSE <- 0.2
LONGEST_PAUSE <- 10
# A server that refuses the caller will hardly change its mind: patience is for servers that are away.
REFUSED_SECONDS <- 5
# curl's number for TLS 1.3.
TLS_1_3 <- 7L

REQUEST <- 0L
RESPONSE <- 1L

#' Connect to a server
#'
#' What a party knows about its server, and how it speaks to it: requests carry a MAC and a counter, answers are believed only with the MAC
#' of the pinned server, and a request that is not answered is sent again, byte for byte, with growing pauses. [join_run()] and
#' [controller()] use it; it makes no request by itself.
#'
#' @param url base URL of the server; https, except for this machine. TLS 1.3 is required.
#' @param server fingerprint or public key of the server.
#' @param identity the own identity, or its file.
#' @param ca PEM file of the authorities (or of the self-signed certificate) to trust; `NULL` for those of the system.
#' @param patience seconds for which a request is repeated while the server is away.
#' @return An object of class `cw_connection`.
#' @examples
#' server <- identity_generate()
#' cw_connection("https://aggregate.example:8443", fingerprint(server), identity_generate())
#' @export
cw_connection <- function(url, server, identity, ca = NULL, patience = 3600) {
  if (is.character(identity)) identity <- identity_load(identity)
  of_class(identity, "cw_identity", "identity")
  if (!is.null(ca) && !file.exists(one_text(ca, "ca"))) raise("CONFIGURATION", paste("there is no file", ca), "ca")
  key <- tryCatch(public_key(server), cloakwork_error = function(e) raise(e$status, e$text, "server"))
  state <- new.env(parent = emptyenv())
  state$last <- 0
  state$curl <- curl::new_handle()
  structure(
    list(
      url = base_url(url), server = key, party = hex(public_key(identity)), ca = if (is.null(ca)) NULL else path.expand(ca),
      patience = one_number(patience, "patience"), identity = identity,
      channel = returned(.Call(C_cw_channel_new, identity$handle, 0L, key), "server"), state = state
    ),
    class = "cw_connection"
  )
}

#' @export
print.cw_connection <- function(x, ...) {
  cat("<cw_connection> ", x$url, "\n", sep = "")
  invisible(x)
}

# A server's URL without a path: what is under a MAC are the paths of the server itself, so it has no prefix.
base_url <- function(url) {
  parts <- regmatches(one_text(url, "url"), regexec("^(https?)://(\\[[0-9a-fA-F:]+\\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?/?$", url))[[1L]]
  if (length(parts) == 0L) raise("CONFIGURATION", "expected a URL such as https://aggregate.example:8443", "url")
  if (parts[[2L]] == "http" && !local_host(parts[[3L]])) {
    raise("CONFIGURATION", "http without TLS is accepted for this machine only; use https", "url")
  }
  sub("/$", "", url)
}

local_host <- function(host) host %in% c("localhost", "127.0.0.1", "[::1]")

# Counters from the clock: microseconds since 1970, written as nanoseconds, or one more than the last.
next_counter <- function(state) {
  state$last <- max(state$last + 1, floor(as.numeric(Sys.time()) * 1e6))
  if (state$last >= LARGEST_WHOLE) {
    raise("CONFIGURATION", "the server knows a counter of this party beyond those that the clock gives", "identity")
  }
  paste0(sprintf("%.0f", state$last), "000")
}

raise_counter <- function(state, last) {
  digits <- nchar(last)
  state$last <- max(state$last, if (digits > 3L) as.numeric(substr(last, 1L, digits - 3L)) else 0)
}

# Makes a request of the route table; the answer is a list of status and body. `run` is the raw run id that the path names, `...` its other
# parameters.
request <- function(connection, name, body = raw(), query = list(), run = NULL, largest = SMALL_ANSWER, wait = 0,
                    patience = connection$patience, ...) {
  if (wait > 0) query$wait <- sprintf("%.0f", wait)
  place <- if (is.null(run)) target(name, query, ...) else target(name, query, run = hex(run), ...)
  body_hash <- sha256(body)
  counter <- next_counter(connection$state)
  started <- seconds_now()
  deadline <- started + patience
  pauses <- 0
  repeat {
    outcome <- attempt(connection, name, place, run, counter, body, body_hash, largest, wait)
    if (is.list(outcome) && !inherits(outcome, "condition")) {
      return(outcome)
    }
    late <- seconds_now() >= deadline
    if (inherits(outcome, "cloakwork_unanswered")) {
      if (outcome$refused) late <- seconds_now() >= min(deadline, started + REFUSED_SECONDS)
      if (late) stop(outcome$verdict)
    } else if (outcome$name == "COUNTER_USED" && !is.null(outcome$last_counter) && !late) {
      raise_counter(connection$state, outcome$last_counter)
      counter <- next_counter(connection$state)
      next
    } else if (late || !(outcome$name %in% c("STORAGE_FAILED", "BUSY"))) {
      stop(outcome)
    }
    pauses <- pauses + 1
    longest <- min(LONGEST_PAUSE, FIRST_PAUSE * 2^pauses)
    # Full jitter, so that the parties do not come back all at once; R's own random numbers stay the user's.
    Sys.sleep(longest * sum(as.integer(random_bytes(2)) * c(256, 1)) / 65535)
  }
}

seconds_now <- function() proc.time()[["elapsed"]]

# One attempt: the answer, the verified error of the server, or a cloakwork_unanswered with the verdict if it stays the last attempt.
attempt <- function(connection, name, place, run, counter, body, body_hash, largest, wait) {
  method <- routes[[name]]$method
  mac <- returned(.Call(C_cw_channel_mac, connection$channel, REQUEST, list(method, place$path, place$query), run, counter, body_hash))
  headers <- c(
    "Cloakwork-Party" = connection$party, "Cloakwork-Counter" = counter, "Cloakwork-Mac" = hex(mac), "Accept-Encoding" = "identity",
    "Content-Type" = if (is.null(routes[[name]]$request)) BYTES else routes[[name]]$request, "Expect" = ""
  )
  url <- paste0(connection$url, place$path, if (nzchar(place$query)) "?", place$query)
  reply <- send(connection, method, url, headers, body, max(largest, 65536), wait + SILENCE_SECONDS)
  if (inherits(reply, "cloakwork_unanswered")) {
    return(reply)
  }
  line <- sprintf("%03d %s", reply$status, hex(mac))
  parts <- list(line, place$path, place$query)
  genuine <- grepl("^[0-9a-f]{64}$", reply$mac) && returned(.Call(
    C_cw_channel_verify, connection$channel, RESPONSE, parts, run, counter, sha256(reply$body), from_hex(reply$mac)
  ))
  if (!genuine) {
    return(unverified(reply))
  }
  if (reply$status < 400L) reply[c("status", "body")] else problem_decode(reply$body, reply$status)
}

unanswered <- function(verdict, refused = FALSE) {
  structure(list(verdict = verdict, refused = refused), class = c("cloakwork_unanswered", "condition"))
}

# An answer without the server's MAC: of a proxy, of another server, or of one that does not know the caller.
unverified <- function(reply) {
  said <- problem_decode(reply$body, reply$status)$text
  refused <- reply$status >= 400L && reply$status < 500L
  verdict <- if (refused) {
    cloakwork_condition(statuses[["NOT_AUTHENTICATED"]], paste(
      "the server refuses the request, or is another one than the pinned server; it says, without proof:", said
    ))
  } else {
    cloakwork_condition(statuses[["UNVERIFIED_ANSWER"]], paste(
      "the answer is not proven to be the pinned server's; check the URL and the server's fingerprint. It says:", said
    ))
  }
  unanswered(verdict, refused)
}

# Sends one request by curl. An untrusted certificate and an answer that is too long are errors at once: sending it again would not help.
send <- function(connection, method, url, headers, body, largest, seconds) {
  handle <- connection$state$curl
  curl::handle_reset(handle)
  options <- list(
    customrequest = method, sslversion = TLS_1_3, connecttimeout = CONNECT_SECONDS, low_speed_limit = 1, low_speed_time = ceiling(seconds),
    followlocation = FALSE, cainfo = connection$ca
  )
  if (local_host(sub("^https?://(\\[[^]]*\\]|[^:/]*).*$", "\\1", url))) options$noproxy <- "*"
  if (method != "GET") options <- c(options, list(post = TRUE, postfieldsize_large = length(body), postfields = body))
  do.call(curl::handle_setopt, c(list(handle), options[!vapply(options, is.null, NA)]))
  do.call(curl::handle_setheaders, c(list(handle), as.list(if (method == "GET") headers[names(headers) != "Content-Type"] else headers)))
  pieces <- list()
  size <- 0
  keep <- function(piece) {
    size <<- size + length(piece)
    if (size > largest) raise("TOO_LARGE", "the server's answer is longer than any that this request has", bound = largest)
    pieces[[length(pieces) + 1L]] <<- piece
  }
  tryCatch(
    {
      reply <- curl::curl_fetch_stream(url, keep, handle)
      fields <- curl::parse_headers_list(reply$headers)
      mac <- fields[["cloakwork-mac"]]
      list(status = reply$status_code, body = do.call(c, c(list(raw()), pieces)), mac = if (is.null(mac)) "" else mac)
    },
    cloakwork_error = function(e) stop(e),
    error = function(e) {
      said <- conditionMessage(e)
      if (grepl("certificate", said, ignore.case = TRUE)) {
        raise("UNVERIFIED_ANSWER", paste0("the server's certificate does not verify (", said, "); give the right one as ca"), "ca")
      }
      unanswered(cloakwork_condition(statuses[["UNREACHABLE"]], sprintf(
        "%s did not answer for %.0f s (%s); check the URL and that the server runs", connection$url, connection$patience, said
      )))
    }
  )
}
