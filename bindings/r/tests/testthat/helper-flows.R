# A party that signs requests and gives them to a server of this session, without sockets between.

party <- function(host, identity) {
  channel <- cloakwork:::returned(.Call(cloakwork:::C_cw_channel_new, identity$handle, 0L, public_key(host$identity)))
  list(host = host, channel = channel, key = cloakwork:::hex(public_key(identity)), state = list2env(list(last = 0)))
}

new_test_host <- function(controller) cloakwork:::new_host(identity_generate(), fingerprint(controller))

# What the server answers to a request, checked. `counter` and `tamper` make other requests than a right one.
ask_host <- function(party, method, path, query = "", body = raw(), run = NULL, counter = NULL, tamper = identity) {
  # An argument may be a request itself, with a counter before this one.
  force(body)
  if (is.null(counter)) {
    party$state$last <- party$state$last + 1
    counter <- sprintf("%.0f", party$state$last)
  }
  mac <- .Call(cloakwork:::C_cw_channel_mac, party$channel, 0L, list(method, path, query), run, counter, cloakwork:::sha256(body))
  asked <- tamper(list(
    method = method, path = path, query = query, body = body,
    headers = list("cloakwork-party" = party$key, "cloakwork-counter" = counter, "cloakwork-mac" = cloakwork:::hex(mac))
  ))
  reply <- settled(cloakwork:::handle(party$host, asked))
  genuine <- reply$headers[["Cloakwork-Mac"]]
  if (!is.null(genuine)) {
    parts <- list(sprintf("%03d %s", reply$status, cloakwork:::hex(mac)), path, query)
    verified <- .Call(
      cloakwork:::C_cw_channel_verify, party$channel, 1L, parts, run, counter, cloakwork:::sha256(reply$body), cloakwork:::from_hex(genuine)
    )
    if (!isTRUE(verified)) stop("the answer has another MAC")
  }
  c(reply, list(verified = !is.null(genuine), json = cloakwork:::json_object(reply$body), counter = counter))
}

# Runs the event loop until a promise has its value.
settled <- function(value, seconds = 20) {
  if (!inherits(value, "promise")) {
    return(value)
  }
  found <- NULL
  promises::then(value, function(x) found <<- list(x), function(e) found <<- list(e))
  deadline <- Sys.time() + seconds
  while (is.null(found) && Sys.time() < deadline) later::run_now(0.1)
  if (is.null(found)) stop("no answer")
  if (inherits(found[[1L]], "error")) stop(found[[1L]])
  found[[1L]]
}

run_path <- function(run, ...) paste(c("/v1/runs", cloakwork:::hex(run_bytes(run, "id")), ...), collapse = "/")

creation <- function(run, name = "test") {
  encode <- function(bytes) gsub("\n", "", jsonlite::base64_enc(bytes), fixed = TRUE)
  cloakwork:::json_bytes(list(
    name = name, names = as.list(run$names), description = encode(run_bytes(run, "description")), roster = encode(run_bytes(run, "roster")),
    settings = encode(run$settings)
  ))
}
