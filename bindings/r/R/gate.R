# The gate of the server: authenticates each request, admits it once, and authenticates the answer (docs/protocol.md, section 9).

answer <- function(status, media = JSON, body = raw()) list(status = as.integer(status), media = media, body = body)

answer_json <- function(value, status = 200L) answer(status, JSON, json_bytes(value))

answer_of <- function(error) answer(http_status(error$status), PROBLEM, problem_encode(error))

# An answer that nobody authenticated.
plain_response <- function(given) response(given, NULL)

response <- function(given, mac) {
  headers <- list("Content-Type" = given$media, "Cache-Control" = "no-store", "X-Content-Type-Options" = "nosniff")
  if (!is.null(mac)) headers[["Cloakwork-Mac"]] <- hex(mac)
  list(status = given$status, headers = headers, body = given$body)
}

# Counters are compared as numbers of up to 20 digits.
counter_above <- function(counter, last) nchar(counter) > nchar(last) || (nchar(counter) == nchar(last) && counter > last)

# What a request claims about its sender; nothing of it is believed before the MAC is verified.
credentials <- function(headers) {
  field <- function(name) if (is.null(headers[[name]])) "" else headers[[name]]
  claim <- list(party = field("cloakwork-party"), counter = field("cloakwork-counter"), mac = field("cloakwork-mac"))
  most <- "18446744073709551615"
  genuine <- grepl("^[0-9a-f]{64}$", claim$party) && grepl("^[0-9a-f]{64}$", claim$mac) && grepl("^(0|[1-9][0-9]{0,19})$", claim$counter) &&
    !counter_above(claim$counter, most)
  if (!genuine) {
    text <- "the request needs the headers Cloakwork-Party, Cloakwork-Counter and Cloakwork-Mac as docs/protocol.md section 9 states them"
    raise("NOT_AUTHENTICATED", text)
  }
  claim
}

# The route of a request with the parameters of its path; NULL where there is none.
route_of <- function(method, path) {
  for (name in names(routes)) {
    pattern <- paste0("^", gsub("\\{[a-z]+\\}", "([^/]+)", routes[[name]]$path), "$")
    if (routes[[name]]$method == method && grepl(pattern, path)) {
      fields <- regmatches(routes[[name]]$path, gregexpr("(?<=\\{)[a-z]+(?=\\})", routes[[name]]$path, perl = TRUE))[[1L]]
      values <- regmatches(path, regexec(pattern, path))[[1L]][-1L]
      return(list(name = name, parameters = as.list(stats::setNames(values, fields))))
    }
  }
  NULL
}

# Answers a request: a list of method, path, query (raw, without the question mark), headers (by lower-case name) and body. Gives a response
# or a promise of one.
handle <- function(host, asked) {
  found <- route_of(asked$method, asked$path)
  if (is.null(found)) {
    error <- cloakwork_condition(statuses[["NOT_FOUND"]], "there is no such request; see docs/http.md")
    return(plain_response(answer_of(error)))
  }
  if (found$name == "health") {
    shown <- list(version = as.character(utils::packageVersion("cloakwork")), fingerprint = host$fingerprint, ready = TRUE)
    return(plain_response(answer_json(shown)))
  }
  exchange <- tryCatch(authenticated(host, found, asked), cloakwork_error = function(error) plain_response(answer_of(error)))
  if (!is.null(exchange$status)) {
    return(exchange)
  }
  finish <- function(given) {
    parts <- list(sprintf("%03d %s", given$status, exchange$claim$mac), asked$path, asked$query)
    mac <- .Call(C_cw_channel_mac, exchange$channel, RESPONSE, parts, exchange$run, exchange$claim$counter, sha256(given$body))
    response(given, returned(mac))
  }
  given <- tryCatch(
    {
      if (!any(exchange$roles %in% routes[[found$name]]$roles)) raise("NOT_ALLOWED", "this request is not for your role")
      if (routes[[found$name]]$method == "GET") read_once(host, exchange) else change_once(host, exchange)
    },
    cloakwork_error = answer_of
  )
  if (inherits(given, "promise")) promises::then(given, finish) else finish(given)
}

# Checks who asks. Nothing of a request is believed before, so an error of this function goes out without a MAC.
authenticated <- function(host, found, asked) {
  run <- if (!is.null(found$parameters$run)) {
    if (!grepl("^[0-9a-f]{32}$", found$parameters$run)) raise("BAD_REQUEST", "a run id has 32 lower-case hex digits", "run")
    from_hex(found$parameters$run)
  }
  claim <- credentials(asked$headers)
  live <- if (!is.null(run)) host$runs[[hex(run)]]
  member <- if (!is.null(live)) unname(live$keys[claim$party]) else NA_character_
  roles <- c(
    if (claim$party %in% host$controllers) "controller",
    if (!is.na(member) || (is.null(run) && any(vapply(host$runs, function(known) claim$party %in% names(known$keys), NA)))) "member"
  )
  if (length(roles) == 0L) raise("NOT_AUTHENTICATED", "this party is neither a member of the run nor a controller")
  channel <- channel_with(host, claim$party)
  body_hash <- sha256(asked$body)
  genuine <- returned(.Call(
    C_cw_channel_verify, channel, REQUEST, list(asked$method, asked$path, asked$query), run, claim$counter, body_hash, from_hex(claim$mac)
  ))
  if (!genuine) raise("NOT_AUTHENTICATED", "the MAC is not that of this request under this party's key")
  list(
    name = found$name, parameters = found$parameters, query = query_fields(asked$query), body = asked$body, run = run, live = live,
    member = if (is.na(member)) NULL else member, roles = roles, claim = claim, channel = channel,
    digest = hex(sha256(charToRaw(paste(asked$method, asked$path, asked$query, hex(body_hash), sep = "\n"))))
  )
}

# An agreement costs far more than a MAC, and a party comes back often.
channel_with <- function(host, party) {
  channel <- host$channels[[party]]
  if (is.null(channel)) {
    channel <- returned(.Call(C_cw_channel_new, host$identity$handle, 1L, from_hex(party)))
    assign(party, channel, envir = host$channels)
  }
  channel
}

query_fields <- function(query) {
  if (!nzchar(query)) {
    return(list())
  }
  parts <- strsplit(query, "&", fixed = TRUE)[[1L]]
  values <- vapply(sub("^[^=]*=?", "", parts), utils::URLdecode, "")
  as.list(stats::setNames(values, sub("=.*$", "", parts)))
}

# The stored answer to a byte-identical repeat of the last request; NULL for a new request.
repeated <- function(host, exchange) {
  claim <- exchange$claim
  known <- host$counters[[claim$party]]
  if (is.null(known) || counter_above(claim$counter, known$last)) {
    return(NULL)
  }
  if (is.null(known$answer) || claim$counter != known$counter || exchange$digest != known$digest) {
    text <- "the counter %s is not above the last one, %s, or comes with another request; use a higher one"
    raise("COUNTER_USED", sprintf(text, claim$counter, known$last), last_counter = known$last)
  }
  known$answer
}

# Keeps an answer; that of one before the last request is not kept.
keep_answer <- function(host, exchange, given) {
  claim <- exchange$claim
  known <- host$counters[[claim$party]]
  if (is.null(known) || is.null(known$counter) || counter_above(claim$counter, known$counter)) {
    last <- if (is.null(known) || counter_above(claim$counter, known$last)) claim$counter else known$last
    assign(claim$party, list(last = last, counter = claim$counter, digest = exchange$digest, answer = given), envir = host$counters)
  }
}

# A request that changes something: performed once, a refusal is an answer as well.
change_once <- function(host, exchange) {
  kept <- repeated(host, exchange)
  if (!is.null(kept)) {
    return(kept)
  }
  given <- tryCatch(changing[[exchange$name]](host, exchange), cloakwork_error = answer_of)
  keep_answer(host, exchange, given)
  host_wake(host)
  given
}

# A request that only reads, and may wait: a repeat that comes meanwhile gets the same answer.
read_once <- function(host, exchange) {
  claim <- exchange$claim
  key <- paste(claim$party, claim$counter)
  waiting <- host$pending[[key]]
  if (!is.null(waiting)) {
    if (waiting$digest != exchange$digest) {
      text <- sprintf("the counter %s came with another request; use a higher one", claim$counter)
      raise("COUNTER_USED", text, last_counter = claim$counter)
    }
    return(waiting$promise)
  }
  kept <- repeated(host, exchange)
  if (!is.null(kept)) {
    return(kept)
  }
  known <- host$counters[[claim$party]]
  known$last <- claim$counter
  assign(claim$party, known, envir = host$counters)
  given <- tryCatch(reading[[exchange$name]](host, exchange), cloakwork_error = answer_of)
  host_wake(host)
  if (!inherits(given, "promise")) {
    keep_answer(host, exchange, given)
    return(given)
  }
  kept_later <- promises::then(given, function(value) {
    host$pending[[key]] <- NULL
    keep_answer(host, exchange, value)
    value
  })
  host$pending[[key]] <- list(digest = exchange$digest, promise = kept_later)
  kept_later
}
